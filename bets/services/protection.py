"""What a bet meets that would break a limit or a rule of its player's profile: words of `judge_slips` as refusals."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection
from psycopg import sql

from bets.services import terms
from bets.services.statement import Outcome
from bets.slips import Slip
from keno_platform.core.clock import to_text
from keno_platform.core.errors import Kind, Refusal, Retry
from operators.models import Operator
from players.services.exclusions import excluded

AMOUNTS = ("limit", "used", "left", "stake_min", "stake_max")
ENOUGH = 10**18
"""Money that covers whatever is asked for, where only limits are looked at."""


class StakeLimitReached(Refusal):
    """A limit of the player's stakes forbids this one; `params.left` is what it leaves until `params.resets_at`."""

    code = "stake_limit_reached"
    kind = Kind.CONFLICT
    title = "The limit for stakes is reached"
    retry = Retry.NEW_KEY


class LossLimitReached(Refusal):
    """
    A limit of the player's losses forbids this stake: were it lost, the limit would be broken. `params.left` is what it
    leaves, `params.resets_at` until when.
    """

    code = "loss_limit_reached"
    kind = Kind.CONFLICT
    title = "The limit for losses is reached"
    retry = Retry.NEW_KEY


class TooSoon(Refusal):
    """The player's last bet on another round is too recent, `params.retry_after_ms` says how long it still is."""

    code = "too_soon"
    kind = Kind.CONFLICT
    title = "The last bet was placed only a moment ago"
    retry = Retry.NEW_KEY


def refusal_of(operator: Operator, outcome: Outcome) -> Refusal | None:
    """What a slip has met, when it was the player's protection."""
    made = _REFUSALS.get(outcome.word)
    return made(_params(operator, outcome.detail)) if made else None


def _params(operator: Operator, detail: str) -> dict[str, Any]:
    """As the API says them: amounts as decimals, times in UTC."""
    params: dict[str, Any] = msgspec.json.decode(detail) if detail else {}
    for name in AMOUNTS:
        if name in params:
            params[name] = operator.money(params[name])
    if params.get("resets_at"):
        params["resets_at"] = to_text(datetime.fromisoformat(params["resets_at"]))
    return params


def _excluded(params: dict[str, Any]) -> Refusal:
    until = params["until"]
    return excluded(params["kind"], datetime.fromisoformat(until) if until else None)


_REFUSALS: Mapping[str, Callable[[dict[str, Any]], Refusal]] = {
    "stake_limit_reached": lambda params: StakeLimitReached(**params),
    "loss_limit_reached": lambda params: LossLimitReached(**params),
    "too_soon": lambda params: TooSoon(**params),
    "player_excluded": _excluded,
    "ticket_length": lambda params: terms.TicketLength(**params),
    "stake_below_minimum": lambda params: terms.StakeBelowMinimum(**params),
    "stake_above_maximum": lambda params: terms.StakeAboveMaximum(**params),
}
WORDS = frozenset(_REFUSALS)


def foresee(operator: Operator, slips: Sequence[Slip]) -> dict[int, Refusal]:
    """
    By place: which of these slips the player's limits would refuse as things are, whatever money and round say. Nothing
    is locked, so it is only a forecast: `place_bets` decides. For bets whose money is asked for elsewhere first.
    """
    looked = [(place, slip) for place, slip in enumerate(slips) if operator.guarded or slip.player.guarded]
    if not looked:
        return {}
    found = _judge(operator, [slip for _, slip in looked])
    refusals = {place: refusal_of(operator, one) for (place, _), one in zip(looked, found, strict=True)}
    return {place: refusal for place, refusal in refusals.items() if refusal is not None}


def _judge(operator: Operator, slips: Sequence[Slip]) -> list[Outcome]:
    holders = sorted({slip.player.pk for slip in slips})
    bets = [(number, slip, one.pk) for number, slip in enumerate(slips, 1) for one in slip.rounds]
    rounds = sorted({round_id for _, _, round_id in bets})
    parameters: list[Any] = [
        operator.pk,
        [slip.ask.key for slip in slips],
        [slip.fingerprint for slip in slips],
        [number for number, _, _ in bets],
        [round_id for _, _, round_id in bets],
        [holders.index(slip.player.pk) + 1 for _, slip, _ in bets],
        [slip.stake for _, slip, _ in bets],
        holders,
        rounds,
        ["open"] * len(rounds),
        holders,
        [ENOUGH] * len(holders),
        True,
    ]
    statement = sql.SQL(
        "SELECT {}(%s, %s, %s, %s, %s::bigint[], %s, %s::bigint[], %s::bigint[], %s::bigint[], %s, "
        "%s::bigint[], %s::bigint[], %s)"
    ).format(sql.Identifier(operator.schema_name, "judge_slips"))
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection), parameters)
        words: list[str | None] = cursor.fetchone()[0]
    return [Outcome.of(word or "") for word in words]
