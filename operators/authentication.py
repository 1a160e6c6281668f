"""Who calls: an operator's backend or the provider, by bearer key. Entering the caller's schema is done here too."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from keno_platform.core.errors import Kind, MalformedRequest, Refusal
from keno_platform.http.problems import Unauthenticated
from operators import selectors
from operators.models import Operator
from operators.tenancy import tenant_context


class CallerNotAllowed(Refusal):
    """The credential is a player's, the call is for the operator's backend (or the other way round)."""

    code = "caller_not_allowed"
    kind = Kind.FORBIDDEN
    title = "This credential may not make this call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """
    Who a request comes from. The tenant is always the credential's, never the body's.

    Without an operator it is the provider; with a player it is a player's session.
    """

    operator: Operator | None
    player_id: int | None = None
    player_token: str | None = None

    @property
    def actor(self) -> str:
        """How the audit log names this caller."""
        if self.operator is None:
            return "provider"
        return f"player {self.player_id}" if self.player_id else f"operator {self.operator.slug}"


def bearer(request: Request) -> str | None:
    """
    The bearer token of a request, or None without an Authorization header.

    :raises MalformedRequest: the header has another form or stands twice.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token or not token.isascii() or " " in token or "," in token:
        raise MalformedRequest("Authorization must be one `Bearer <token>`.")
    return token


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer ko_...` of an operator's backend, or `kp_...` of the provider."""

    def authenticate(self, request: Request) -> tuple[Caller, Caller] | None:
        token = bearer(request)
        if token is None or not token.startswith(("ko_", "kp_")):
            return None
        key = selectors.find_valid_key(token)
        if key is None:
            raise Unauthenticated()
        caller = Caller(operator=key.operator)
        return caller, caller

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class CallerView(APIView):
    """The base of every call with a credential. Everything in the handler runs inside the caller's schema."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (KeyAuthentication,)
    players_allowed = False
    provider_only = False
    tenancy: ExitStack

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        with ExitStack() as self.tenancy:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not isinstance(request.auth, Caller):
            raise Unauthenticated()
        caller = request.auth
        if self.provider_only != (caller.operator is None) or (caller.player_id and not self.players_allowed):
            raise CallerNotAllowed()
        if caller.operator is not None:
            self.tenancy.enter_context(tenant_context(caller.operator))

    @property
    def caller(self) -> Caller:
        """Who calls."""
        return cast(Caller, self.request.auth)

    @property
    def operator(self) -> Operator:
        """The caller's operator; the provider's own calls have none and never ask."""
        if self.caller.operator is None:
            raise CallerNotAllowed()
        return self.caller.operator
