"""
What each wallet call does to the book, and what it is answered. The rules, all inside one database transaction:

- A transaction id acts once. The same again gets the same result, with today's balance; with other terms it is refused.
- A debit that was rolled back stays so: it is refused for ever, even when it comes only after its rollback.
- A credit is money that the player has won: no block and no ended session keeps it back.
"""

import json
import logging

from keno_operator.wallet import Accepted, Ask, BalanceAsk, CallMalformed, CreditAsk, DebitAsk, MoneyAsk, RollbackAsk
from keno_operator.wallet import Refused as Refusal

from examples.operator.book import Account, Book, Entry
from examples.operator.money import parse, show
from examples.operator.notes import Notes

log = logging.getLogger("baobab.wallet")
Answer = Accepted | Refusal


class Wallet:
    """
    The four calls over one book.

    With `welcome_amount`, players who are not known get an account with that much at their first call: for demos.
    """

    def __init__(self, book: Book, notes: Notes, *, welcome_amount: str | None = None) -> None:
        self._book, self._notes = book, notes
        self._welcome_amount = welcome_amount

    def answer(self, ask: Ask) -> Answer:
        """
        Carry out one call, inside `database.write`.

        :raises CallMalformed: an amount that is none.
        """
        account = self._account(ask)
        if isinstance(ask, BalanceAsk):
            return self._balance(ask, account)
        earlier = self._book.find(ask.transaction_id)
        if earlier is not None:
            return self._again(ask, earlier)
        amount = _amount(ask)
        if isinstance(ask, RollbackAsk):  # whoever it names: it must come to an end
            return self._rollback(ask)
        if account is None:
            return self._refuse(ask, "player_not_found")
        if ask.currency != account.currency:
            return self._refuse(ask, "currency_mismatch")
        if isinstance(ask, DebitAsk):
            return self._debit(ask, account, amount)
        return self._credit(ask, amount)

    def _account(self, ask: Ask) -> Account | None:
        account = self._book.account(ask.player_token)
        if account is None and self._welcome_amount is not None:
            minor = parse(self._welcome_amount, ask.currency)
            self._book.add_player(
                token=ask.player_token,
                name=ask.player_token,
                currency=ask.currency,
                balance=minor,
                amount=self._welcome_amount,
            )
            account = self._book.account(ask.player_token)
        return account

    def _balance(self, ask: BalanceAsk, account: Account | None) -> Answer:
        if account is None:
            return ask.refused("player_not_found")
        if ask.currency != account.currency:
            return ask.refused("currency_mismatch")
        return ask.ok(balance=show(account.balance, account.currency))

    def _debit(self, ask: DebitAsk, account: Account, amount: int) -> Answer:
        if account.blocked:
            return self._refuse(ask, "player_blocked")
        if not self._notes.session_allows(ask.session_id, ask.player_token):
            return self._refuse(ask, "session_invalid")
        if amount > account.balance:
            return self._refuse(ask, "insufficient_funds")
        return self._apply(ask, effect=-amount)

    def _credit(self, ask: CreditAsk, amount: int) -> Answer:
        for bet in ask.bets:
            debit = self._book.find(bet.debit_transaction_id)
            if debit is None or debit.state != "applied":
                log.warning("credit %s pays bet %s, whose debit is not applied here", ask.transaction_id, bet.bet_id)
        return self._apply(ask, effect=amount)

    def _rollback(self, ask: RollbackAsk) -> Answer:
        debit = self._book.find(ask.original_transaction_id)
        if debit is None:
            self._leave_tombstone(ask)
            return self._apply(ask, effect=0, answered="not_found")
        if debit.kind != "debit" or _differs(debit, ask):
            return self._refuse(ask, "transaction_id_reused")
        match debit.state:
            case "applied":
                self._book.set_state(debit.transaction_id, "rolled_back")
                return self._apply(ask, effect=-debit.effect)
            case "no_effect":  # it was refused: nothing to give back, and it must never be taken either
                self._book.set_state(debit.transaction_id, "tombstone")
                return self._apply(ask, effect=0, answered="not_found")
        return self._apply(ask, effect=0, answered="already_rolled_back")

    def _leave_tombstone(self, ask: RollbackAsk) -> None:
        self._book.add(
            Entry(
                transaction_id=ask.original_transaction_id,
                kind="debit",
                state="tombstone",
                answered="rolled_back",
                player_token=ask.player_token,
                currency=ask.currency,
                amount=ask.amount,
                effect=0,
                round_id=str(ask.round_id),
            )
        )

    def _again(self, ask: MoneyAsk, earlier: Entry) -> Answer:
        """The id was here before."""
        if isinstance(ask, DebitAsk) and earlier.kind == "debit" and earlier.state in ("rolled_back", "tombstone"):
            return ask.refused("rolled_back")
        if earlier.terms != _terms(ask):
            return ask.refused("transaction_id_reused")
        return self._say(ask, earlier.answered)

    def _apply(self, ask: MoneyAsk, *, effect: int, answered: str = "ok") -> Answer:
        self._write(ask, state="applied" if answered == "ok" else "no_effect", effect=effect, answered=answered)
        return self._say(ask, answered)

    def _refuse(self, ask: MoneyAsk, code: str) -> Answer:
        self._write(ask, state="no_effect", effect=0, answered=code)
        return self._say(ask, code)

    def _write(self, ask: MoneyAsk, *, state: str, effect: int, answered: str) -> None:
        self._book.add(
            Entry(
                transaction_id=ask.transaction_id,
                kind=_kind(ask),
                state=state,
                answered=answered,
                player_token=ask.player_token,
                currency=ask.currency,
                amount=ask.amount,
                effect=effect,
                round_id=str(ask.round_id),
                original_id=ask.original_transaction_id if isinstance(ask, RollbackAsk) else None,
                terms=_terms(ask),
            )
        )

    def _say(self, ask: MoneyAsk, answered: str) -> Answer:
        account = self._book.account(ask.player_token)
        has = account.balance if account is not None and account.currency == ask.currency else 0
        balance = show(has, ask.currency)
        reference = f"baobab-{ask.transaction_id[-12:]}"
        if answered == "ok":
            return ask.ok(balance=balance, operator_reference=reference)
        if isinstance(ask, RollbackAsk) and answered == "not_found":
            return ask.not_found(balance=balance)
        if isinstance(ask, RollbackAsk) and answered == "already_rolled_back":
            return ask.already_rolled_back(balance=balance)
        return ask.refused(answered)  # type: ignore[arg-type]  # the table holds what was answered here before


def _kind(ask: MoneyAsk) -> str:
    return type(ask).__name__.removesuffix("Ask").lower()


def _terms(ask: MoneyAsk) -> str:
    return json.dumps([_kind(ask), ask.terms()], sort_keys=True)


def _differs(debit: Entry, ask: RollbackAsk) -> bool:
    return (debit.player_token, debit.currency, debit.amount) != (ask.player_token, ask.currency, ask.amount)


def _amount(ask: MoneyAsk) -> int:
    try:
        return parse(ask.amount, ask.currency)
    except ValueError as error:
        raise CallMalformed(str(error)) from error
