"""What a call of the wallet API asks for: its body, checked. Members that nobody knows are ignored."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import msgspec

from keno_kit import money

Call = Literal["balance", "debit", "credit", "rollback"]
CALLS: tuple[Call, ...] = ("balance", "debit", "credit", "rollback")
MONEY_CALLS: tuple[Call, ...] = ("debit", "credit", "rollback")
REASONS = ("in_doubt", "round_closed", "refused", "cancelled", "round_void")
TEXT_MAX = 128
MEMBERS = frozenset(
    (
        *("request_id", "player_token", "currency", "session_id", "transaction_id", "amount", "kind", "bets", "bet_id"),
        *("ticket_id", "round_id", "round_closed", "game", "original_transaction_id", "reason"),
    )
)
"""Every member that a body of the wallet API may have today."""


class Malformed(Exception):
    """The body is not one of the wallet API. The platform never sends such a one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One call. `amount` is in minor units of `currency`; `digest` says which money it is about, and for whom."""

    call: Call
    request_id: str
    player: str
    currency: str
    session_id: str | None
    transaction_id: str = ""
    amount: int = 0
    amount_text: str = ""
    original_id: str = ""
    reason: str = ""
    first_bet: int = 0
    """What a credit pays for the first of its bets."""
    bet_id: str = ""
    ticket_id: str = ""
    round_id: str = ""
    round_closed: bool = False
    digest: bytes = b""


def decode(body: bytes) -> dict[str, Any]:
    """
    One JSON object.

    :raises Malformed: anything else.
    """
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Malformed("not JSON") from error
    if not isinstance(found, dict):
        raise Malformed("not an object")
    return found


def read(call: Call, found: Mapping[str, Any], *, header_id: str) -> Ask:
    """
    The ask in a decoded body.

    :raises Malformed: a member is missing or not what it should be.
    """
    request_id = _text(found, "request_id")
    if request_id != header_id:
        raise Malformed("request_id is not that of the header X-Request-Id")
    player, currency = _text(found, "player_token"), _text(found, "currency")
    session_id = None if found.get("session_id") is None else _text(found, "session_id")
    if call == "balance":
        return Ask(call=call, request_id=request_id, player=player, currency=currency, session_id=session_id)
    transaction_id = _text(found, "transaction_id")
    amount_text = _text(found, "amount")
    amount = _amount(amount_text, currency)
    bets = _bets(found, amount, currency) if call == "credit" else []
    if amount == 0 and found.get("kind") != "notice":
        raise Malformed("an amount is more than zero, but in a notice")
    original = _text(found, "original_transaction_id") if call == "rollback" else ""
    if call == "rollback" and found.get("reason") not in REASONS:
        raise Malformed("reason")
    bet_id = _text(found, "bet_id") if call != "credit" else ""
    return Ask(
        call=call,
        request_id=request_id,
        player=player,
        currency=currency,
        session_id=session_id,
        transaction_id=transaction_id,
        amount=amount,
        amount_text=amount_text,
        original_id=original,
        reason=_text(found, "reason") if call == "rollback" else "",
        first_bet=bets[0][2] if bets else 0,
        bet_id=bet_id,
        ticket_id=_text(found, "ticket_id") if found.get("ticket_id") is not None else "",
        round_id=_round(found),
        round_closed=found.get("round_closed") is True,
        digest=_digest(call, player, currency, amount, original, bet_id, bets),
    )


def _digest(*parts: object) -> bytes:
    """Two asks of one transaction id are the same when they are about the same money of the same player."""
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=16).digest()


def _bets(found: Mapping[str, Any], amount: int, currency: str) -> list[tuple[str, str, int]]:
    if found.get("kind") not in ("win", "notice"):
        raise Malformed("kind")
    if (found["kind"] == "notice") != (amount == 0):
        raise Malformed("a notice, and nothing else, has the amount zero")
    listed = found.get("bets")
    if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
        raise Malformed("bets")
    bets = [
        (_text(one, "bet_id"), _text(one, "debit_transaction_id"), _amount(_text(one, "amount"), currency))
        for one in listed
    ]
    if sum(one for _, _, one in bets) != amount:
        raise Malformed("the bets' amounts do not add up")
    return bets


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= TEXT_MAX:
        raise Malformed(name)
    return value


def _round(found: Mapping[str, Any]) -> str:
    """A round's id is a number."""
    value = found.get("round_id")
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed("round_id")
    return str(value)


def _amount(text: str, currency: str) -> int:
    try:
        return money.parse(text, currency=currency)
    except ValueError as error:
        raise Malformed(str(error)) from error


def generous(found: Mapping[str, Any]) -> dict[str, Any]:
    """The body with whatever stands for its amount made an amount: only wallets that break their rules do."""
    try:
        amount = abs(Decimal(str(found.get("amount")).strip()))
        return {**found, "amount": str(amount.quantize(Decimal(1).scaleb(-money.exponent_of(str(found["currency"])))))}
    except (InvalidOperation, ValueError, KeyError):
        return dict(found)
