"""Relays that answer, lie, drip, or say nothing at all: what a search for a beacon value makes of them."""

import gzip
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fairness import bls
from fairness.networks import QUICKNET
from keno_platform.local.ports import find_free
from rounds.beacons.relays import BODY_MAX_BYTES, Patience
from tests.support.beacon_search import (
    BEACON_ROUND,
    OTHER_ROUND,
    Search,
    Start,
    found,
    refusal,
    searching,
    starting_relays,
)
from tests.support.drand import (
    REAL,
    Behaviour,
    Request,
    body,
    drand_json,
    dripping,
    dripping_headers,
    endless,
    frozen,
    silent_port,
    truth,
)
from tests.support.rounds import wait_for

SIGNATURE, OTHER = REAL[BEACON_ROUND], REAL[OTHER_ROUND]
GOOD = drand_json(BEACON_ROUND, SIGNATURE)
HONEST = truth(QUICKNET, REAL)
FORGED = bls.sign_beacon(secret=bls.generate_secret(), beacon_round=BEACON_ROUND)


@pytest.fixture
def start() -> Iterator[Start]:
    with starting_relays() as start:
        yield start


@pytest.fixture
def search(start: Start) -> Iterator[Search]:
    """Needs `start`, so that fetchers are closed before their relays are gone."""
    with searching() as search:
        yield search


def test_the_right_value_is_found_with_one_request(start: Start, search: Search) -> None:
    one, other = start(HONEST), start(HONEST)
    fetcher = search(one, other, patience=Patience(hedge_s=10))
    assert fetcher.find(QUICKNET, BEACON_ROUND) is None  # it never waits, so the first answer is always this
    assert found(fetcher) == SIGNATURE
    assert found(fetcher, beacon_round=OTHER_ROUND) == OTHER
    assert one.asked == [f"/{QUICKNET.chain_hash.hex()}/public/{number}" for number in (BEACON_ROUND, OTHER_ROUND)]
    assert other.asked == []
    answered = [status.answered_at for status in fetcher.relay_status()]
    assert answered[0] is not None
    assert answered[1:] == [None]


LIES: dict[str, tuple[Behaviour, str]] = {
    "another round": (body(drand_json(OTHER_ROUND, OTHER)), "wrong_round"),
    "a stale round": (body(drand_json(BEACON_ROUND - 1, OTHER)), "wrong_round"),
    "another real signature": (body(drand_json(BEACON_ROUND, OTHER)), "wrong_signature"),
    "the signature of another key": (body(drand_json(BEACON_ROUND, FORGED)), "wrong_signature"),
    "wrong randomness": (body(drand_json(BEACON_ROUND, SIGNATURE, randomness="00" * 32)), "wrong_randomness"),
    "a member twice": (body(b'{"round":1000,' + GOOD[1:]), "malformed"),
    "a page": (body(b"<html>sorry</html>"), "malformed"),
    "half an answer": (body(GOOD[:50]), "malformed"),
    "the truth, compressed": (
        body(gzip.compress(GOOD), Content_Encoding="gzip"),
        "malformed",
    ),
    "the truth, and a lot more": (body(GOOD[:-1] + b',"more":"' + b"." * BODY_MAX_BYTES + b'"}'), "too_large"),
    "an endless answer": (endless, "too_large"),
    "the truth with a fault's status": (body(GOOD, status=500), "status"),
    "too many requests": (body(b"", status=429), "status"),
    "the truth with another good status": (body(GOOD, status=203), "status"),
    "nothing there": (body(GOOD, status=404), "not_yet"),
    "too early": (body(b"", status=425), "not_yet"),
    "a redirect nowhere": (body(GOOD, status=302), "redirect"),
    "a hang-up": (lambda request: request.server.hang_up(), "unreachable"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_no_value_however_often_it_is_told_and_is_logged_once(
    lie: str, start: Start, search: Search, caplog: pytest.LogCaptureFixture
) -> None:
    behaviour, reason = LIES[lie]
    liar = start(behaviour)
    fetcher = search(liar)
    refusal(fetcher, liar, reason)
    asked = len(liar.asked)
    wait_for(lambda: len(liar.asked) >= asked + 4, what="the liar to be asked again")

    assert fetcher.find(QUICKNET, BEACON_ROUND) is None
    refusal(fetcher, liar, reason)
    warnings = [record for record in caplog.records if "of no use" in record.message]
    assert len(warnings) == 1
    assert liar.url in warnings[0].message
    assert reason in warnings[0].message


@pytest.mark.parametrize("lie", ["another round", "another real signature", "a page", "nothing there", "a hang-up"])
def test_beside_a_liar_the_truth_is_found_at_once(lie: str, start: Start, search: Search) -> None:
    liar, honest = start(LIES[lie][0]), start(HONEST)
    fetcher = search(liar, honest, patience=Patience(hedge_s=60))
    assert found(fetcher) == SIGNATURE
    assert (len(liar.asked), len(honest.asked)) == (1, 1)
    assert found(fetcher, beacon_round=OTHER_ROUND) == OTHER
    assert len(liar.asked) == 1, "who was of use is asked first the next time"


def test_liars_that_come_to_tell_the_truth_are_believed(start: Start, search: Search) -> None:
    liars = [start(LIES[lie][0]) for lie in ("another round", "another real signature", "a page")]
    fetcher = search(*liars)
    for one, reason in zip(liars, ("wrong_round", "wrong_signature", "malformed"), strict=True):
        refusal(fetcher, one, reason)
    liars[1].behaviour = HONEST
    assert found(fetcher) == SIGNATURE


def test_a_redirect_to_the_truth_is_not_followed(start: Start, search: Search) -> None:
    honest = start(HONEST)
    path = f"/{QUICKNET.chain_hash.hex()}/public/{BEACON_ROUND}"
    sly = start(body(GOOD, status=307, Location=honest.url + path))
    fetcher = search(sly)
    refusal(fetcher, sly, "redirect")
    wait_for(lambda: len(sly.asked) >= 3, what="more tries")
    assert honest.asked == []
    assert fetcher.find(QUICKNET, BEACON_ROUND) is None


@pytest.mark.parametrize("silence", [dripping(GOOD), dripping_headers, frozen], ids=["body", "headers", "frozen"])
def test_the_deadline_is_for_the_whole_answer_however_the_bytes_come(
    silence: Behaviour, start: Start, search: Search
) -> None:
    slow = start(silence)
    fetcher = search(slow)
    began = time.monotonic()
    status = refusal(fetcher, slow, "timeout")
    assert time.monotonic() - began < 2 * Patience().deadline_s, "a byte now and then put the deadline off"
    assert "2 s" in status.detail


def test_beside_a_frozen_relay_the_value_is_found_after_the_hedge_and_then_without(
    start: Start, search: Search
) -> None:
    silent, honest = start(frozen), start(HONEST)
    fetcher = search(silent, honest, patience=Patience(hedge_s=0.05))
    assert found(fetcher) == SIGNATURE
    assert (len(silent.asked), len(honest.asked)) == (1, 1)
    assert found(fetcher, beacon_round=OTHER_ROUND) == OTHER
    assert len(silent.asked) == 1
    wait_for(lambda: fetcher.relay_status()[0].refusal == "timeout", what="the silence to be noted")


def test_relays_that_are_outrun_are_still_judged_by_what_they_say(start: Start, search: Search) -> None:
    release = threading.Event()

    def lie_late(request: Request) -> None:
        release.wait()
        request.answer(drand_json(BEACON_ROUND, OTHER))

    late, honest = start(lie_late), start(HONEST)
    fetcher = search(late, honest, patience=Patience(hedge_s=0.05, deadline_s=20))
    try:
        assert found(fetcher) == SIGNATURE
    finally:
        release.set()
    wait_for(lambda: fetcher.relay_status()[0].refusal == "wrong_signature", what="the lie to be noted")
    assert fetcher.find(QUICKNET, BEACON_ROUND) == SIGNATURE


def test_nobody_at_the_address_is_no_value(search: Search) -> None:
    url = f"http://127.0.0.1:{find_free()}"
    refusal(search(url), url, "unreachable")


def test_no_relays_are_no_value(search: Search) -> None:
    fetcher = search()
    fetcher.find(QUICKNET, BEACON_ROUND)
    wait_for(
        lambda: fetcher.is_missing(QUICKNET, BEACON_ROUND, after_s=900, vain_s=0.01), what="the value to be missing"
    )
    assert fetcher.find(QUICKNET, BEACON_ROUND) is None


def test_a_name_that_nobody_vouches_for_is_refused(start: Start, search: Search, tmp_path: Path) -> None:
    honest = start(HONEST)
    honest.socket = _self_signed(tmp_path).wrap_socket(honest.socket, server_side=True, do_handshake_on_connect=False)
    url = honest.url.replace("http:", "https:")
    status = refusal(search(url), url, "unreachable")
    assert "certificate" in status.detail.lower()
    assert honest.asked == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_port_that_never_says_a_word_is_left_at_the_deadline(scheme: str, search: Search) -> None:
    with silent_port() as port:
        url = f"{scheme}://127.0.0.1:{port}"
        fetcher = search(url, patience=Patience(deadline_s=1, pause_min_s=60, pause_max_s=60))
        refusal(fetcher, url, "timeout")


def _self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "both.pem"
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(key.private_bytes(*form) + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_the_environments_proxy_is_not_asked(start: Start, search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, honest = start(HONEST), start(HONEST)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert found(search(honest)) == SIGNATURE
    assert proxy.asked == []


def test_a_relay_leaves_no_cookies_behind(start: Start, search: Search) -> None:
    sticky = start(lambda request: request.answer(GOOD, Set_Cookie="you=42; Path=/"))
    fetcher = search(sticky)
    assert found(fetcher) == SIGNATURE
    fetcher.find(QUICKNET, OTHER_ROUND)
    wait_for(lambda: len(sticky.asked) >= 3, what="more requests")
    assert not [headers for headers in sticky.headers_seen if "cookie" in {name.lower() for name in headers}]
