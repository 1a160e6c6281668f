"""
Placement: slips in, bets or refusals out. One write path for the single bet, the bulk call and the player's bet:
all are a batch for the SQL function `place_bets`.

A slip is one choice of numbers and one stake for one or more consecutive rounds, accepted whole or not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from bets import announce, receipts
from bets.models import Bet, bits_of
from bets.selectors import bets_of_slips, slips_by_key
from bets.services import terms
from bets.services.terms import Market, SlipAsk
from keno_platform.core import ids
from keno_platform.core.errors import IdempotencyKeyReused, Refusal, RequestInProgress
from operators.models import Operator
from operators.tenancy import tenant_transaction
from players.models import Player
from players.services import PlayerBlocked
from rounds.models import Round
from rounds.selectors import RoundNotOpen
from wallet.services import InsufficientFunds


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slip:
    """A slip that may be placed, as far as can be known before the gate."""

    ask: SlipAsk
    player: Player
    picks: tuple[int, ...]
    stake: int
    potential: int
    rounds: list[Round]
    bet_ids: list[UUID]


Placed = list[Bet] | Refusal


def place_slips(*, operator: Operator, asks: Sequence[SlipAsk]) -> list[Placed]:
    """
    Place a batch. Each slip gets its own answer, in order: its bets, or the refusal that it met.

    A slip whose key was used before for the same request gets the bets that it became then, whatever has
    changed since; for another request, IdempotencyKeyReused. Refused slips change nothing.
    """
    with tenant_transaction(operator):
        market = terms.read_market(operator, asks)
        checked = [_check(ask, operator, market) for ask in asks]
        slips = [slip for slip in checked if isinstance(slip, _Slip)]
        outcomes = iter(_write(operator, slips, market))
        results = [next(outcomes) if isinstance(slip, _Slip) else slip for slip in checked]
        return _answers(operator, asks, results)


def _check(ask: SlipAsk, operator: Operator, market: Market) -> "_Slip | Refusal":
    try:
        picks = terms.read_picks(ask.picks)
        stake, potential = terms.read_stake(ask.stake, ask.currency, len(picks), operator, market)
        rounds = market.rounds_of(ask)
        player = market.player_of(ask)
    except Refusal as refusal:
        return refusal
    return _Slip(
        ask=ask,
        player=player,
        picks=picks,
        stake=stake,
        potential=potential,
        rounds=rounds,
        bet_ids=[ids.bet_id() for _ in rounds],
    )


def _write(operator: Operator, slips: Sequence[_Slip], market: Market) -> list[tuple[str, UUID | None]]:
    """What the SQL function says about each slip: an outcome, and the first bet of those that are bets now."""
    if not slips:
        return []
    statement = sql.SQL("SELECT outcome, first_bet FROM {}.place_bets({}) ORDER BY slip").format(
        sql.Identifier(operator.schema_name), sql.SQL(", ").join([sql.Placeholder()] * 14)
    )
    bets = [
        (place, bet_id, one, slip)
        for place, slip in enumerate(slips, start=1)
        for bet_id, one in zip(slip.bet_ids, slip.rounds, strict=True)
    ]
    parameters: list[Any] = [
        operator.pk,
        [slip.ask.key for slip in slips],
        [slip.ask.fingerprint() for slip in slips],
        [slip.player.pk for slip in slips],
        [market.paytable.pk] * len(slips),
        [len(slip.picks) for slip in slips],
        [bits_of(slip.picks) for slip in slips],
        [slip.stake for slip in slips],
        [slip.potential for slip in slips],
        [place for place, _, _, _ in bets],
        [bet_id for _, bet_id, _, _ in bets],
        [one.pk for _, _, one, _ in bets],
        [_leaf_prefix(operator, market, slip, bet_id, one) for _, bet_id, one, slip in bets],
        [receipts.blind_of(operator, bet_id) for _, bet_id, _, _ in bets],
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection), parameters)
        return [(outcome, first_bet) for outcome, first_bet in cursor.fetchall()]


def _leaf_prefix(operator: Operator, market: Market, slip: _Slip, bet_id: UUID, one: Round) -> bytes:
    return receipts.terms_of(
        operator=operator,
        stream=one.game.stream,
        round_number=one.number,
        bet_id=bet_id,
        player_token=slip.player.token,
        picks=slip.picks,
        stake=slip.stake,
        paytable_hash=bytes(market.paytable.hash),
    ).prefix()


def _answers(
    operator: Operator, asks: Sequence[SlipAsk], results: Sequence["Refusal | tuple[str, UUID | None]"]
) -> list[Placed]:
    """Bets for what was accepted now or before; for the rest why not."""
    known = _known_before(asks, results)
    firsts = [_first_bet(ask, result, known) for ask, result in zip(asks, results, strict=True)]
    slips = bets_of_slips([first for first in firsts if isinstance(first, UUID)])
    fresh = {result[1] for result in results if isinstance(result, tuple) and result[0] == "accepted"}
    announce.accepted(operator, [bet for first, own in slips.items() if first in fresh for bet in own])
    return [slips[first] if isinstance(first, UUID) else first for first in firsts]


def _known_before(asks: Sequence[SlipAsk], results: Sequence[object]) -> dict[str, "UUID | Refusal"]:
    """A retry may come when its round is long closed: a refused slip's key is looked up before the refusal counts."""
    refused = {ask.key: ask for ask, result in zip(asks, results, strict=True) if isinstance(result, Refusal)}
    if not refused:
        return {}
    return {
        key: slip.first_bet_id if bytes(slip.fingerprint) == refused[key].fingerprint() else IdempotencyKeyReused()
        for key, slip in slips_by_key(refused).items()
    }


def _first_bet(
    ask: SlipAsk, result: "Refusal | tuple[str, UUID | None]", known: Mapping[str, "UUID | Refusal"]
) -> "UUID | Refusal":
    if isinstance(result, Refusal):
        return known.get(ask.key, result)
    outcome, first_bet = result
    if outcome in ("accepted", "replayed") and first_bet is not None:
        return first_bet
    return _REFUSALS[outcome]()


_REFUSALS: Mapping[str, type[Refusal]] = {
    "key_reused": IdempotencyKeyReused,
    "operator_suspended": terms.OperatorSuspended,
    "player_blocked": PlayerBlocked,
    "round_not_open": RoundNotOpen,
    "insufficient_funds": InsufficientFunds,
    "request_in_progress": RequestInProgress,
}
