"""
The events that can be subscribed to, with the members of their `data` and an example of each.

Members may be added to an event later, and events to this list; none is taken away or changes its meaning.
"""

from collections.abc import Mapping
from typing import Any

import msgspec


class RoundFinished(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A round has come to its end: it was drawn and paid (`settled`), or ended without a draw (`void`)."""

    round_id: int
    game: str
    number: int
    status: str
    numbers: list[int] | None
    closed_at: str | None
    finished_at: str


class BetSettled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bet has its result: `won`, `lost`, or `rolled_back` (void round, cancelled). Amounts are decimals."""

    bet_id: str
    player_token: str
    round_id: int
    game: str
    status: str
    stake: str
    win_amount: str
    currency: str
    hits: int | None


class TransactionDeadLettered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call to the operator's wallet was given up after all its retries; people have to settle it."""

    transaction_id: str
    kind: str
    bet_id: str | None
    player_token: str
    round_id: int | None
    amount: str
    currency: str
    attempts: int
    error: str


class LimitReached(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bet was refused because of a limit: which one, whose, and the highest amount that it allows."""

    limit: str
    game: str | None
    round_id: int | None
    player_token: str | None
    amount: str | None
    currency: str | None


class OperatorStatusChanged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The provider has suspended this operator, or resumed it: bets are refused, or taken again, from then on."""

    operator: str
    status: str


class EndpointTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Asked for by hand, to see that an endpoint answers. It goes to that endpoint only, whatever it subscribes to."""

    endpoint_id: str
    message: str


ROUND_FINISHED = "round.finished"
BET_SETTLED = "bet.settled"
TRANSACTION_DEAD_LETTERED = "transaction.dead_lettered"
LIMIT_REACHED = "limit.reached"
OPERATOR_SUSPENDED = "operator.suspended"
OPERATOR_RESUMED = "operator.resumed"
ENDPOINT_TEST = "endpoint.test"

SHAPES: Mapping[str, type[msgspec.Struct]] = {
    ROUND_FINISHED: RoundFinished,
    BET_SETTLED: BetSettled,
    TRANSACTION_DEAD_LETTERED: TransactionDeadLettered,
    LIMIT_REACHED: LimitReached,
    OPERATOR_SUSPENDED: OperatorStatusChanged,
    OPERATOR_RESUMED: OperatorStatusChanged,
    ENDPOINT_TEST: EndpointTest,
}
SUBSCRIBABLE = tuple(name for name in SHAPES if name != ENDPOINT_TEST)
"""Every event that an endpoint may ask for; a test is sent without."""

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    ROUND_FINISHED: {
        "round_id": 48213,
        "game": "keno-60s",
        "number": 1204,
        "status": "settled",
        "numbers": [7, 61, 23, 80, 14, 2, 55, 38, 71, 19, 44, 9, 66, 30, 51, 77, 12, 27, 63, 35],
        "closed_at": "2026-11-21T10:00:45.000Z",
        "finished_at": "2026-11-21T10:00:58.412Z",
    },
    BET_SETTLED: {
        "bet_id": "019a9f3c-7c1e-7b52-9d3a-5f6f0c1b2a40",
        "player_token": "p-1001",
        "round_id": 48213,
        "game": "keno-60s",
        "status": "won",
        "stake": "10.00",
        "win_amount": "440.00",
        "currency": "KES",
        "hits": 3,
    },
    TRANSACTION_DEAD_LETTERED: {
        "transaction_id": "019a9f3c-7c1e-7b52-9d3a-5f6f0c1b2a47",
        "kind": "credit",
        "bet_id": "019a9f3c-7c1e-7b52-9d3a-5f6f0c1b2a40",
        "player_token": "p-1001",
        "round_id": 48213,
        "amount": "440.00",
        "currency": "KES",
        "attempts": 104,
        "error": "timeout",
    },
    LIMIT_REACHED: {
        "limit": "player_limit",
        "game": "keno-60s",
        "round_id": 48213,
        "player_token": "p-1001",
        "amount": None,
        "currency": "KES",
    },
    OPERATOR_SUSPENDED: {"operator": "alpha", "status": "suspended"},
    OPERATOR_RESUMED: {"operator": "alpha", "status": "active"},
    ENDPOINT_TEST: {
        "endpoint_id": "019a9f3b-02d4-7a11-8a64-7d1f6b0c9e55",
        "message": "If you can read this, the endpoint works.",
    },
}


def flaw(event: str, data: Mapping[str, Any]) -> str | None:
    """What is wrong with the members of an event's data, measured by its shape; None when nothing is."""
    try:
        msgspec.convert(data, SHAPES[event], strict=True)
    except msgspec.ValidationError as error:
        return str(error)
    return None
