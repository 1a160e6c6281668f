"""An operator can put its own signature under a round's CLOSE, and everybody sees it."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairness.documents import countersign_bytes
from operators.models import Operator
from rounds.models import Countersignature, Round
from rounds.proofs import round_proof
from rounds.selectors import get_round_for_proof
from tests.support.bets import backend
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game

pytestmark = pytest.mark.usefixtures("db")


def _closed(**game: Any) -> Round:
    one = commit_rounds(new_game(**game), timing=Timing(betting=0.05))[0]
    drive([one])
    return again(one)


def _signed(operator: Operator, one: Round, key: Ed25519PrivateKey) -> dict[str, str]:
    message = countersign_bytes(operator_id=operator.pk, close=bytes(one.close_message or b""))
    return {"public_key": key.public_key().public_bytes_raw().hex(), "signature": key.sign(message).hex()}


def test_a_countersignature_is_kept_and_stands_in_the_proof(operator_a: Operator, operator_b: Operator) -> None:
    one = _closed()
    sent = [_signed(each, one, Ed25519PrivateKey.generate()) for each in (operator_a, operator_b)]
    for operator, body in zip((operator_a, operator_b), sent, strict=True):
        answer = backend(operator).post(f"rounds/{one.pk}/countersignature", body)
        assert (answer.status_code, answer.json()["operator_id"]) == (201, str(operator.pk))
    shown = round_proof(get_round_for_proof(one.pk))["close"]["countersignatures"]
    expected = [{"operator_id": str(op.pk), **body} for op, body in zip((operator_a, operator_b), sent, strict=True)]
    assert shown == sorted(expected, key=lambda each: each["operator_id"])


def test_the_same_again_is_the_same_and_another_is_refused(operator_a: Operator) -> None:
    one, caller, key = _closed(), backend(operator_a), Ed25519PrivateKey.generate()
    body = _signed(operator_a, one, key)
    answers = [caller.post(f"rounds/{one.pk}/countersignature", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    other = caller.post(f"rounds/{one.pk}/countersignature", _signed(operator_a, one, Ed25519PrivateKey.generate()))
    assert (other.status_code, other.json()["code"]) == (409, "already_countersigned")
    assert Countersignature.objects.filter(round_id=one.pk).count() == 1


def test_what_does_not_verify_is_refused_and_not_kept(operator_a: Operator, operator_b: Operator) -> None:
    one, key = _closed(), Ed25519PrivateKey.generate()
    right = _signed(operator_a, one, key)
    wrong = [
        right | {"signature": "00" * 64},
        right | {"public_key": Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()},
        right | {"public_key": "00" * 32},
        _signed(operator_b, one, key),
        _signed(operator_a, _closed(), key),
    ]
    for body in wrong:
        answer = backend(operator_a).post(f"rounds/{one.pk}/countersignature", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "countersignature_invalid"), body
    for body in ({}, right | {"signature": "00"}, right | {"signature": "zz" * 64}, right | {"more": 1}, []):
        answer = backend(operator_a).post(f"rounds/{one.pk}/countersignature", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "parameter_invalid"), body
    assert not Countersignature.objects.filter(round_id=one.pk).exists()


def test_a_round_without_close_or_of_another_operator_cannot_be_countersigned(
    operator_a: Operator, operator_b: Operator
) -> None:
    body = {"public_key": "00" * 32, "signature": "00" * 64}
    ahead = commit_rounds(new_game(), timing=Timing(opens_in=30))[0]
    answer = backend(operator_a).post(f"rounds/{ahead.pk}/countersignature", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "round_not_closed")
    private = _closed(owner_id=operator_b.pk)
    answer = backend(operator_a).post(f"rounds/{private.pk}/countersignature", body)
    assert (answer.status_code, answer.json()["code"]) == (404, "round_not_found")
