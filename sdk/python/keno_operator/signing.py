"""Signing the calls to the platform, where an operator wants that or has to."""

import base64
import time
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keno_operator.canonical import COMPONENTS, LABEL, content_digest, hmac_signature, parameters, signature_base


class Signer(Protocol):
    """Makes the headers that prove who sends a request. `url` is the whole address, as it is called."""

    def headers(
        self, *, method: str, url: str, body: bytes, request_id: str, idempotency_key: str | None
    ) -> dict[str, str]: ...


class Ed25519Signer:
    """
    HTTP Message Signatures (RFC 9421) with an Ed25519 key: the preferred form, nothing secret is shared.

    `private_key` is the key, its 32 bytes, or these in base64; its public half is registered under `key_id`.
    """

    def __init__(self, *, key_id: str, private_key: Ed25519PrivateKey | bytes | str) -> None:
        if isinstance(private_key, str):
            private_key = base64.b64decode(private_key, validate=True)
        if isinstance(private_key, bytes):
            private_key = Ed25519PrivateKey.from_private_bytes(private_key)
        self.key_id = key_id
        self._private_key = private_key

    @property
    def public_key(self) -> str:
        """The public half in base64, as it is registered with the platform."""
        return base64.b64encode(self._private_key.public_key().public_bytes_raw()).decode()

    def headers(
        self, *, method: str, url: str, body: bytes, request_id: str, idempotency_key: str | None
    ) -> dict[str, str]:
        """The headers to add; the request identity and the idempotency key are among what is signed."""
        signed = {"content-digest": content_digest(body), "x-request-id": request_id}
        components: tuple[str, ...] = COMPONENTS
        if idempotency_key is not None:
            signed["idempotency-key"] = idempotency_key
            components = (*COMPONENTS, "idempotency-key")
        described = parameters(components, created=int(time.time()), key_id=self.key_id)
        base = signature_base(components, method=method, url=url, headers=signed, signed_parameters=described)
        return {
            "Content-Digest": signed["content-digest"],
            "Signature-Input": f"{LABEL}={described}",
            "Signature": f"{LABEL}=:{base64.b64encode(self._private_key.sign(base)).decode()}:",
        }


class HmacSigner:
    """HMAC-SHA256 with a shared secret (base64): the simple form."""

    def __init__(self, *, key_id: str, secret: str) -> None:
        self.key_id = key_id
        self._secret = base64.b64decode(secret, validate=True)

    def headers(
        self, *, method: str, url: str, body: bytes, request_id: str, idempotency_key: str | None
    ) -> dict[str, str]:
        """The headers to add."""
        timestamp = str(int(time.time()))
        signature = hmac_signature(
            self._secret,
            timestamp=timestamp,
            method=method,
            url=url,
            body=body,
            request_id=request_id,
            idempotency_key=idempotency_key or "",
        )
        return {"X-Keno-Key": self.key_id, "X-Keno-Timestamp": timestamp, "X-Keno-Signature": signature}
