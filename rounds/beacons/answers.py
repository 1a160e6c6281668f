"""
What a relay answers, in drand's JSON, and every reason not to believe it.

A relay is a stranger. Whatever it says is checked against the network's pinned key, so the worst that a lying one can
do is to be of no use.
"""

import re
from enum import StrEnum
from hmac import compare_digest
from typing import Any

from fairness import bls
from fairness.errors import BeaconSignatureInvalid
from fairness.hashing import sha256
from fairness.networks import Network
from keno_platform.core import strict_json
from keno_platform.core.errors import MalformedRequest

DETAIL_MAX = 160
_RANDOMNESS = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{96}")


class Reason(StrEnum):
    """Why an answer was no value; stable names for logs and staff."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    NOT_YET = "not_yet"
    STATUS = "status"
    REDIRECT = "redirect"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    WRONG_ROUND = "wrong_round"
    WRONG_RANDOMNESS = "wrong_randomness"
    WRONG_SIGNATURE = "wrong_signature"
    FAULT = "fault"
    """The mistake is here and not with the relay."""


class Refused(Exception):
    """What a relay gave is not the value that was asked for."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail if len(detail) <= DETAIL_MAX else f"{detail[:DETAIL_MAX]}..."


def read_signature(body: bytes, *, network: Network, beacon_round: int) -> bytes:
    """
    The signature in a relay's answer, verified to be the network's value of this beacon round.

    Members that drand may add one day are passed over; those that count stand exactly once, in exactly one form.

    :raises Refused: anything else. :raises BlsBackendMissing: no library is installed that could tell.
    """
    told_round, randomness, signature = _members(body)
    if told_round != beacon_round:
        raise Refused(Reason.WRONG_ROUND, f"it has round {told_round} for round {beacon_round}")
    if not compare_digest(sha256(signature), randomness):
        raise Refused(Reason.WRONG_RANDOMNESS, "the randomness is not the SHA-256 of the signature")
    try:
        bls.verify_beacon(network=network, beacon_round=beacon_round, signature=signature)
    except BeaconSignatureInvalid as error:
        raise Refused(Reason.WRONG_SIGNATURE, str(error)) from error
    return signature


def _members(body: bytes) -> tuple[int, bytes, bytes]:
    try:
        answer = strict_json.decode(body)
    except MalformedRequest as error:
        raise Refused(Reason.MALFORMED, str(error)) from error
    if not isinstance(answer, dict):
        raise Refused(Reason.MALFORMED, "the answer is no JSON object")
    told_round = answer.get("round")
    if type(told_round) is not int:
        raise Refused(Reason.MALFORMED, "`round` is no integer")
    return told_round, _hex(answer, "randomness", _RANDOMNESS), _hex(answer, "signature", _SIGNATURE)


def _hex(answer: dict[str, Any], name: str, form: re.Pattern[str]) -> bytes:
    text = answer.get(name)
    if not isinstance(text, str) or not form.fullmatch(text):
        raise Refused(Reason.MALFORMED, f"`{name}` is not {form.pattern}")
    return bytes.fromhex(text)
