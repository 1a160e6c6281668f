"""
What the wallet decides: the rules of the wallet API, one function for each call, and their breaking on demand.

Looks first and writes last, synchronously: nothing comes between, and an outcome is written with its money.
"""

from dataclasses import dataclass, field

from keno_kit import money
from keno_kit.sandbox.asks import Ask
from keno_kit.sandbox.journal import Entry, Journal, Player


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An answer before it is put into words: a status, or a refusal with its code. `known`: it was decided before."""

    status: str
    code: str = ""
    balance: int | None = None
    known: bool = False


@dataclass(slots=True, kw_only=True)
class Opening:
    """
    Which players are there without anybody having made them: those whose token begins with one of the prefixes.

    Whoever is called nobody is never there.
    """

    prefixes: tuple[str, ...]
    currency: str
    balance: int
    """In minor units."""

    def admits(self, token: str) -> bool:
        return token.startswith(self.prefixes) and not token.startswith("nobody")


@dataclass(slots=True, kw_only=True)
class Rules:
    """The decisions of one wallet. `fault` is the name of a rule that this one call breaks."""

    journal: Journal
    opening: Opening
    magic_balances: dict[str, int]
    """Minor units with which some tokens (up to their full stop) start, instead of the usual."""
    _remembered: set[str] = field(default_factory=set)
    """Rounds and tickets, of faults that remember them."""

    def decide(self, ask: Ask, *, fault: str | None = None, unseen: bool = False) -> Outcome:
        """
        One call's outcome, written to the journal.

        :param unseen: take the transaction id for new, whatever the journal says (two calls at once that both looked).
        """
        known = None if ask.call == "balance" else self.journal.find_entry(ask.transaction_id)
        if known is not None and not unseen:
            repeated = self._repeat(ask, known, fault)
            if repeated is not None:
                return repeated
        player = self._player(ask, fault)
        if player is None and ask.call == "rollback":
            player = Player(token=ask.player, currency=ask.currency, opening=0, balance=0)  # so that it can end
        if player is None:
            return Outcome(status="refused", code="player_not_found")
        if ask.currency != player.currency and fault != "any-currency":
            return Outcome(status="refused", code="currency_mismatch")
        match ask.call:
            case "balance":
                return Outcome(status="ok", balance=player.balance)
            case "debit":
                return self._debit(ask, player, fault)
            case "credit":
                return self._credit(ask, player, fault)
            case "rollback":
                return self._rollback(ask, player, fault, again=known is not None)

    def _repeat(self, ask: Ask, known: Entry, fault: str | None) -> Outcome | None:
        """The outcome of an id that is known; None when it is to be applied as if it were new."""
        if fault == "not-idempotent" and known.status == "ok" and known.kind == ask.call:
            return None
        if known.status in ("tombstone", "rolled_back") and ask.call == "debit":
            if known.status == "rolled_back" and known.digest != ask.digest:
                return Outcome(status="refused", code="transaction_id_reused")
            return self._late_debit(known, fault)
        if known.digest != ask.digest and fault != "accepts-other-payload":
            return Outcome(status="refused", code="transaction_id_reused")
        if fault == "compares-request-id":
            return Outcome(status="refused", code="transaction_id_reused")
        return Outcome(status=known.status, balance=self._balance(known.player), known=True)

    def _late_debit(self, known: Entry, fault: str | None) -> Outcome | None:
        if fault == "accepts-late-debit":
            return None
        if fault == "tombstone-once" and known.status == "tombstone":
            self.journal.forget(known.id)
        return Outcome(status="refused", code="rolled_back")

    def _debit(self, ask: Ask, player: Player, fault: str | None) -> Outcome:
        if fault == "no-session-refuses" and ask.session_id is None:
            return Outcome(status="refused", code="session_invalid")
        if fault == "one-debit-per-ticket" and self._is_second(ask):
            return Outcome(status="refused", code="limit_reached")
        if fault == "refuses-but-takes":
            self.journal.move(entry=ask.transaction_id, player=player.token, amount=-ask.amount)
            return Outcome(status="refused", code="insufficient_funds")
        if ask.amount > player.balance and fault != "overdraws":
            if fault == "refusal-takes-a-fee":
                self.journal.move(entry=ask.transaction_id, player=player.token, amount=-1)
            return Outcome(status="refused", code="insufficient_funds")
        return self._apply(ask, player, -ask.amount, fault)

    def _credit(self, ask: Ask, player: Player, fault: str | None) -> Outcome:
        if fault == "closed-session-refuses" and ask.session_id is None:
            return Outcome(status="refused", code="session_invalid")
        if fault == "closed-round-refuses" and self._is_closed(ask):
            return Outcome(status="refused", code="session_invalid")
        if fault == "notice-refuses" and ask.amount == 0:
            return Outcome(status="refused", code="limit_reached")
        paid = ask.first_bet if fault == "one-bet-only" else ask.amount
        return self._apply(ask, player, 0 if fault == "loses-credits" else paid, fault)

    def _rollback(self, ask: Ask, player: Player, fault: str | None, *, again: bool) -> Outcome:
        if fault == "rollback-needs-session" and ask.session_id is None:
            return Outcome(status="refused", code="session_invalid")
        original = self.journal.find_entry(ask.original_id)
        if original is None or original.status == "tombstone":
            return self._rollback_unknown(ask, player, fault, buried=original is not None)
        if original.kind != "debit" or (original.player, original.amount) != (player.token, ask.amount):
            return Outcome(status="refused", code="transaction_id_reused")
        if fault == "one-reason-only" and ask.reason != "in_doubt":
            return Outcome(status="refused", code="limit_reached")
        if original.status == "rolled_back" and not again and fault != "rollback-pays-twice":
            return self._remember(ask, player, "already_rolled_back")
        self.journal.set_status(original.id, "rolled_back")
        return self._apply(ask, player, 0 if fault == "loses-rollbacks" else ask.amount, fault)

    def _rollback_unknown(self, ask: Ask, player: Player, fault: str | None, *, buried: bool) -> Outcome:
        if fault == "unknown-rollback-is-an-error":
            return Outcome(status="broken")
        if fault == "unknown-rollback-pays":
            return self._apply(ask, player, ask.amount, fault)
        if fault != "forgets-tombstones" and not buried:
            self.journal.put_entry(_entry(ask, player, "tombstone", id=ask.original_id, kind="debit", original=""))
        return self._remember(ask, player, "not_found")

    def _is_closed(self, ask: Ask) -> bool:
        if ask.round_id in self._remembered:
            return True
        if ask.round_closed:
            self._remembered.add(ask.round_id)
        return False

    def _is_second(self, ask: Ask) -> bool:
        if not ask.ticket_id:
            return False
        known = ask.ticket_id in self._remembered
        self._remembered.add(ask.ticket_id)
        return known

    def _apply(self, ask: Ask, player: Player, amount: int, fault: str | None) -> Outcome:
        """Move the money and remember the outcome, in one transaction."""
        if fault == "whole-units":
            unit = 10 ** money.exponent_of(player.currency)
            amount = -(-amount // unit * unit) if amount < 0 else amount // unit * unit
        for _ in range(2 if fault == "double-apply" else 1):
            if amount:
                self.journal.move(entry=ask.transaction_id, player=player.token, amount=amount)
        return self._remember(ask, player, "ok")

    def _remember(self, ask: Ask, player: Player, status: str) -> Outcome:
        entry = _entry(ask, player, status, id=ask.transaction_id, kind=ask.call, original=ask.original_id)
        self.journal.put_entry(entry)
        return Outcome(status=status, balance=self._balance(player.token))

    def _balance(self, token: str) -> int:
        found = self.journal.find_player(token)
        return found.balance if found is not None else 0

    def _player(self, ask: Ask, fault: str | None) -> Player | None:
        found = self.journal.find_player(ask.player)
        if found is not None or not (self.opening.admits(ask.player) or fault == "any-player"):
            return found
        usual = self.opening.balance
        opening = self.magic_balances.get(ask.player.partition(".")[0], usual)
        self.journal.put_player(token=ask.player, currency=self.opening.currency, opening=opening)
        return self.journal.find_player(ask.player)


def _entry(ask: Ask, player: Player, status: str, *, id: str, kind: str, original: str) -> Entry:
    return Entry(
        id=id,
        kind=kind,
        player=player.token,
        currency=player.currency,
        amount=ask.amount,
        digest=ask.digest,
        status=status,
        original=original,
        bet_id=ask.bet_id,
        round_id=ask.round_id,
    )
