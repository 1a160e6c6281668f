"""`Authorization: Bearer <key>` of an operator's backend."""

import hashlib
from typing import Any

from django.db import connection
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from bench.yardsticks.typical.houses.models import ApiKey, Operator


class KeyAuthentication(BaseAuthentication):
    """The operator whose key it is; its schema is entered."""

    def authenticate(self, request: Request) -> tuple[Operator, ApiKey]:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        secret_hash = hashlib.sha256(secret.encode()).hexdigest()
        key = ApiKey.objects.select_related("operator").filter(secret_hash=secret_hash, revoked=False).first()
        if scheme != "Bearer" or key is None:
            raise AuthenticationFailed("invalid_key")
        wrapper: Any = connection
        wrapper.set_tenant(key.operator)
        return key.operator, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
