"""The golden vectors in docs/signatures.md are what this server signs and accepts, byte for byte."""

import base64
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from keno_platform.outbound.signing import hmac_text, sign_ed25519, sign_hmac
from operators.verification import Key, SignatureInvalid, verify
from tests.operators.signed import Message

TEXT = (settings.BASE_DIR / "docs" / "signatures.md").read_text(encoding="utf-8")
VECTORS: list[dict[str, Any]] = [
    json.loads(block) for block in re.findall(r"^<!-- vector -->\n```json\n(.*?)^```$", TEXT, re.M | re.S)
]


def vector(form: str) -> dict[str, Any]:
    [found] = [one for one in VECTORS if one["form"] == form]
    return found


def asked(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "method": one["method"],
        "url": one["url"],
        "body": one["body"].encode(),
        "request_id": one["headers"]["X-Request-Id"],
        "created": one["created"],
    }


def test_signing_by_ed25519_gives_the_headers_of_the_document() -> None:
    one = vector("ed25519")
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(one["private_key"]))
    assert base64.b64encode(private.public_key().public_bytes_raw()).decode() == one["public_key"]
    assert sign_ed25519(private, one["key_id"], **asked(one)) == one["headers"]


def test_the_signature_base_of_the_document_is_what_is_signed() -> None:
    one = vector("ed25519")
    signature = base64.b64decode(one["headers"]["Signature"].removeprefix("keno=:").removesuffix(":"))
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(one["public_key"]))
    public.verify(signature, "\n".join(one["signature_base"]).encode())


def test_signing_by_hmac_gives_the_headers_of_the_document() -> None:
    one = vector("hmac")
    secret = base64.b64decode(one["secret"])
    assert sign_hmac(secret, one["key_id"], idempotency_key=one["idempotency_key"], **asked(one)) == one["headers"]
    parts = urlsplit(one["url"])
    text = hmac_text(
        timestamp=str(one["created"]),
        method=one["method"],
        path=parts.path,
        query=parts.query,
        body=one["body"].encode(),
        request_id=one["headers"]["X-Request-Id"],
        idempotency_key=one["idempotency_key"],
    )
    assert text.decode() == one["signed_text"]


@pytest.mark.parametrize("form", ["ed25519", "hmac"])
def test_the_server_accepts_the_vector_and_nothing_beside_it(form: str) -> None:
    one = vector(form)
    key = Key(key_id=one["key_id"], kind=form, material=base64.b64decode(one.get("public_key") or one["secret"]))
    headers = one["headers"] | ({"Idempotency-Key": one["idempotency_key"]} if form == "hmac" else {})
    message = Message(method=one["method"], url=one["url"], headers=headers, body=one["body"].encode())
    assert verify(message.call(), [key], now=one["created"]) == one["key_id"]
    message.body += b" "
    with pytest.raises(SignatureInvalid):
        verify(message.call(), [key], now=one["created"])


def test_the_code_in_the_document_is_about_its_vector() -> None:
    one = vector("ed25519")
    [code] = re.findall(r"^<!-- run: verified -->\n```python\n(.*?)^```$", TEXT, re.M | re.S)
    for value in (one["public_key"], one["body"], one["headers"]["Signature"], one["headers"]["Content-Digest"]):
        assert value in code
