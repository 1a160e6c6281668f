"""Wallet calls as the platform makes them, signed by an implementation that is not the SDK's."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

COMPONENTS = ("@method", "@authority", "@path", "@query", "content-digest", "x-request-id")
SECRET = base64.b64encode(b"a secret of the wallet, 32 bytes").decode()


class Resolver(HTTPSignatureKeyResolver):  # type: ignore[misc]  # the library has no types
    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        return self._key

    def resolve_public_key(self, key_id: str) -> Any:
        return self._key.public_key()


@dataclass
class Message:
    """A request as the library wants it."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""


def digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


@dataclass
class House:
    """The signing side: a key, its id, and its clock."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    key_id: str = "call-1"
    late_s: int = 0

    def well_known(self, *others: "House", until: str | None = None) -> dict[str, Any]:
        keys = [
            {
                "key_id": one.key_id,
                "algorithm": "ed25519",
                "public_key": base64.b64encode(one.key.public_key().public_bytes_raw()).decode(),
                "valid_from": "2026-01-01T00:00:00.000Z",
                "valid_until": until,
            }
            for one in (self, *others)
        ]
        return {"keys": keys}

    def signed(
        self, url: str, body: bytes, *, components: tuple[str, ...] = COMPONENTS, **extra: str
    ) -> dict[str, str]:
        headers = {"X-Request-Id": request_id_of(body), "Content-Digest": digest(body), **extra}
        message = Message("POST", url, headers, body)
        signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=Resolver(self.key))
        signer.sign(
            message,
            key_id=self.key_id,
            label="keno",
            covered_component_ids=components,
            created=datetime.now(UTC) - timedelta(seconds=self.late_s),
            include_alg=True,
            use_existing_digest=True,
        )
        return message.headers


def hmac_signed(url: str, body: bytes, *, secret: str = SECRET, late_s: int = 0) -> dict[str, str]:
    path = "/" + url.partition("://")[2].partition("/")[2]
    timestamp, request_id = str(int(time.time()) - late_s), request_id_of(body)
    text = f"{timestamp}.POST.{path}.{hashlib.sha256(body).hexdigest()}.{request_id}."
    signature = hmac.new(base64.b64decode(secret), text.encode(), hashlib.sha256).hexdigest()
    return {
        "X-Request-Id": request_id,
        "X-Keno-Key": "h-1",
        "X-Keno-Timestamp": timestamp,
        "X-Keno-Signature": signature,
    }


def request_id_of(body: bytes) -> str:
    known = json.loads(body) if body.startswith(b"{") else {}
    return str(known.get("request_id") or uuid4())


def ask(**members: Any) -> bytes:
    """The body of a call; a balance call but for what is named."""
    body = {"request_id": str(uuid4()), "player_token": "asha", "currency": "KES", "session_id": None} | members
    return json.dumps(body).encode()
