"""An operator's own API keys."""

from datetime import timedelta
from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core.clock import to_text
from keno_platform.core.errors import NotFound
from keno_platform.http.openapi import Problem
from keno_platform.http.parsing import Ask, ParameterInvalid, read
from operators import services
from operators.authentication import CallerView
from operators.models import ApiKey

OVERLAP_SECONDS_MAX = 30 * 86_400


class RotateAsk(Ask, frozen=True, kw_only=True):
    """How long the old key stays valid beside the new one."""

    overlap_seconds: int = 86_400

    @property
    def overlap(self) -> timedelta:
        """:raises ParameterInvalid: less than nothing, or more than 30 days."""
        if not 0 <= self.overlap_seconds <= OVERLAP_SECONDS_MAX:
            raise ParameterInvalid(f"overlap_seconds must be 0 to {OVERLAP_SECONDS_MAX}.")
        return timedelta(seconds=self.overlap_seconds)


class KeyOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A new key; the secret is shown this once."""

    key_id: UUID
    api_key: str


class RotateKeyView(CallerView):
    """An operator renews its own key; the old one stays valid for the overlap."""

    @extend_schema(operation_id="rotate_key", request=RotateAsk, responses={201: KeyOutput, 404: Problem})
    def post(self, request: Request, key_id: UUID) -> Response:
        overlap = read(request, RotateAsk).overlap
        successor, secret = services.rotate_key(key=self._own_key(key_id), overlap=overlap, actor=self.caller.actor)
        return Response(KeyOutput(key_id=successor.pk, api_key=secret), status=201)

    @extend_schema(operation_id="revoke_key", responses={204: None, 404: Problem})
    def delete(self, request: Request, key_id: UUID) -> Response:
        services.revoke_key(key=self._own_key(key_id), reason="revoked by its owner", actor=self.caller.actor)
        return Response(status=204)

    def _own_key(self, key_id: UUID) -> ApiKey:
        key = ApiKey.objects.filter(pk=key_id, operator=self.operator).first()
        if key is None:
            raise NotFound()
        return key


class KeysView(CallerView):
    """An operator's own keys, without their secrets."""

    @extend_schema(operation_id="list_keys", responses={200: dict, 401: Problem})
    def get(self, request: Request) -> Response:
        keys = ApiKey.objects.filter(operator=self.operator).order_by("-id")
        return Response(
            [
                {
                    "key_id": key.pk,
                    "label": key.label,
                    "hint": key.hint,
                    "created_at": to_text(key.created_at),
                    "expires_at": to_text(key.expires_at) if key.expires_at else None,
                    "revoked_at": to_text(key.revoked_at) if key.revoked_at else None,
                }
                for key in keys
            ]
        )
