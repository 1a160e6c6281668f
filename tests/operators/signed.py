"""Signed calls as a client makes them: by the published library, and by hand in the HMAC form."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, algorithms
from http_message_signatures.resolvers import MappingKeyResolver

from keno_platform.outbound.signing import COMPONENTS
from operators.verification import Call, Key

ID = "0197a1c2-0000-7000-8000-000000000001"
NOW = 1_795_000_000


@dataclass(slots=True)
class Message:
    """A request as the library wants it."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def call(self) -> Call:
        """The same as it arrives."""
        parts = urlsplit(self.url)
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Call(
            method=self.method,
            authority=parts.netloc,
            path=parts.path,
            query=parts.query,
            headers=headers,
            body=self.body,
        )


def by_library(message: Message, private: Ed25519PrivateKey, key_id: str, **options: Any) -> Message:
    """The message signed in place by the library. `created` is in seconds since 1970."""
    created = options.pop("created", NOW)
    covered = options.pop("covered", None)
    message.headers.setdefault("X-Request-Id", ID)
    if covered is None:
        covered = [*COMPONENTS, *(["idempotency-key"] if "Idempotency-Key" in message.headers else [])]
    signer = HTTPMessageSigner(
        signature_algorithm=algorithms.ED25519,
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={key_id: private}),
    )
    signer.sign(
        message,
        key_id=key_id,
        created=datetime.fromtimestamp(created, UTC),
        label=options.pop("label", "keno"),
        covered_component_ids=covered,
        body=message.body if "content-digest" in covered else None,
        **options,
    )
    return message


def library_accepts(message: Message, public: Any, key_id: str, created: int) -> bool:
    """Whether the library verifies the message's signature and covers what it must."""
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.ED25519,
        key_resolver=MappingKeyResolver(public_keys={key_id: public}, private_keys={}),
    )
    age = datetime.now(UTC) - datetime.fromtimestamp(created, UTC)
    [result] = verifier.verify(message, max_age=age * 2 if age.total_seconds() > 0 else None, body=message.body)
    return set(COMPONENTS) <= {name.strip('"') for name in result.covered_components}


def by_hmac(message: Message, secret: bytes, key_id: str, *, created: int | str = NOW) -> Message:
    """The message signed in place in the HMAC form, written out anew as its description has it."""
    message.headers.setdefault("X-Request-Id", ID)
    parts = urlsplit(message.url)
    target = parts.path + ("?" + parts.query if parts.query else "")
    text = ".".join(
        [
            str(created),
            message.method,
            target,
            hashlib.sha256(message.body).hexdigest(),
            message.headers["X-Request-Id"],
            message.headers.get("Idempotency-Key", ""),
        ]
    )
    message.headers |= {
        "X-Keno-Key": key_id,
        "X-Keno-Timestamp": str(created),
        "X-Keno-Signature": hmac.new(secret, text.encode(), hashlib.sha256).hexdigest(),
    }
    return message


def key_of(private: Ed25519PrivateKey, key_id: str) -> Key:
    """What a signature of this private key is checked with."""
    return Key(key_id=key_id, kind="ed25519", material=private.public_key().public_bytes_raw())
