"""
Which scenarios each fault of the sandbox wallet fails, and no others: the proof that the conformance run sees what it
should. A test runs every case.
"""

from dataclasses import dataclass

from keno_kit.sandbox.asks import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    A fault, at its own calls or at these, and what the run says then.

    `unusable` are the calls that have no good answer at all: whatever uses them is not judged.
    """

    fault: str
    fails: frozenset[str]
    calls: tuple[Call, ...] = ()
    unusable: frozenset[Call] = frozenset()


def _case(fault: str, *fails: str) -> Case:
    return Case(fault=fault, fails=frozenset(fails))


def _dead(fault: str, *fails: str) -> Case:
    """No debit and no rollback has a good answer: of rollbacks, that of an unknown debit is still tried, and fails."""
    tried = {"debit-takes-the-amount", "an-unknown-debit-is-not-found", "an-unknown-debit-is-not-found-again"}
    return Case(fault=fault, fails=frozenset({*fails, *tried}), unusable=frozenset({"debit"}))


_TIMING = ("timeout-before", "timeout-after", "late", "drip")
_UNREADABLE = (
    *("500-before", "500-after", "503", "reset-before", "reset", "cut"),
    *("malformed", "empty", "html", "nan", "huge", "redirect"),
)
_DEBIT_AT_ONCE = "a-debit-many-times-at-once-is-taken-once"
_CREDIT_AT_ONCE = "a-credit-many-times-at-once-is-paid-once"
_ROLLBACK_AT_ONCE = "a-rollback-many-times-at-once-is-paid-once"
_AT_ONCE = (_DEBIT_AT_ONCE, _CREDIT_AT_ONCE, _ROLLBACK_AT_ONCE)
_REPEATED = (
    *("a-repeated-debit-is-taken-once", "a-repeated-credit-is-paid-once", "a-repeated-rollback-is-paid-once"),
    *(*_AT_ONCE, "a-repetition-is-told-by-its-members"),
)
_REUSED = (
    "a-debits-id-with-another-amount-is-refused",
    "a-credits-id-with-another-amount-is-refused",
    "a-rollbacks-id-for-another-debit-is-refused",
)
_LATE = "a-late-debit-is-refused-for-ever"
_RACE = "a-rollback-races-its-debit"
_UNKNOWN = (
    *("an-unknown-debit-is-not-found", "an-unknown-debit-is-not-found-again"),
    *("a-refused-debit-can-be-rolled-back", _LATE, _RACE),
)
_EXACT = ("sums-are-exact", "the-balance-adds-up")
_OLD = ("an-old-signature-is-refused", "a-signature-of-the-future-is-refused")

CASES: tuple[Case, ...] = (
    *(_dead(fault, "answers-come-in-time") for fault in _TIMING),
    *(_dead(fault, "answers-are-readable") for fault in _UNREADABLE),
    *(_dead(fault, "answers-have-a-known-status") for fault in ("unknown-status", "unknown-code")),
    Case(
        fault="html",
        calls=("balance",),
        fails=frozenset({"balance-is-told", "answers-are-readable"}),
        unusable=frozenset({"balance"}),
    ),
    _case("wrong-request-id", "request-id-is-echoed", "refusals-echo-too"),
    _case("wrong-transaction-id", "transaction-id-is-echoed", "refusals-echo-too"),
    _case("refusal-without-ids", "refusals-echo-too"),
    _case("wrong-amount", "amount-is-echoed"),
    _case("wrong-currency", "currency-is-echoed"),
    _case("amount-as-number", "amounts-are-exact-strings"),
    _case("wrong-decimals", "amounts-are-exact-strings"),
    _case("wrong-content-type", "answers-say-that-they-are-json"),
    _case("closes-connections", "connections-are-kept"),
    _case(
        "double-apply",
        *("debit-takes-the-amount", "rollback-gives-back", "the-smallest-unit-is-taken", *_EXACT, _DEBIT_AT_ONCE),
        *("different-debits-at-once-are-all-taken", _RACE, "every-reason-is-accepted", "a-rollback-needs-no-session"),
        *("unknown-members-are-ignored", "a-debit-may-be-without-a-session", "a-debit-may-be-part-of-a-ticket"),
        "a-clock-may-differ-a-little",
    ),
    Case(fault="refuses-but-takes", fails=frozenset({"debit-takes-the-amount"}), unusable=frozenset({"debit"})),
    _case(
        "loses-credits",
        *("credit-pays-the-amount", "the-smallest-unit-is-paid", *_EXACT, _CREDIT_AT_ONCE),
        *("a-credit-needs-no-session", "a-credit-may-be-for-a-whole-round", "a-round-that-is-closed-pays-still"),
    ),
    _case(
        "loses-rollbacks",
        *("rollback-gives-back", "the-balance-adds-up", _ROLLBACK_AT_ONCE, _RACE),
        *("every-reason-is-accepted", "a-rollback-needs-no-session"),
    ),
    _case("not-idempotent", *_REPEATED, *_REUSED),
    _case("race", *_AT_ONCE, _RACE),
    _case("lost-update", "different-debits-at-once-are-all-taken", _RACE),
    _case("accepts-other-payload", *_REUSED, "a-debits-id-in-a-credit-is-refused"),
    _case(
        "compares-request-id",
        *(*_REPEATED, "an-unknown-debit-is-not-found-again", "a-repeated-notice-moves-nothing"),
    ),
    _case("forgets-tombstones", _LATE, _RACE),
    _case("tombstone-once", _LATE, _RACE),
    _case("accepts-late-debit", _LATE, _RACE, "a-debit-that-was-rolled-back-stays-so"),
    _case("rollback-pays-twice", "a-second-rollback-pays-nothing"),
    _case("unknown-rollback-is-an-error", *_UNKNOWN),
    _case("unknown-rollback-pays", *_UNKNOWN),
    _case(
        "overdraws",
        *("insufficient-funds-change-nothing", "a-huge-debit-is-refused", "a-refused-debit-can-be-rolled-back"),
        "refusals-echo-too",
    ),
    _case("refusal-takes-a-fee", "insufficient-funds-change-nothing", "a-huge-debit-is-refused"),
    _case("any-currency", "another-currency-is-refused"),
    _case("any-player", "an-unknown-player-is-refused", "an-unknown-players-balance-is-refused"),
    _case("any-amount", "what-is-no-amount-moves-nothing"),
    _case("whole-units", "the-smallest-unit-is-taken", "the-smallest-unit-is-paid", *_EXACT),
    _case("closed-session-refuses", "a-credit-needs-no-session"),
    _case("no-session-refuses", "a-debit-may-be-without-a-session"),
    _case("rollback-needs-session", "a-rollback-needs-no-session"),
    _case("closed-round-refuses", "a-round-that-is-closed-pays-still"),
    _case("one-debit-per-ticket", "a-debit-may-be-part-of-a-ticket"),
    _case("notice-refuses", "a-notice-moves-nothing", "a-repeated-notice-moves-nothing"),
    _case("one-bet-only", "a-credit-may-be-for-a-whole-round"),
    _case("one-reason-only", "every-reason-is-accepted"),
    _case("unknown-members-refuse", "unknown-members-are-ignored"),
    _case("garbage-breaks", "what-is-no-json-is-no-5xx"),
    _case(
        "ignores-signature",
        *("a-missing-signature-is-refused", "a-wrong-signature-is-refused", "an-unknown-key-is-refused", *_OLD),
        *("another-body-is-refused", "a-signature-for-another-call-is-refused", "another-request-id-is-refused"),
        "an-unsigned-balance-is-refused",
    ),
    _case("ignores-digest", "another-body-is-refused"),
    _case("strict-clock", "a-clock-may-differ-a-little"),
    _case("ignores-clock", *_OLD),
)
TIMING = frozenset(_TIMING)
"""Faults that show only when a deadline passes."""
