"""Wallet calls: only what the platform signed, over these very bytes and just now, is let through."""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from keno_operator import CallKeys, CallVerifier, ClockSkew, NotVerified, SignatureInvalid, SignatureMissing

from keno_platform.outbound import signing
from tests.sdk.conftest import Scripted
from tests.sdk.signed import COMPONENTS, SECRET, House, ask, hmac_signed

URL = "http://wallet.example:9000/keno/balance"
OTHER_SECRET = "b3RoZXIgc2VjcmV0"


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def verifier(server: Scripted, house: House) -> CallVerifier:
    server.says(200, house.well_known())
    return CallVerifier(keys=CallKeys(f"{server.url}/.well-known/keno-call-keys.json"), hmac_secrets=[SECRET])


def test_what_the_platform_signed_is_let_through(verifier: CallVerifier, house: House) -> None:
    for url in (
        URL,
        "http://wallet.example/",
        "https://wallet.example:443/a/b?c=d&e=%20f",
        "http://WALLET.example:80/x",
    ):
        for body in (ask(), b"", "ጤና".encode()):
            verifier.verify(method="POST", url=url, headers=house.signed(url, body), body=body)
            verifier.verify(method="POST", url=url, headers=hmac_signed(url, body), body=body)


async def test_tasks_are_told_the_same(verifier: CallVerifier, house: House) -> None:
    body = ask()
    await verifier.verify_async(method="POST", url=URL, headers=house.signed(URL, body), body=body)
    with pytest.raises(SignatureInvalid):
        await verifier.verify_async(method="POST", url=URL, headers=house.signed(URL, body), body=body + b" ")


@pytest.mark.parametrize("url", [URL, "https://wallet.example/keno/debit?shard=3", "http://127.0.0.1/debit"])
def test_the_platform_s_own_signer_and_this_check_agree(server: Scripted, url: str) -> None:
    key, body = Ed25519PrivateKey.generate(), ask()
    server.says(200, House(key=key, key_id="k-7").well_known())
    verifier = CallVerifier(keys=CallKeys(server.url), hmac_secrets=[SECRET])
    facts: Any = {"method": "POST", "url": url, "body": body, "request_id": "request-1234"}
    now = int(time.time())
    verifier.verify(method="POST", url=url, headers=signing.sign_ed25519(key, "k-7", **facts, created=now), body=body)
    by_secret = signing.sign_hmac(base64.b64decode(SECRET), "h-1", **facts, created=now)
    verifier.verify(method="POST", url=url, headers=by_secret, body=body)


@dataclass(frozen=True)
class Forgery:
    name: str
    headers: Callable[[dict[str, str]], dict[str, str]] = lambda headers: headers
    url: str = URL
    method: str = "POST"
    body: Callable[[bytes], bytes] = lambda body: body


FORGERIES = [
    Forgery("another body", body=lambda body: body.replace(b"asha", b"chui")),
    Forgery("another path", url=URL.replace("balance", "debit")),
    Forgery("a query", url=f"{URL}?x=1"),
    Forgery("another method", method="PUT"),
    Forgery("another request id", headers=lambda one: one | {"X-Request-Id": "request-5678"}),
]


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda one: one.name)
@pytest.mark.parametrize("form", ["ed25519", "hmac"])
def test_a_forgery_is_refused(verifier: CallVerifier, house: House, forgery: Forgery, form: str) -> None:
    body = ask()
    good = house.signed(URL, body) if form == "ed25519" else hmac_signed(URL, body)
    with pytest.raises(SignatureInvalid):
        verifier.verify(method=forgery.method, url=forgery.url, headers=forgery.headers(good), body=forgery.body(body))


def test_another_host_another_key_and_another_digest_are_refused(verifier: CallVerifier, house: House) -> None:
    body = ask()
    with pytest.raises(SignatureInvalid):
        verifier.verify(method="POST", url=URL.replace("wallet", "w"), headers=house.signed(URL, body), body=body)
    with pytest.raises(SignatureInvalid):
        verifier.verify(method="POST", url=URL, headers=House(key_id="call-1").signed(URL, body), body=body)
    with pytest.raises(SignatureInvalid, match="'call-9' is not among the platform's"):
        verifier.verify(method="POST", url=URL, headers=House(key_id="call-9").signed(URL, body), body=body)
    without = {name: value for name, value in house.signed(URL, body).items() if name != "Content-Digest"}
    with pytest.raises(SignatureInvalid, match="Content-Digest"):
        verifier.verify(method="POST", url=URL, headers=without, body=body)
    with pytest.raises(SignatureInvalid):
        verifier.verify(method="POST", url=URL, headers=hmac_signed(URL, body, secret=OTHER_SECRET), body=body)


@pytest.mark.parametrize("left_out", COMPONENTS)
def test_a_signature_that_does_not_cover_everything_is_refused(
    verifier: CallVerifier, house: House, left_out: str
) -> None:
    body = ask()
    headers = house.signed(URL, body, components=tuple(one for one in COMPONENTS if one != left_out))
    with pytest.raises(SignatureInvalid, match="must cover"):
        verifier.verify(method="POST", url=URL, headers=headers, body=body)


def test_an_idempotency_key_must_be_covered_where_there_is_one(verifier: CallVerifier, house: House) -> None:
    body = ask()
    headers = house.signed(URL, body) | {"Idempotency-Key": "k-1"}
    with pytest.raises(SignatureInvalid, match="must cover idempotency-key"):
        verifier.verify(method="POST", url=URL, headers=headers, body=body)
    covered = house.signed(URL, body, components=(*COMPONENTS, "idempotency-key"), **{"Idempotency-Key": "k-1"})
    verifier.verify(method="POST", url=URL, headers=covered, body=body)


@pytest.mark.parametrize("late_s", [301, -301])
def test_a_signature_away_from_this_clock_is_refused_as_that(verifier: CallVerifier, late_s: int) -> None:
    body = ask()
    # Both are within the window of the two forms' own clocks by some seconds more than a test takes.
    with pytest.raises(ClockSkew):
        verifier.verify(method="POST", url=URL, headers=hmac_signed(URL, body, late_s=late_s + late_s // 50), body=body)
    headers = House(late_s=late_s + late_s // 50).signed(URL, body)
    with pytest.raises(ClockSkew):
        verifier.verify(method="POST", url=URL, headers=headers, body=body)


def test_a_call_at_the_edge_of_the_window_is_let_through(verifier: CallVerifier, house: House) -> None:
    body, house.late_s = ask(), 280
    verifier.verify(method="POST", url=URL, headers=house.signed(URL, body), body=body)


def test_a_call_without_a_signature_is_refused_as_that(verifier: CallVerifier) -> None:
    with pytest.raises(SignatureMissing):
        verifier.verify(method="POST", url=URL, headers={"X-Request-Id": "request-1"}, body=b"{}")


def test_only_the_forms_that_are_configured_count(server: Scripted, house: House) -> None:
    body = ask()
    server.says(200, house.well_known())
    only_hmac, only_keys = CallVerifier(hmac_secrets=[SECRET]), CallVerifier(keys=CallKeys(server.url))
    with pytest.raises(SignatureMissing):
        only_hmac.verify(method="POST", url=URL, headers=house.signed(URL, body), body=body)
    with pytest.raises(SignatureMissing):
        only_keys.verify(method="POST", url=URL, headers=hmac_signed(URL, body), body=body)
    with pytest.raises(ValueError, match="Give keys or hmac_secrets"):
        CallVerifier()


def test_two_secrets_are_valid_while_one_is_being_replaced() -> None:
    body, verifier = ask(), CallVerifier(hmac_secrets=[OTHER_SECRET, SECRET])
    verifier.verify(method="POST", url=URL, headers=hmac_signed(URL, body), body=body)
    verifier.verify(method="POST", url=URL, headers=hmac_signed(URL, body, secret=OTHER_SECRET), body=body)


def test_behind_a_proxy_the_address_is_the_one_that_the_platform_knows(server: Scripted, house: House) -> None:
    body = ask()
    server.says(200, house.well_known())
    verifier = CallVerifier(keys=CallKeys(server.url), public_url="https://casino.example/seamless/")
    headers = house.signed("https://casino.example/seamless/balance", body)
    verifier.verify(method="POST", url="/balance", headers=headers, body=body)
    with pytest.raises(SignatureInvalid, match="set public_url"):
        verifier.verify(method="POST", url="/internal/balance", headers=headers, body=body)


def test_other_signatures_beside_ours_do_no_harm(verifier: CallVerifier, house: House) -> None:
    body = ask()
    headers = house.signed(URL, body)
    headers["Signature-Input"] = f'proxy=("@method");created=1, {headers["Signature-Input"]}'
    headers["Signature"] = f"proxy=:AAAA:, {headers['Signature']}"
    verifier.verify(method="POST", url=URL, headers=headers, body=body)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["Signature-Input", "Signature", "Content-Digest", "X-Keno-Signature", "X-Keno-Timestamp"]),
    value=st.text(max_size=80),
)
def test_whatever_stands_in_the_headers_a_forgery_is_only_refused(name: str, value: str) -> None:
    body = ask()
    headers = hmac_signed(URL, body) if name.startswith("X-Keno") else House().signed(URL, body)
    verifier = CallVerifier(keys=CallKeys("http://127.0.0.1:1/"), hmac_secrets=[OTHER_SECRET])
    with pytest.raises(NotVerified):
        verifier.verify(method="POST", url=URL, headers=headers | {name: value}, body=body)
