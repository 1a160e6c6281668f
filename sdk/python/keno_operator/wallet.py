"""
The wallet API that an operator implements: what the platform asks, and what may be answered.

    ask = read_call("debit", body)      # after the signature was checked
    return ask.ok(balance="90.00").body()
"""

from typing import Any, Literal, TypeAlias

import msgspec

CallName = Literal["balance", "debit", "credit", "rollback"]
"""The four calls, each a POST to the wallet's base address, a slash, and its name."""

RefusalCode = Literal[
    "insufficient_funds",
    "limit_reached",
    "player_blocked",
    "player_not_found",
    "session_invalid",
    "currency_mismatch",
    "signature_invalid",
    "rolled_back",
    "transaction_id_reused",
]
"""
What an operator may refuse a call with. Any other code counts as no answer at all: the platform holds the call to be in
doubt, and rolls a debit back.
"""

RollbackReason = Literal["in_doubt", "round_closed", "refused", "cancelled", "round_void"]


_OF_THE_ATTEMPT = frozenset({"request_id", "session_id", "reason", "round_closed"})


class CallMalformed(Exception):
    """The body of a call is not what the wallet API says. It was not made by the platform of this SDK's version."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call that was carried out. Amounts are strings with exactly the currency's decimals."""

    status: Literal["ok", "already_rolled_back", "not_found"]
    request_id: str
    currency: str
    balance: str
    transaction_id: str | None = None
    amount: str | None = None
    operator_reference: str | None = None

    def body(self) -> bytes:
        """The JSON to answer with, with HTTP status 200."""
        return msgspec.json.encode(self)


class Refused(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call that was refused and changed nothing."""

    status: Literal["refused"]
    code: RefusalCode
    request_id: str
    transaction_id: str | None = None
    message: str | None = None

    def body(self) -> bytes:
        """The JSON to answer with, with HTTP status 200 (401 for `signature_invalid`)."""
        return msgspec.json.encode(self)


class _Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What every call carries. `request_id` is new for each attempt; `player_token` is the operator's own name."""

    request_id: str
    player_token: str
    currency: str
    session_id: str | None = None

    def refused(self, code: RefusalCode, *, message: str | None = None) -> Refused:
        """The answer that refuses this call."""
        named = getattr(self, "transaction_id", None)
        return Refused(status="refused", code=code, request_id=self.request_id, transaction_id=named, message=message)

    def _accepted(self, status: Any, balance: str, operator_reference: str | None) -> Accepted:
        return Accepted(
            status=status,
            request_id=self.request_id,
            currency=self.currency,
            balance=balance,
            transaction_id=getattr(self, "transaction_id", None),
            amount=getattr(self, "amount", None),
            operator_reference=operator_reference,
        )

    def ok(self, *, balance: str, operator_reference: str | None = None) -> Accepted:
        """The answer that this call was carried out; `balance` is the player's now."""
        return self._accepted("ok", balance, operator_reference)


class BalanceAsk(_Ask, frozen=True, kw_only=True):
    """What does the player have?"""


class _MoneyAsk(_Ask, frozen=True, kw_only=True):
    """
    A call that moves money: once for each `transaction_id`, however often it comes. Ids mean nothing to a wallet beyond
    being the same or not.
    """

    transaction_id: str
    amount: str
    round_id: int | str
    game: str

    def terms(self) -> dict[str, Any]:
        """
        What must be the same when the same transaction comes again: all but what belongs to the attempt and not to the
        money (`request_id`, `session_id`, `reason`, `round_closed`).
        """
        members: dict[str, Any] = msgspec.to_builtins(self)
        return {name: value for name, value in members.items() if name not in _OF_THE_ATTEMPT}


class DebitAsk(_MoneyAsk, frozen=True, kw_only=True):
    """Take a stake from the player."""

    bet_id: str
    ticket_id: str | None = None


class CreditedBet(msgspec.Struct, frozen=True, kw_only=True):
    """One bet that a credit pays."""

    bet_id: str
    debit_transaction_id: str
    amount: str


class CreditAsk(_MoneyAsk, frozen=True, kw_only=True):
    """Give a win to the player (`win`), or hear that there is none (`notice`, amount zero)."""

    kind: Literal["win", "notice"]
    bets: list[CreditedBet]
    round_closed: bool = False


class RollbackAsk(_MoneyAsk, frozen=True, kw_only=True):
    """
    Undo a debit. It is valid before, after, twice, or without the debit: an original that is not known is remembered,
    and refused with `rolled_back` if it comes later.
    """

    original_transaction_id: str
    bet_id: str
    reason: RollbackReason
    round_closed: bool = False

    def already_rolled_back(self, *, balance: str) -> Accepted:
        """The answer that another rollback has undone the debit before."""
        return self._accepted("already_rolled_back", balance, None)

    def not_found(self, *, balance: str) -> Accepted:
        """The answer that there was nothing to undo, and that the debit will be refused for ever."""
        return self._accepted("not_found", balance, None)


Ask: TypeAlias = BalanceAsk | DebitAsk | CreditAsk | RollbackAsk
MoneyAsk: TypeAlias = DebitAsk | CreditAsk | RollbackAsk
ASKS: dict[str, type[Ask]] = {"balance": BalanceAsk, "debit": DebitAsk, "credit": CreditAsk, "rollback": RollbackAsk}


def read_call(name: str, body: bytes, *, request_id: str | None = None) -> Ask:
    """
    The call with this name. Members that are not known are ignored, as the wallet API asks.

    :param request_id: the header `X-Request-Id`, to be checked against the body's.
    :raises CallMalformed: no such call, or a body that is not one.
    """
    if name not in ASKS:
        raise CallMalformed(f"There is no wallet call {name!r}; there are {', '.join(ASKS)}.")
    try:
        ask = msgspec.json.decode(body, type=ASKS[name])
    except msgspec.MsgspecError as error:
        raise CallMalformed(str(error)) from error
    if request_id is not None and request_id != ask.request_id:
        raise CallMalformed("The body's request_id is not the header X-Request-Id.")
    return ask
