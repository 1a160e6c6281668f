"""The numbered checks: their order, what is due when, and what a void round may lack."""

from dataclasses import replace
from typing import Any

import pytest

from fairness.chain import SavedEvidence
from fairness.checks import CHECKS, Knowledge, Outcome, State, examine, open_case, verify_round
from fairness.checks.result import ENDING_MS_MAX, GRACE_MS, KEY_DUE_MS_MAX
from fairness.errors import FairnessError
from fairness.messages import ResultLeaf, VoidCause
from tests.fairness.handmade import EARLY_MS, reclosed, replanted
from tests.fairness.house import HOUSE_KEY, NOW_MS, T0, Document, House, as_bytes, sign

HOUSE = House()
KEY_DUE_MS = T0 + 960_000
CLOSE_MS = T0 + 17_000
KNOWN = Knowledge(
    now_ms=NOW_MS, keys=frozenset([HOUSE_KEY.public]), chain=SavedEvidence.parse(as_bytes(HOUSE.evidence()))
)


def outcomes_of(document: Document, **known: Any) -> dict[str, Outcome]:
    return verify_round(open_case(document=as_bytes(sign(document)), known=replace(KNOWN, **known)))


def failure_of(document: Document, **known: Any) -> str:
    """The error's name and the check that raised it."""
    with pytest.raises(FairnessError) as failure:
        outcomes_of(document, **known)
    return f"{type(failure.value).__name__} in {failure.value.check}"


def honest(number: int = 2, at_ms: int = NOW_MS, game: str = "keno-10s") -> Document:
    return HOUSE.document(game, number, at_ms=at_ms)


def test_the_checks_are_numbered_and_named_as_the_protocol_does() -> None:
    assert [(check.number, check.id) for check in CHECKS] == list(
        enumerate(
            (
                *("document", "commit-leaf", "commit-inclusion", "commit-anchor", "anchored-before-open"),
                *("beacon-round", "seed", "beacon-signature", "numbers", "close-and-bet", "payout", "result"),
                "epoch-key",
            )
        )
    )


def test_outcomes_come_one_after_another_and_end_with_the_first_failure() -> None:
    document = honest()
    document["reveal"]["seed"] = "00" * 32
    coming = examine(open_case(document=as_bytes(sign(document)), known=KNOWN))
    for expected in CHECKS[:6]:
        check, outcome = next(coming)
        assert (check, outcome.state) == (expected, State.PASSED)
    with pytest.raises(FairnessError):
        next(coming)


def test_a_result_is_due_with_the_epochs_key() -> None:
    document = honest() | {"result": None}
    due_ms = CLOSE_MS + ENDING_MS_MAX
    assert due_ms > KEY_DUE_MS  # the round could have waited for its beacon until after the key
    assert outcomes_of(document, now_ms=due_ms - 1)["result"].reason.startswith("not due before")
    assert failure_of(document, now_ms=due_ms) == "ResultMissing in result"
    document["epoch"]["key_due_ms"] = due_ms + 5000
    assert outcomes_of(document, now_ms=due_ms + 4999)["result"].state is State.SKIPPED
    assert failure_of(document, now_ms=due_ms + 5000) == "ResultMissing in result"


def test_the_place_of_a_result_on_the_chain_may_take_an_hour_more() -> None:
    document = honest()
    document["result"]["anchor"] = None
    due_ms = CLOSE_MS + ENDING_MS_MAX + GRACE_MS
    pending = outcomes_of(document, now_ms=due_ms - 1)["result"]
    assert (pending.state, pending.reason) == (State.SKIPPED, "the root of results is not final on the chain yet")
    assert pending.evidence["status"] == "drawn"
    assert failure_of(document, now_ms=due_ms) == "AnchorMissing in result"
    assert outcomes_of(document, now_ms=due_ms, allow_signed_only=True)["result"].state is State.SKIPPED


def test_an_epochs_key_may_be_an_hour_late() -> None:
    document = honest()
    document["epoch"]["key"] = None
    due_ms = CLOSE_MS + ENDING_MS_MAX + GRACE_MS
    assert outcomes_of(document, now_ms=due_ms - 1)["epoch-key"].reason.startswith("the key is due at")
    assert failure_of(document, now_ms=due_ms) == "EpochKeyMissing in epoch-key"


def test_a_key_cannot_be_promised_for_a_time_that_is_far_off() -> None:
    document = honest()
    document["epoch"] = {"key": None, "key_due_ms": CLOSE_MS + KEY_DUE_MS_MAX}
    assert outcomes_of(document)["epoch-key"].state is State.SKIPPED
    document["epoch"]["key_due_ms"] += 1
    assert failure_of(document) == "EpochKeyMissing in epoch-key"


def test_a_closed_round_has_its_close_before_the_beacon_is_out() -> None:
    document = honest(1, T0 + 7100) | {"close": None}
    assert outcomes_of(document, now_ms=T0 + 7999)["close-and-bet"].reason == "betting is not over yet"
    assert failure_of(document, now_ms=T0 + 8000) == "CloseMissing in close-and-bet"
    without_beacon = honest(1, T0 + 7100, "keno-none") | {"close": None}
    assert outcomes_of(without_beacon, now_ms=T0 + 66_999)["close-and-bet"].state is State.SKIPPED
    assert failure_of(without_beacon, now_ms=T0 + 67_000) == "CloseMissing in close-and-bet"
    assert failure_of(document | {"status": "drawn"}, now_ms=T0 + 7500) == "CloseMissing in close-and-bet"


def test_without_a_beacon_a_late_close_betrays_nothing_and_passes() -> None:
    document = reclosed(honest(2, EARLY_MS, "keno-none") | {"result": None}, closed_ms=T0 + 60_000)
    assert outcomes_of(document, now_ms=EARLY_MS)["close-and-bet"].state is State.PASSED


def test_a_round_that_has_opened_needs_its_anchor_whatever_its_status_says() -> None:
    document = honest(1, T0 - 1000)
    document["commit"]["anchor"] = None
    assert document["status"] == "scheduled"
    assert outcomes_of(document, now_ms=T0 - 1)["commit-anchor"].state is State.SKIPPED
    assert failure_of(document, now_ms=T0) == "AnchorMissing in commit-anchor"
    assert failure_of(document | {"status": "open"}, now_ms=T0 - 1) == "AnchorMissing in commit-anchor"


def void(**result: Any) -> Document:
    """A round that is void, with another RESULT, which is not on the chain yet; and its epoch is not on it either."""
    document = honest(5)
    leaf = replace(ResultLeaf.decode(bytes.fromhex(document["result"]["leaf"])), **result)
    document["result"] = replanted([leaf.encode()], 0) | {"anchor": None}
    document["commit"]["anchor"] = None
    return document


def test_only_a_round_that_is_void_for_want_of_its_anchor_may_lack_it() -> None:
    early = {"now_ms": EARLY_MS}
    outcomes = outcomes_of(void(cause=VoidCause.EPOCH_NOT_ANCHORED), **early)
    assert outcomes["commit-anchor"].reason == "the round is void, and its epoch was not anchored"
    assert outcomes["anchored-before-open"].state is State.SKIPPED
    assert not outcomes["commit-anchor"].by_choice
    assert outcomes_of(void() | {"result": None}, **early)["commit-anchor"].state is State.SKIPPED
    assert failure_of(void(cause=VoidCause.STAFF), **early) == "AnchorMissing in commit-anchor"


def test_a_lost_key_is_missed_only_where_it_is_not_the_cause() -> None:
    document = void(cause=VoidCause.EPOCH_KEY_LOST, seed=bytes(32))
    document |= {"reveal": None, "epoch": document["epoch"] | {"key": None}}
    outcomes = outcomes_of(document, allow_signed_only=True)
    assert outcomes["epoch-key"].reason == "the round is void because the epoch's key is lost"
    assert outcomes["seed"].reason == "the round is void, and its seed is not published"
    other = void(cause=VoidCause.STAFF, seed=bytes(32))
    other |= {"reveal": None, "epoch": other["epoch"] | {"key": None}}
    assert failure_of(other, allow_signed_only=True) == "EpochKeyMissing in epoch-key"


def test_a_round_that_was_void_before_its_close_has_fixed_no_bets() -> None:
    document = honest(4)
    assert outcomes_of(document)["result"].state is State.PASSED
    leaf = ResultLeaf.decode(bytes.fromhex(document["result"]["leaf"]))
    for changes in ({"bets_count": 1}, {"bets_root": bytes([1]) + bytes(31)}):
        document["result"] |= replanted([replace(leaf, **changes).encode()], 0)
        assert failure_of(document) == "ResultContradicts in result"


def test_strictness_forgives_what_nobody_could_check_yet() -> None:
    early = honest(1, T0 + 12_000)
    outcomes = outcomes_of(early, now_ms=T0 + 12_000, strict=True)
    assert outcomes["result"].state is outcomes["epoch-key"].state is State.SKIPPED
    assert failure_of(early, now_ms=T0 + 12_000, strict=True, chain=None) == "CheckSkipped in commit-anchor"
    assert failure_of(honest(), strict=True, without_bls=True) == "CheckSkipped in beacon-signature"
    assert outcomes_of(honest(2, NOW_MS, "keno-none"), strict=True, without_bls=True)["beacon-signature"].reason == ""
