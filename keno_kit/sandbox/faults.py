"""
Every way in which the sandbox wallet can be wrong. One table: the server acts on it, and the documents are made
from it.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from keno_kit.sandbox.asks import CALLS, MONEY_CALLS, Call

Stage = Literal["before", "after", "rule"]
"""before: nothing is applied. after: it is applied, then its answer is spoiled. rule: a rule of the API is broken."""
Books = Literal["equal", "reconciliation", "staff"]
"""
What the platform makes of it, once the fault is over or when it suffers only a share of the calls: the books end equal;
or reconciliation is what finds the difference; or a call is refused that must not be, and staff have to resolve it.
"""
_DEBIT: tuple[Call, ...] = ("debit",)
_CREDIT: tuple[Call, ...] = ("credit",)
_ROLLBACK: tuple[Call, ...] = ("rollback",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way of being wrong; `calls` is where it happens unless somebody says otherwise."""

    name: str
    stage: Stage
    does: str
    calls: tuple[Call, ...] = MONEY_CALLS
    books: Books = "equal"


def _before(name: str, does: str) -> Fault:
    return Fault(name=name, stage="before", does=does)


def _after(name: str, does: str) -> Fault:
    return Fault(name=name, stage="after", does=does)


def _rule(name: str, does: str, *, calls: tuple[Call, ...] = MONEY_CALLS, books: Books = "equal") -> Fault:
    return Fault(name=name, stage="rule", does=does, calls=calls, books=books)


_ALL = (
    _before("timeout-before", "Applies nothing and never answers."),
    _after("timeout-after", "Applies the call and never answers."),
    _after("late", "Applies the call and answers well, but after the deadline."),
    _after("drip", "Applies the call and sends the answer one byte at a time."),
    _before("500-before", "Applies nothing and answers 500."),
    _after("500-after", "Applies the call and answers 500, with a body that says ok."),
    _before("503", "Applies nothing and answers 503 with Retry-After."),
    _before("reset-before", "Applies nothing and resets the connection."),
    _after("reset", "Applies the call and resets the connection."),
    _after("cut", "Applies the call and closes the connection in the middle of the answer."),
    _after("malformed", "Applies the call and answers half of the JSON."),
    _after("empty", "Applies the call and answers 200 with no body."),
    _after("html", "Applies the call and answers 200 with a page of HTML."),
    _after("nan", "Applies the call and answers a balance of NaN."),
    _after("huge", "Applies the call and answers more than 64 KiB."),
    _after("redirect", "Applies the call and answers 307 to another address."),
    _after("unknown-status", 'Applies the call and answers the status "maybe".'),
    _after("unknown-code", "Applies the call and answers a refusal with a code that nobody knows."),
    _after("refusal-without-ids", "Refuses without echoing any id."),
    _after("wrong-request-id", "Applies the call and echoes another request id."),
    _after("wrong-transaction-id", "Applies the call and echoes another transaction id."),
    _after("wrong-amount", "Applies the call and echoes another amount."),
    _after("wrong-currency", "Applies the call and echoes another currency."),
    _after("amount-as-number", "Applies the call and answers amounts as JSON numbers."),
    _after("wrong-decimals", "Applies the call and answers amounts with a decimal too many."),
    _after("wrong-content-type", "Applies the call and says that its JSON is text/plain."),
    _after("closes-connections", "Applies the call, answers well, and closes the connection each time."),
    _rule("double-apply", "Moves the money twice.", calls=_DEBIT, books="reconciliation"),
    _rule("refuses-but-takes", "Takes the money and says insufficient_funds.", calls=_DEBIT, books="reconciliation"),
    _rule("loses-credits", "Answers ok and pays nothing.", calls=_CREDIT, books="reconciliation"),
    _rule("loses-rollbacks", "Answers ok and gives nothing back.", calls=_ROLLBACK, books="reconciliation"),
    _rule("not-idempotent", "Applies a transaction id again each time that it comes.", books="reconciliation"),
    _rule("race", "Applies a transaction id again when it comes twice at once.", books="reconciliation"),
    _rule("lost-update", "Loses one of two changes of a balance at once.", books="reconciliation"),
    _rule("accepts-other-payload", "Answers ok to a known transaction id with another payload."),
    _rule("compares-request-id", "Takes a repetition for another payload, as its request id is new.", books="staff"),
    _rule("forgets-tombstones", "Leaves no tombstone when it does not know what to roll back.", calls=_ROLLBACK),
    _rule("tombstone-once", "A tombstone refuses the late debit once, then no more.", calls=_DEBIT),
    _rule("accepts-late-debit", "Takes a debit that was rolled back, before or after it came.", calls=_DEBIT),
    _rule("rollback-pays-twice", "Gives money back for each rollback id.", calls=_ROLLBACK, books="reconciliation"),
    _rule("unknown-rollback-is-an-error", "Answers 500 when it does not know what to roll back.", calls=_ROLLBACK),
    _rule(
        "unknown-rollback-pays",
        "Gives money back for a debit that it never took.",
        calls=_ROLLBACK,
        books="reconciliation",
    ),
    _rule("overdraws", "Takes more than there is.", calls=_DEBIT),
    _rule(
        "refusal-takes-a-fee",
        "Refuses for lack of money, and takes the smallest unit.",
        calls=_DEBIT,
        books="reconciliation",
    ),
    _rule("any-currency", "Takes every currency for the player's own.", calls=_DEBIT),
    _rule("any-player", "Opens an account for whoever is named.", calls=("balance", *_DEBIT)),
    _rule("any-amount", "Reads amounts generously: a sign, an exponent, numbers.", calls=_DEBIT),
    _rule("whole-units", "Counts in whole units and drops the rest.", books="reconciliation"),
    _rule("closed-session-refuses", "Refuses credits without a session.", calls=_CREDIT, books="staff"),
    _rule("no-session-refuses", "Refuses debits without a session.", calls=_DEBIT),
    _rule("rollback-needs-session", "Refuses rollbacks without a session.", calls=_ROLLBACK, books="staff"),
    _rule(
        "closed-round-refuses",
        "Refuses credits of a round after a message with round_closed.",
        calls=_CREDIT,
        books="staff",
    ),
    _rule("one-debit-per-ticket", "Refuses the second debit of a ticket over several rounds.", calls=_DEBIT),
    _rule("notice-refuses", "Refuses credits of zero.", calls=_CREDIT, books="staff"),
    _rule("one-bet-only", "Pays only the first bet of a credit for several.", calls=_CREDIT, books="reconciliation"),
    _rule("one-reason-only", "Rolls back only what is in doubt.", calls=_ROLLBACK, books="staff"),
    _rule("unknown-members-refuse", "Refuses bodies with members that it does not know.", calls=CALLS),
    _rule("ignores-signature", "Checks no signature.", calls=CALLS),
    _rule("ignores-digest", "Checks the signature, but not that the digest is the body's (Ed25519).", calls=CALLS),
    _rule("garbage-breaks", "Answers 500 to a body that is no JSON.", calls=CALLS),
    _rule("strict-clock", "Refuses signatures that are 30 s old.", calls=CALLS),
    _rule("ignores-clock", "Checks the signature, but not how old it is.", calls=CALLS),
)
FAULTS: Mapping[str, Fault] = {one.name: one for one in _ALL}


class FaultUnknown(ValueError):
    """No fault has this name, or these are no calls, or the shares are more than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """A fault that is switched on, for a share of some calls."""

    fault: Fault
    share: float
    calls: tuple[Call, ...]

    def as_json(self) -> dict[str, Any]:
        return {"fault": self.fault.name, "share": self.share, "calls": list(self.calls)}


def read_active(found: Mapping[str, Any]) -> Active:
    """
    A switch from JSON: {"fault", "share" (1.0), "calls" (the fault's own)}.

    :raises FaultUnknown: no such fault, share or calls.
    """
    fault = FAULTS.get(str(found.get("fault")))
    if fault is None:
        raise FaultUnknown(f"there is no fault {found.get('fault')!r}; `python -m keno_kit faults` lists them")
    share, calls = found.get("share", 1.0), found.get("calls") or fault.calls
    if not isinstance(share, int | float) or not 0 <= share <= 1:
        raise FaultUnknown("share is a number from 0 to 1")
    if not isinstance(calls, list | tuple) or not set(calls) <= set(CALLS):
        raise FaultUnknown(f"calls are some of {', '.join(CALLS)}")
    return Active(fault=fault, share=float(share), calls=tuple(calls))


@dataclass(slots=True, kw_only=True)
class Plan:
    """What is switched on. Each call suffers one fault at most, drawn by the shares."""

    chance: random.Random = field(default_factory=random.Random)
    active: tuple[Active, ...] = ()

    def switch(self, wanted: Iterable[Active], *, keep: bool) -> None:
        """
        Switch these on, beside the others when `keep`, and instead of them otherwise.

        :raises FaultUnknown: the shares of one call are more than one.
        """
        chosen = {one.fault.name: one for one in (*(self.active if keep else ()), *wanted)}
        for call in CALLS:
            if sum(one.share for one in chosen.values() if call in one.calls) > 1 + 1e-9:
                raise FaultUnknown(f"the shares of {call} are more than one")
        self.active = tuple(chosen.values())

    def draw(self, call: Call) -> str | None:
        """The fault that this call suffers."""
        if not self.active:
            return None
        point = self.chance.random()
        for one in self.active:
            if call in one.calls:
                if point < one.share:
                    return one.fault.name
                point -= one.share
        return None
