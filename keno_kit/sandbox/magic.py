"""
Magic players: their tokens say what happens to them. One table: the server acts on it, and the documents are made
from it. What follows a full stop is free, so that `magic-late` and `magic-late.7` are two players with one fate.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from keno_kit.sandbox.asks import Call
from keno_kit.sandbox.faults import FAULTS

PREFIX = "magic-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What one call meets: a fault or a refusal; only at the first `attempts` of each transaction, or always."""

    call: Call
    fault: str | None = None
    refusal: str | None = None
    attempts: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Magic:
    """One magic player. `balance` is what it starts with, in whole units; None is the sandbox's usual."""

    token: str
    happens: str
    then: str
    fates: tuple[Fate, ...] = ()
    balance: int | None = None

    def fate_of(self, call: Call, attempt: int) -> Fate | None:
        """What the n-th attempt (from 1) of a transaction meets."""
        for one in self.fates:
            if one.call == call and (one.attempts is None or attempt <= one.attempts):
                return one
        return None


IN_DOUBT = "The bet is refused to the player; a rollback gives the stake back."
NOT_TAKEN = "The bet is refused to the player; the rollback is answered not_found and leaves a tombstone."
REFUSED = "The bet is refused to the player with this code; no rollback."


def _debit(name: str, fault: str, happens: str, then: str = IN_DOUBT) -> Magic:
    return Magic(token=PREFIX + name, happens=happens, then=then, fates=(Fate(call="debit", fault=fault),))


def _refused(name: str, code: str, happens: str, *more: Call) -> Magic:
    fates = tuple(Fate(call=call, refusal=code) for call in ("debit", *more))
    return Magic(token=PREFIX + name, happens=happens, then=REFUSED, fates=fates)


_ALL = (
    _debit("timeout", "timeout-after", "The debit is applied and never answered."),
    _debit("timeout-before", "timeout-before", "The debit is neither applied nor answered.", NOT_TAKEN),
    _debit("late", "late", "The debit is applied; the answer comes after the deadline."),
    _debit("drip", "drip", "The debit is applied; the answer comes one byte at a time."),
    _debit("error", "500-after", "The debit is applied and answered 500."),
    _debit("unavailable", "503", "The debit is answered 503.", NOT_TAKEN),
    _debit("reset", "reset", "The debit is applied; then the connection is reset."),
    _debit("html", "html", "The debit is applied and answered with a page of HTML."),
    _debit("wrong-currency", "wrong-currency", "The debit is applied; the answer names another currency."),
    _debit("wrong-id", "wrong-transaction-id", "The debit is applied; the answer names another transaction."),
    _debit(
        "duplicate",
        "double-apply",
        "The stake is taken twice, the answer says once.",
        "The bet plays. Reconciliation reports a different amount; nothing mends it by itself.",
    ),
    _refused("insufficient", "insufficient_funds", "Debits are refused for lack of money."),
    _refused("limit", "limit_reached", "Debits are refused: the player's own limit is reached."),
    _refused("blocked", "player_blocked", "Debits are refused: the player is blocked. Credits are paid."),
    _refused("session", "session_invalid", "Debits and balances are refused: the session ended.", "balance"),
    _refused("nobody", "player_not_found", "Debits and balances are refused: there is no such player.", "balance"),
    Magic(
        token=PREFIX + "poor",
        happens="Has one unit of money.",
        then="Larger stakes are refused with insufficient_funds.",
        balance=1,
    ),
    Magic(
        token=PREFIX + "credit-twice",
        happens="Each credit fails with 500 at its first two attempts.",
        then="The credit is sent again with growing pauses until it is paid, once.",
        fates=(Fate(call="credit", fault="500-before", attempts=2),),
    ),
    Magic(
        token=PREFIX + "credit-lost-answer",
        happens="Each credit is paid, but the first answer never comes.",
        then="The credit is sent again; the wallet answers as before and pays nothing more.",
        fates=(Fate(call="credit", fault="timeout-after", attempts=1),),
    ),
    Magic(
        token=PREFIX + "credit-never",
        happens="Credits are answered 500 for ever.",
        then="After 24 hours a dead letter, which staff resolve under four eyes.",
        fates=(Fate(call="credit", fault="500-before"),),
    ),
    Magic(
        token=PREFIX + "rollback-thrice",
        happens="The debit is applied and never answered; its rollback fails with 503 three times.",
        then="The rollback is sent again until it is answered.",
        fates=(Fate(call="debit", fault="timeout-after"), Fate(call="rollback", fault="503", attempts=3)),
    ),
)
MAGIC: Mapping[str, Magic] = {one.token: one for one in _ALL}


def find(token: str) -> Magic | None:
    """
    The magic of a player's token. `magic-` and the name of a fault is magic too: the fault, at every call that it has.
    """
    if not token.startswith(PREFIX):
        return None
    base = token.partition(".")[0]
    if base in MAGIC:
        return MAGIC[base]
    fault = FAULTS.get(base.removeprefix(PREFIX))
    if fault is None:
        return None
    fates = tuple(Fate(call=call, fault=fault.name) for call in fault.calls)
    return Magic(token=base, happens=fault.does, then="", fates=fates)
