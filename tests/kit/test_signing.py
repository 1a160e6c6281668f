"""The kit's own signatures: golden vectors, another implementation's verdict, and everything that must be refused."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms

from keno_kit.signing import (
    COVERED,
    Ed25519Signer,
    HmacSigner,
    KeyUnknown,
    Message,
    SignatureRefused,
    verify_ed25519,
    verify_hmac,
)
from keno_platform.outbound import signing as the_platforms

AT = 1_800_000_000
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SECRET = bytes(range(32, 64))
VECTORS = json.loads((Path(__file__).parent / "signing_vectors.json").read_text(encoding="utf-8"))
BODY = b'{"request_id":"r-1","amount":"10.00"}'
MESSAGE = Message(
    method="POST", authority="wallet.example", target="/keno/debit", headers={"x-request-id": "r-1"}, body=BODY
)
ED25519 = Ed25519Signer(key_id="call-1", key=KEY)
HMAC = HmacSigner(key_id="shared-1", secret=SECRET)


def signed(message: Message, signer: Ed25519Signer | HmacSigner, *, at_s: int = AT) -> Message:
    return replace(message, headers={**message.headers, **signer.sign(message, at_s=at_s)})


def check(message: Message, *, now_s: float = AT) -> None:
    if "signature" in message.headers:
        verify_ed25519(message, keys={"call-1": KEY.public_key()}, now_s=now_s)
    else:
        verify_hmac(message, secrets={"shared-1": SECRET}, now_s=now_s)


@pytest.mark.parametrize("vector", VECTORS["ed25519"], ids=lambda one: one["name"])
def test_ed25519_signatures_are_those_of_the_vectors(vector: dict[str, Any]) -> None:
    message, signer = _message(vector), Ed25519Signer(key_id=vector["key_id"], key=_private(vector["private_key"]))
    made = signer.sign(message, at_s=vector["created"])
    assert made == vector["headers"]
    verify_ed25519(
        replace(message, headers={**message.headers, **made}),
        keys={vector["key_id"]: signer.key.public_key()},
        now_s=vector["created"],
    )


@pytest.mark.parametrize("vector", VECTORS["hmac"], ids=lambda one: one["name"])
def test_hmac_signatures_are_those_of_the_vectors(vector: dict[str, Any]) -> None:
    message, secret = _message(vector), base64.b64decode(vector["secret"])
    assert (
        HmacSigner(key_id=vector["key_id"], secret=secret).sign(message, at_s=vector["timestamp"]) == vector["headers"]
    )


def _message(vector: dict[str, Any]) -> Message:
    return Message(
        method=vector["method"],
        authority=vector["authority"],
        target=vector["target"],
        headers=vector["request_headers"],
        body=vector["body"].encode(),
    )


def _private(text: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text))


class Resolver(HTTPSignatureKeyResolver):  # type: ignore[misc]
    def resolve_private_key(self, key_id: str) -> Any:
        return KEY

    def resolve_public_key(self, key_id: str) -> Any:
        return KEY.public_key()


@pytest.mark.parametrize("url", ["https://wallet.example/keno/debit", "http://Wallet.example:8901/a%20b/debit?x=1&y="])
def test_another_implementation_takes_what_the_kit_signs(url: str) -> None:
    prepared = requests.Request("POST", url, data=BODY, headers={"X-Request-Id": "r-1"}).prepare()
    message = replace(MESSAGE, authority=url.split("/")[2], target=str(prepared.path_url))
    prepared.headers.update(ED25519.sign(message, at_s=AT))
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Resolver())
    verifier.max_clock_skew = timedelta(days=3650)
    [result] = verifier.verify(prepared, max_age=timedelta(days=3650))
    assert {item.strip('"') for item in result.covered_components} == {*COVERED, "@signature-params"}


def test_the_kit_takes_what_another_implementation_signs() -> None:
    prepared = requests.Request("POST", "https://wallet.example/keno/debit?a=b", data=BODY).prepare()
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(BODY).digest()).decode()}:"
    prepared.headers.update({"X-Request-Id": "r-1", "Content-Digest": digest})
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=Resolver())
    signer.sign(prepared, key_id="call-1", covered_component_ids=COVERED, label="keno", use_existing_digest=True)
    headers = {name.lower(): str(value) for name, value in prepared.headers.items()}
    message = replace(MESSAGE, target="/keno/debit?a=b", headers=headers)
    created = int(headers["signature-input"].split("created=")[1].split(";")[0])
    check(message, now_s=created)


@pytest.mark.parametrize("url", ["https://wallet.example/keno/debit", "http://wallet.example:8901/debit?a=%20b"])
def test_the_platform_signs_as_the_kit_does(url: str) -> None:
    """Two programs, written apart, that must agree."""
    _, _, authority, target = (*url.split("/", 3),)
    message = replace(MESSAGE, authority=authority, target=f"/{target}")
    request: dict[str, Any] = {"method": "POST", "url": url, "body": BODY, "request_id": "r-1", "created": AT}
    for made, signer in (
        (the_platforms.sign_ed25519(KEY, "call-1", **request), ED25519),
        (the_platforms.sign_hmac(SECRET, "shared-1", **request), HMAC),
    ):
        assert {name.lower(): value for name, value in made.items() if name != "X-Request-Id"} == signer.sign(
            message, at_s=AT
        )


@pytest.mark.parametrize("signer", [ED25519, HMAC], ids=["ed25519", "hmac"])
class TestWhatIsRefused:
    def test_a_good_signature_is_taken_up_to_300_s_either_way(self, signer: Any) -> None:
        message = signed(MESSAGE, signer)
        for now_s in (AT, AT - 300, AT + 300):
            check(message, now_s=now_s)
        for now_s in (AT - 301, AT + 301):
            with pytest.raises(SignatureRefused, match="away from this clock"):
                check(message, now_s=now_s)

    @pytest.mark.parametrize(
        "change",
        [
            lambda one: replace(one, method="PUT"),
            lambda one: replace(one, target="/keno/credit"),
            lambda one: replace(one, target="/keno/debit?a=1"),
            lambda one: replace(one, body=BODY.replace(b"10.00", b"90.00")),
            lambda one: replace(one, body=b""),
            lambda one: replace(one, headers={**one.headers, "x-request-id": "r-2"}),
        ],
        ids=["method", "path", "query", "body", "empty-body", "request-id"],
    )
    def test_a_request_that_was_changed_after_signing(self, signer: Any, change: Callable[[Message], Message]) -> None:
        with pytest.raises(SignatureRefused):
            check(change(signed(MESSAGE, signer)))

    def test_a_request_with_any_signature_header_missing(self, signer: Any) -> None:
        message = signed(MESSAGE, signer)
        for name in signer.sign(MESSAGE, at_s=AT):
            left = {one: value for one, value in message.headers.items() if one != name}
            with pytest.raises(SignatureRefused):
                check(replace(message, headers=left))

    def test_a_key_that_nobody_knows(self, signer: Any) -> None:
        with pytest.raises(KeyUnknown):
            check(signed(MESSAGE, replace(signer, key_id="another")))

    def test_any_byte_of_the_signature_turned(self, signer: Any) -> None:
        message = signed(MESSAGE, signer)
        name = "signature" if "signature" in message.headers else "x-keno-signature"
        value = message.headers[name]
        for at in range(7 if name == "signature" else 0, len(value) - 4, 5):
            turned = value[:at] + ("0" if value[at] != "0" else "1") + value[at + 1 :]
            with pytest.raises(SignatureRefused):
                check(replace(message, headers={**message.headers, name: turned}))


def test_another_host_is_refused_by_the_ed25519_form() -> None:
    with pytest.raises(SignatureRefused):
        check(replace(signed(MESSAGE, ED25519), authority="evil.example"))


@pytest.mark.parametrize("left_out", COVERED)
def test_a_signature_that_does_not_cover_everything_is_refused(left_out: str) -> None:
    """A signer that holds the key may still leave a component out: then anybody could change it."""
    message = signed(MESSAGE, ED25519)
    fewer = message.headers["signature-input"].replace(f'"{left_out}" ', "").replace(f' "{left_out}"', "")
    with pytest.raises(SignatureRefused, match="does not cover"):
        check(replace(message, headers={**message.headers, "signature-input": fewer}))


def test_a_header_that_a_caller_covers_beside_is_checked_too() -> None:
    message = replace(MESSAGE, headers={**MESSAGE.headers, "idempotency-key": "k-1"})
    headers = {**signed(message, HMAC).headers, "idempotency-key": "k-2"}
    with pytest.raises(SignatureRefused):
        check(replace(message, headers=headers))


def own_parameters(more: str) -> Message:
    """A message that is signed well, with these parameters instead of the usual."""
    items = " ".join(f'"{name}"' for name in COVERED)
    parameters = f'({items}){more};keyid="call-1";alg="ed25519"'
    message = signed(MESSAGE, ED25519)
    values = {
        "@method": "POST",
        "@authority": "wallet.example",
        "@path": "/keno/debit",
        "@query": "?",
        **message.headers,
    }
    lines = [f'"{name}": {values[name]}' for name in COVERED] + [f'"@signature-params": {parameters}']
    signature = base64.b64encode(KEY.sign("\n".join(lines).encode())).decode()
    own = {"signature-input": f"keno={parameters}", "signature": f"keno=:{signature}:"}
    return replace(message, headers={**message.headers, **own})


def test_a_signature_that_says_when_it_expires_is_refused_from_then_on() -> None:
    message = own_parameters(f";created={AT};expires={AT + 60}")
    check(message, now_s=AT + 60)
    with pytest.raises(SignatureRefused, match="expired"):
        check(message, now_s=AT + 61)


@pytest.mark.parametrize("times", ["", ';created="yesterday"', ";created=-5", f';created={AT};expires="soon"'])
def test_a_signature_without_a_time_that_can_be_read_is_refused(times: str) -> None:
    with pytest.raises(SignatureRefused, match="seconds"):
        check(own_parameters(times))


@pytest.mark.parametrize(
    "garbage", ["", "keno", "keno=()", 'keno=("@method"', "keno=:::", "x" * 10_000, 'keno=("a);b=1']
)
def test_garbage_in_the_headers_is_refused_and_nothing_else(garbage: str) -> None:
    message = signed(MESSAGE, ED25519)
    for name in ("signature-input", "signature", "content-digest"):
        with pytest.raises(SignatureRefused):
            check(replace(message, headers={**message.headers, name: garbage}))
