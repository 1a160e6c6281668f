"""Keys of signatures: an operator's own, with which it signs its calls, and ours, with which we sign calls to it."""

import base64
from typing import Any

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core.clock import to_text
from keno_platform.http.openapi import ListOf, Problem
from keno_platform.http.parsing import Ask, read
from operators import selectors, services
from operators.api.keys import RotateAsk
from operators.authentication import CallerView
from operators.limiting import OpenView
from operators.models import CallerKey, CallSigningKey
from operators.origins import client_address


class CallerKeyAsk(Ask, frozen=True, kw_only=True):
    """A key for signed calls: `ed25519` with the public key (base64 or PEM), or `hmac`, whose secret is made here."""

    kind: str
    label: str
    public_key: str | None = None


class CallerKeyRotateAsk(RotateAsk, frozen=True, kw_only=True):
    """How long the old key stays valid; for `ed25519` also the new public key."""

    public_key: str | None = None


class CallerKeyOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A key with which the operator's calls are signed. `public_key` is base64 of 32 bytes."""

    key_id: str
    kind: str
    label: str
    public_key: str | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class CallerKeyCreated(CallerKeyOutput, frozen=True, kw_only=True):
    """A new key. The shared secret (base64) is shown this once."""

    secret: str | None


class CallKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key under which calls to operators are signed. It is valid until `valid_until`, if that is given."""

    key_id: str
    algorithm: str
    public_key: str
    valid_from: str
    valid_until: str | None


class CallKeys(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, the newest first."""

    keys: list[CallKey]


class IntegrationOutput(msgspec.Struct, frozen=True, kw_only=True):
    """How an operator is integrated. `your_address` is where this very call came from, as we see it."""

    sandbox: bool
    wallet_mode: str
    signed_calls_required: bool
    allowed_addresses: list[str]
    frame_ancestors: list[str]
    your_address: str


class CallKeysView(OpenView):
    """Our public keys for calls to operators. Needs no credential."""

    @extend_schema(operation_id="call_keys", responses={200: CallKeys}, auth=[])
    def get(self, request: Request) -> Response:
        services.ensure_call_key()
        response = Response(CallKeys(keys=[_public(key) for key in selectors.list_call_keys()]))
        response["Cache-Control"] = "max-age=60"
        return response


class IntegrationView(CallerView):
    """What the provider has set for the caller's operator."""

    @extend_schema(operation_id="get_integration", responses={200: IntegrationOutput, 401: Problem})
    def get(self, request: Request) -> Response:
        operator = self.operator
        forwarded = request.headers.get("x-forwarded-for", "")
        return Response(
            IntegrationOutput(
                sandbox=operator.sandbox,
                wallet_mode=operator.wallet_mode,
                signed_calls_required=operator.signed_calls_required,
                allowed_addresses=operator.allowed_addresses,
                frame_ancestors=operator.frame_ancestors,
                your_address=client_address(request.META.get("REMOTE_ADDR", ""), forwarded),
            )
        )


class CallerKeysView(CallerView):
    """An operator's keys for signed calls: at most two are valid at one time."""

    @extend_schema(operation_id="list_caller_keys", responses={200: ListOf(CallerKeyOutput), 401: Problem})
    def get(self, request: Request) -> Response:
        return Response([CallerKeyOutput(**_members(key)) for key in selectors.list_caller_keys(self.operator)])

    @extend_schema(
        operation_id="add_caller_key",
        request=CallerKeyAsk,
        responses={201: CallerKeyCreated, 409: Problem, 422: Problem},
    )
    def post(self, request: Request) -> Response:
        ask = read(request, CallerKeyAsk)
        key, secret = services.add_caller_key(
            operator=self.operator,
            kind=ask.kind,
            label=ask.label,
            public_key=ask.public_key,
            actor=self.caller.actor,
        )
        return _created(key, secret)


class CallerKeyView(CallerView):
    """One key for signed calls, renewed or ended."""

    @extend_schema(
        operation_id="rotate_caller_key",
        request=CallerKeyRotateAsk,
        responses={201: CallerKeyCreated, 404: Problem, 409: Problem, 422: Problem},
    )
    def post(self, request: Request, key_id: str) -> Response:
        ask = read(request, CallerKeyRotateAsk)
        key = selectors.get_caller_key(operator=self.operator, key_id=key_id)
        successor, secret = services.rotate_caller_key(
            key=key, overlap=ask.overlap, public_key=ask.public_key, actor=self.caller.actor
        )
        return _created(successor, secret)

    @extend_schema(operation_id="revoke_caller_key", responses={204: None, 404: Problem})
    def delete(self, request: Request, key_id: str) -> Response:
        key = selectors.get_caller_key(operator=self.operator, key_id=key_id)
        services.revoke_caller_key(key=key, reason="revoked by its owner", actor=self.caller.actor)
        return Response(status=204)


def _created(key: CallerKey, secret: str | None) -> Response:
    key.refresh_from_db()
    response = Response(CallerKeyCreated(**_members(key), secret=secret), status=201)
    response["Cache-Control"] = "no-store"
    return response


def _members(key: CallerKey) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "kind": key.kind,
        "label": key.label,
        "public_key": None if key.public_key is None else base64.b64encode(key.public_key).decode(),
        "created_at": to_text(key.created_at),
        "expires_at": to_text(key.expires_at) if key.expires_at else None,
        "revoked_at": to_text(key.revoked_at) if key.revoked_at else None,
    }


def _public(key: CallSigningKey) -> CallKey:
    return CallKey(
        key_id=key.key_id,
        algorithm="ed25519",
        public_key=base64.b64encode(key.public_key).decode(),
        valid_from=to_text(key.valid_from),
        valid_until=to_text(key.retired_at) if key.retired_at else None,
    )
