"""A backend of an operator that signs its calls."""

import base64
import json
import time
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from operators.models import CallerKey, Operator
from operators.services import (
    Integration,
    add_caller_key,
    change_integration,
    issue_key,
)
from tests.operators.signed import Message, by_hmac, by_library
from tests.support.api import call

PATH = "/api/v1/integration"


def public(private: Ed25519PrivateKey) -> str:
    return base64.b64encode(private.public_key().public_bytes_raw()).decode()


@dataclass(slots=True, kw_only=True)
class Backend:
    """An operator's backend with an API key and both kinds of keys for signatures."""

    operator: Operator
    secret: str
    private: Ed25519PrivateKey
    ed25519: CallerKey
    hmac: CallerKey
    shared: bytes

    def send(self, message: Message, **options: Any) -> Any:
        client = options.pop("client", Client())
        address = message.url.removeprefix("http://testserver")
        return call(
            message.method,
            address,
            credential=options.pop("credential", self.secret),
            body=message.body or None,
            headers=message.headers,
            client=client,
        )

    def signed(self, form: str, *, method: str = "GET", path: str = PATH, body: Any = None, **options: Any) -> Message:
        raw = b"" if body is None else json.dumps(body).encode()
        headers = options.pop("headers", {})
        message = Message(method=method, url=f"http://testserver{path}", headers=headers, body=raw)
        created = options.pop("created", int(time.time()))
        if form == "hmac":
            return by_hmac(message, self.shared, self.hmac.key_id, created=created)
        return by_library(message, self.private, self.ed25519.key_id, created=created)


@pytest.fixture
def backend(operator_a: Operator) -> Backend:
    private = Ed25519PrivateKey.generate()
    first, _ = add_caller_key(
        operator=operator_a, kind="ed25519", label="own", public_key=public(private), actor="test"
    )
    second, shared = add_caller_key(operator=operator_a, kind="hmac", label="shared", actor="test")
    _, secret = issue_key(operator=operator_a, label="test", actor="test")
    assert shared is not None
    return Backend(
        operator=operator_a,
        secret=secret,
        private=private,
        ed25519=first,
        hmac=second,
        shared=base64.b64decode(shared),
    )


@pytest.fixture
def strict(backend: Backend) -> Backend:
    """The same where every call must be signed."""
    change_integration(operator=backend.operator, change=Integration(signed_calls_required=True), actor="test")
    return backend
