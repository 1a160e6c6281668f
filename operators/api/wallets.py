"""An operator's own wallet: connected by the provider, looked at and tried by the operator."""

from typing import Annotated, Any

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core.clock import to_text
from keno_platform.http.openapi import Problem
from keno_platform.http.parsing import Ask, read
from operators import selectors, services
from operators.api.keys import RotateAsk
from operators.authentication import CallerView
from operators.models import Operator, WalletConnection
from operators.ping import PingOutput, ping_wallet


class WalletAsk(Ask, frozen=True, kw_only=True):
    """Where an operator's wallet is, and how it is to be called."""

    url: str
    signing: str = "ed25519"
    settlement: str = "bet"
    zero_win_notices: bool = False
    is_local: bool = False
    concurrency_max: int = 200


class WalletConnectionOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    A wallet connection. Until `hmac_previous_until` calls are signed with `hmac_previous_key_id`, afterwards with
    `hmac_key_id`; Ed25519 keys are at /.well-known/keno-call-keys.json.
    """

    url: str
    signing: str
    settlement: str
    zero_win_notices: bool
    is_local: bool
    concurrency_max: int
    active: bool
    hmac_key_id: str | None
    hmac_previous_key_id: str | None
    hmac_previous_until: str | None


class WalletConnected(WalletConnectionOutput, frozen=True, kw_only=True):
    """A connection as it stands now; `hmac_secret` (base64) when one was made, shown this once."""

    hmac_secret: str | None


class SecretOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A new shared secret (base64) for our calls to the wallet, shown this once."""

    key_id: str
    secret: str
    signs_from: str | None


class PingAsk(Ask, frozen=True, kw_only=True):
    """For which player the wallet is asked; any token that it knows."""

    player_token: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class OperatorWalletView(CallerView):
    """An operator's wallet, for the provider."""

    provider_only = True

    @extend_schema(operation_id="get_operator_wallet", responses={200: WalletConnectionOutput, 404: Problem})
    def get(self, request: Request, slug: str) -> Response:
        return _shown(selectors.get_operator(slug=slug))

    @extend_schema(
        operation_id="connect_wallet",
        request=WalletAsk,
        responses={200: WalletConnected, 404: Problem, 409: Problem, 422: Problem},
    )
    def put(self, request: Request, slug: str) -> Response:
        operator = selectors.get_operator(slug=slug)
        ask = read(request, WalletAsk)
        secret = services.connect_wallet(operator=operator, actor=self.caller.actor, **msgspec.structs.asdict(ask))
        members = _members(selectors.get_wallet_connection(operator))
        return _secret(WalletConnected(**members, hmac_secret=secret), status=200)


class WalletConnectionView(CallerView):
    """The caller's own wallet, as it is called."""

    @extend_schema(operation_id="get_wallet_connection", responses={200: WalletConnectionOutput, 404: Problem})
    def get(self, request: Request) -> Response:
        return _shown(self.operator)


class WalletSecretView(CallerView):
    """A new shared secret for calls to the caller's wallet."""

    @extend_schema(
        operation_id="rotate_wallet_secret",
        request=RotateAsk,
        responses={201: SecretOutput, 404: Problem, 422: Problem},
    )
    def post(self, request: Request) -> Response:
        overlap = read(request, RotateAsk).overlap
        key_id, secret = services.rotate_wallet_secret(operator=self.operator, overlap=overlap, actor=self.caller.actor)
        until = selectors.get_wallet_connection(self.operator).hmac_previous_until
        return _secret(
            SecretOutput(key_id=key_id, secret=secret, signs_from=to_text(until) if until else ""), status=201
        )


class PingView(CallerView):
    """One signed call to the caller's own wallet, and everything about it."""

    @extend_schema(operation_id="ping_wallet", request=PingAsk, responses={200: PingOutput, 404: Problem, 409: Problem})
    def post(self, request: Request) -> Response:
        connection = selectors.get_wallet_connection(self.operator)
        return Response(ping_wallet(connection=connection, player_token=read(request, PingAsk).player_token))


def _shown(operator: Operator) -> Response:
    return Response(WalletConnectionOutput(**_members(selectors.get_wallet_connection(operator))))


def _secret(shown: msgspec.Struct, *, status: int) -> Response:
    response = Response(shown, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _members(connection: WalletConnection) -> dict[str, Any]:
    until = connection.hmac_previous_until
    return {
        "url": connection.url,
        "signing": connection.signing,
        "settlement": connection.settlement,
        "zero_win_notices": connection.zero_win_notices,
        "is_local": connection.is_local,
        "concurrency_max": connection.concurrency_max,
        "active": connection.active,
        "hmac_key_id": connection.hmac_key_id or None,
        "hmac_previous_key_id": connection.hmac_previous_key_id or None,
        "hmac_previous_until": to_text(until) if until else None,
    }
