"""Who calls: an operator's backend or the provider, by bearer key. Entering the caller's schema is done here too."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.encoding import escape_uri_path
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core.errors import Kind, MalformedRequest, PayloadTooLarge, Refusal
from keno_platform.http.problems import Unauthenticated
from keno_platform.limits import rates
from operators import limiting, selectors
from operators.limiting import LimitedView
from operators.models import ApiKey, Operator
from operators.signing import check_incoming
from operators.tenancy import tenant_context
from operators.verification import is_signed


class CallerNotAllowed(Refusal):
    """The credential is a player's, the call is for the operator's backend (or the other way round)."""

    code = "caller_not_allowed"
    kind = Kind.FORBIDDEN
    title = "This credential may not make this call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """
    Who a request comes from. The tenant is always the credential's, never the body's.

    Without an operator it is the provider; with a player it is a player's session. `key` is the API key that was
    shown; a session has none.
    """

    operator: Operator | None
    player_id: int | None = None
    player_token: str | None = None
    key: ApiKey | None = None
    session_id: UUID | None = None
    country: str = ""
    """Of the session, where the operator has said it."""

    @property
    def key_id(self) -> UUID | None:
        """The id of the API key."""
        return self.key.pk if self.key else None

    @property
    def key_hint(self) -> str:
        """The beginning of the API key, to tell keys apart; empty for a session."""
        return self.key.hint if self.key else ""

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
    return read_bearer(request.headers.get("Authorization"))


def read_bearer(header: str | None) -> str | None:
    """The same from the header's text; None when there is no such header."""
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
        caller = Caller(operator=key.operator, key=key)
        return caller, caller

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class CallerView(LimitedView):
    """
    The base of every call with a credential. Everything in the handler runs inside the caller's schema.

    With `moves_money` calls that change something are refused while nobody can count them. With `counts_bets` a POST
    is not counted as a call: its handler says by `take_bets` how many bets it is.
    """

    authentication_classes: Sequence[type[BaseAuthentication]] = (KeyAuthentication,)
    players_allowed = False
    provider_only = False
    moves_money = counts_bets = False
    tenancy: ExitStack

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        with ExitStack() as self.tenancy:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not isinstance(request.auth, Caller):
            raise Unauthenticated()
        caller = request.auth
        request._request.keno_caller = caller  # type: ignore[attr-defined]  # for the log of calls
        if caller.operator is not None and caller.key is not None:
            check_request(caller.operator, caller.key, request._request)
        if self.provider_only != (caller.operator is None) or (caller.player_id and not self.players_allowed):
            raise CallerNotAllowed()
        if caller.operator is not None:
            self.tenancy.enter_context(tenant_context(caller.operator))
            self._count(request, caller, caller.operator)

    def _count(self, request: Request, caller: Caller, operator: Operator) -> None:
        if self.counts_bets and request.method == "POST":
            return
        bucket = limiting.address_bucket(request._request)
        demands = limiting.of_call(operator, player_id=caller.player_id, bucket=bucket)
        self.take(demands, money=self.moves_money and request.method not in SAFE_METHODS)

    def take_bets(self, bets: int) -> None:
        """
        Count the bets of this call.

        :raises RateLimited: too many. :raises LimitsUnavailable: nobody can count.
        """
        operator, player_id = self.operator, self.caller.player_id
        bucket = limiting.address_bucket(self.request._request)
        demands = limiting.of_players_bets(operator, player_id=player_id, bucket=bucket, bets=bets)
        own = limiting.of_operator(operator, rates.OPERATOR_BETS, units=bets)
        self.take((*demands, *limiting.together(own)), money=True)

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


def check_request(operator: Operator, key: ApiKey, request: HttpRequest) -> None:
    """
    Check where a backend's call comes from, and its signature; see `operators.signing`.

    :raises PayloadTooLarge: the body of a signed call is larger than calls may be.
    """
    check_incoming(
        operator,
        key,
        method=request.method or "",
        authority=request.get_host(),
        path=_raw_path(request),
        query=request.META.get("QUERY_STRING", ""),
        headers=request.headers,
        body=_raw_body(request) if is_signed(request.headers) else b"",
        remote=request.META.get("REMOTE_ADDR", ""),
    )


def _raw_body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig as error:
        raise PayloadTooLarge(bytes_max=settings.BODY_MAX_BYTES) from error


def _raw_path(request: HttpRequest) -> str:
    """The path as on the request line. Django decodes it, and only an ASGI server has kept it."""
    raw = getattr(request, "scope", {}).get("raw_path")
    return raw.decode("latin-1").partition("?")[0] if raw else escape_uri_path(request.path)
