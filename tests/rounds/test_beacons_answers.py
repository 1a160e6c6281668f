"""What is believed of a relay's answer, and which addresses are asked."""

import json
import logging

import pytest
from django.test import override_settings

from fairness.hashing import sha256
from fairness.networks import QUICKNET
from rounds.beacons.addresses import check_addresses, usable
from rounds.beacons.answers import DETAIL_MAX, Reason, Refused, read_signature
from tests.support.drand import REAL, drand_json

OTHER_ROUND, BEACON_ROUND = sorted(REAL, reverse=True)
SIGNATURE, OTHER = REAL[BEACON_ROUND], REAL[OTHER_ROUND]
GOOD = drand_json(BEACON_ROUND, SIGNATURE)


def read(body: bytes) -> bytes:
    return read_signature(body, network=QUICKNET, beacon_round=BEACON_ROUND)


@pytest.mark.parametrize("beacon_round", sorted(REAL))
def test_the_real_values_of_quicknet_are_believed(beacon_round: int) -> None:
    body = drand_json(beacon_round, REAL[beacon_round])
    assert read_signature(body, network=QUICKNET, beacon_round=beacon_round) == REAL[beacon_round]


def test_members_that_drand_may_add_are_passed_over() -> None:
    assert read(drand_json(BEACON_ROUND, SIGNATURE, previous_signature="", time=1692806364)) == SIGNATURE


def changed(name: str, value: object) -> bytes:
    return json.dumps({**json.loads(GOOD), name: value}).encode()


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in json.loads(GOOD).items() if key != name}).encode()


LIES = {
    "another round's value": (drand_json(OTHER_ROUND, OTHER), Reason.WRONG_ROUND),
    "an earlier value": (drand_json(BEACON_ROUND - 1, SIGNATURE), Reason.WRONG_ROUND),
    "another round's value under this number": (drand_json(BEACON_ROUND, OTHER), Reason.WRONG_SIGNATURE),
    "wrong randomness": (changed("randomness", sha256(b"wrong").hex()), Reason.WRONG_RANDOMNESS),
    "the other's randomness": (changed("randomness", sha256(OTHER).hex()), Reason.WRONG_RANDOMNESS),
    "a point that is none": (drand_json(BEACON_ROUND, bytes([0x80]) + bytes(46) + b"\x05"), Reason.WRONG_SIGNATURE),
    "infinity": (drand_json(BEACON_ROUND, b"\xc0" + bytes(47)), Reason.WRONG_SIGNATURE),
    "zeros": (drand_json(BEACON_ROUND, bytes(48)), Reason.WRONG_SIGNATURE),
    "the negative of the signature": (
        drand_json(BEACON_ROUND, bytes([SIGNATURE[0] ^ 0x20]) + SIGNATURE[1:]),
        Reason.WRONG_SIGNATURE,
    ),
    "nothing": (b"", Reason.MALFORMED),
    "no JSON": (b"<html>", Reason.MALFORMED),
    "two values": (GOOD + GOOD, Reason.MALFORMED),
    "a list": (b"[" + GOOD + b"]", Reason.MALFORMED),
    "not UTF-8": (GOOD.replace(b"round", b"r\xffund"), Reason.MALFORMED),
    "a member twice": (GOOD[:-1] + b',"round":1000}', Reason.MALFORMED),
    "a member twice, the right one last": (b'{"round":1,' + GOOD[1:], Reason.MALFORMED),
    "depth": (b"[" * 2000, Reason.MALFORMED),
    "a round as text": (changed("round", str(BEACON_ROUND)), Reason.MALFORMED),
    "a round as a float": (GOOD.replace(b"1000", b"1000.0"), Reason.MALFORMED),
    "a round that is true": (changed("round", True), Reason.MALFORMED),
    "no round": (without("round"), Reason.MALFORMED),
    "no randomness": (without("randomness"), Reason.MALFORMED),
    "no signature": (without("signature"), Reason.MALFORMED),
    "no text as signature": (changed("signature", None), Reason.MALFORMED),
    "upper case": (changed("signature", SIGNATURE.hex().upper()), Reason.MALFORMED),
    "spaces in hex": (changed("signature", SIGNATURE.hex(" ")), Reason.MALFORMED),
    "a line end after hex": (changed("signature", SIGNATURE.hex() + "\n"), Reason.MALFORMED),
    "digits of another script": (changed("signature", SIGNATURE.hex().replace("4", "٤")), Reason.MALFORMED),
    "a short signature": (changed("signature", SIGNATURE.hex()[:-2]), Reason.MALFORMED),
    "a long signature": (changed("signature", SIGNATURE.hex() + "00"), Reason.MALFORMED),
}


@pytest.mark.parametrize("lie", LIES)
def test_every_lie_is_refused_by_its_name(lie: str) -> None:
    body, reason = LIES[lie]
    assert body != GOOD
    with pytest.raises(Refused) as refused:
        read(body)
    assert refused.value.reason is reason


def test_what_a_relay_sends_does_not_fill_the_log() -> None:
    with pytest.raises(Refused) as refused:
        read(drand_json(10**4000, SIGNATURE))
    assert refused.value.reason is Reason.WRONG_ROUND
    assert len(refused.value.detail) <= DETAIL_MAX + 3


FAULTY = [
    "http://api.drand.sh",
    "http://192.168.0.7:8080",
    "http://127.0.0.1.example.org",
    "http://localhost.example.org",
    "ftp://api.drand.sh",
    "api.drand.sh",
    "https://",
    "https://api.drand.sh:port",
    "https://[::1",
    "https://user:word@api.drand.sh",
    "https://api.drand.sh?round=1",
    "https://api.drand.sh#1",
]


@pytest.mark.parametrize("address", FAULTY)
def test_an_address_that_may_not_be_asked_is_found_by_the_check_and_passed_over(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(DRAND_URLS=["https://api.drand.sh", address]):
        [error] = check_addresses()
    assert address in error.msg
    assert usable([address, "https://api.drand.sh/"]) == ["https://api.drand.sh"]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_good_addresses_are_asked_once_each_in_their_order(caplog: pytest.LogCaptureFixture) -> None:
    good = [
        "https://b.example",
        "http://127.0.0.1:8080/drand",
        "http://localhost:1",
        "http://[::1]:1",
        "https://a.example",
    ]
    with override_settings(DRAND_URLS=good):
        assert check_addresses() == []
    assert usable([*good, "", " ", "https://b.example/ "]) == good
    assert not caplog.records


def test_no_address_at_all_is_said_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with override_settings(DRAND_URLS=[""]):
        assert check_addresses() == []
    assert usable([""]) == []
    assert "no beacon relay is configured" in caplog.text
