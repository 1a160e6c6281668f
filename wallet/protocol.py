"""
The wallet API that a seamless operator implements: what is asked, and what an answer means.

An answer is a definite success, a definite refusal, or it leaves in doubt what has happened; see `judge`. Amounts are
decimal strings with exactly the currency's decimals. docs/wallet-api.md describes it for the operator's engineer.
"""

from dataclasses import dataclass
from enum import Enum
from uuid import UUID

import msgspec

from keno_platform.core import strict_json
from keno_platform.core.errors import Refusal
from keno_platform.core.money import format_amount, parse_amount
from wallet.models import Kind, Reason

PATHS = {Kind.DEBIT: "/debit", Kind.CREDIT: "/credit", Kind.ROLLBACK: "/rollback"}
BALANCE_PATH = "/balance"
REFUSAL_CODES = frozenset(
    {
        "insufficient_funds",
        "limit_reached",
        "player_blocked",
        "player_not_found",
        "session_invalid",
        "currency_mismatch",
        "signature_invalid",
        "rolled_back",
        "transaction_id_reused",
    }
)
"""What an operator may refuse with. Any other code leaves it in doubt what the operator means."""


class Outcome(Enum):
    """What an answer means for the money."""

    OK = "ok"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One transaction to be asked for. `amount` in minor units; `bets` are (bet id, minor units) of a credit."""

    id: UUID
    kind: Kind
    amount: int
    player_id: int
    player_token: str
    bet_id: UUID
    round_id: int
    game: str
    ticket_id: UUID | None = None
    session_id: UUID | None = None
    reason: str = Reason.NONE.value
    round_closed: bool = False
    bets: tuple[tuple[UUID, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one attempt. `detail` is the refusal's code, or why it is in doubt; `balance` in minor units."""

    outcome: Outcome
    detail: str = ""
    balance: int | None = None
    reference: str | None = None
    sent: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    """A currency with its decimals."""

    code: str
    exponent: int

    def text(self, minor: int) -> str:
        return format_amount(minor, exponent=self.exponent)


class _Answer(msgspec.Struct, frozen=True):
    status: str
    request_id: str | None = None
    transaction_id: str | None = None
    amount: str | None = None
    currency: str | None = None
    balance: str | None = None
    code: str | None = None
    operator_reference: str | None = None


_decoder = msgspec.json.Decoder(_Answer)
_encoder = msgspec.json.Encoder()


def movement_id(bet_id: UUID, kind: Kind) -> UUID:
    """The id of the transaction of this kind that a bet causes."""
    return UUID(int=(bet_id.int & ~0xF) | kind.value)


def body_of(order: Order, *, currency: Currency, request_id: str) -> bytes:
    """The request's body."""
    body: dict[str, object] = {
        "request_id": request_id,
        "transaction_id": order.id,
        "player_token": order.player_token,
        "currency": currency.code,
        "session_id": order.session_id,
        "amount": currency.text(order.amount),
        "round_id": order.round_id,
        "game": order.game,
    }
    if order.kind == Kind.DEBIT:
        body |= {"bet_id": order.bet_id, "ticket_id": order.ticket_id}
    elif order.kind == Kind.CREDIT:
        body |= {"kind": order.reason, "round_closed": order.round_closed, "bets": _bets(order, currency)}
    else:
        body |= {
            "original_transaction_id": movement_id(order.bet_id, Kind.DEBIT),
            "bet_id": order.bet_id,
            "reason": order.reason,
            "round_closed": order.round_closed,
        }
    return _encoder.encode(body)


def _bets(order: Order, currency: Currency) -> list[dict[str, object]]:
    return [
        {"bet_id": bet, "debit_transaction_id": movement_id(bet, Kind.DEBIT), "amount": currency.text(amount)}
        for bet, amount in order.bets
    ]


def balance_body(*, player_token: str, session_id: UUID | None, currency: Currency, request_id: str) -> bytes:
    """The body of a question for the balance."""
    return _encoder.encode(
        {
            "request_id": request_id,
            "player_token": player_token,
            "currency": currency.code,
            "session_id": session_id,
        }
    )


def judge(order: Order | None, *, status: int, body: bytes, currency: Currency, request_id: str) -> Verdict:
    """
    What the operator's answer means; without an order it answers a question for the balance.

    Definite is only a well-formed answer that echoes our ids, and for a success amount and currency too: whatever
    else came, from us or from a machine between, may stand for either.
    """
    if not (200 <= status < 300 or 400 <= status < 500):
        return _doubt(f"status {status}")
    if strict_json.nests_too_deep(body):
        return _doubt("the answer cannot be read")
    try:
        answer = _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _doubt("the answer cannot be read")
    if answer.request_id != request_id:
        return _doubt("another request_id")
    if order is not None and answer.transaction_id != str(order.id):
        return _doubt("another transaction_id")
    if answer.status == "refused":
        known = answer.code in REFUSAL_CODES
        return Verdict(outcome=Outcome.REFUSED, detail=answer.code or "") if known else _doubt("an unknown code")
    return _judge_success(order, answer, status, currency)


def _judge_success(order: Order | None, answer: _Answer, status: int, currency: Currency) -> Verdict:
    ended = order is not None and order.kind == Kind.ROLLBACK and answer.status in ("already_rolled_back", "not_found")
    if not 200 <= status < 300 and not (ended and status in (404, 409)):
        return _doubt(f"status {status} with {answer.status[:20]!r}")
    if ended:
        return Verdict(outcome=Outcome.OK, detail=answer.status, reference=_reference(answer))
    if answer.status != "ok":
        return _doubt("an unknown status")
    if answer.currency != currency.code:
        return _doubt("another currency")
    try:
        if order is not None and parse_amount(answer.amount, exponent=currency.exponent) != order.amount:
            return _doubt("another amount")
        balance = parse_amount(answer.balance, exponent=currency.exponent)
    except Refusal:
        return _doubt("an amount that cannot be read")
    return Verdict(outcome=Outcome.OK, balance=balance, reference=_reference(answer))


def _reference(answer: _Answer) -> str | None:
    reference = answer.operator_reference
    return reference[:128].replace("\x00", "") if reference else None


def _doubt(why: str) -> Verdict:
    return Verdict(outcome=Outcome.IN_DOUBT, detail=why)
