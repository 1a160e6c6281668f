"""The bets that are in the trees of rounds, whether they are online, in the archive, or on both sides of midnight."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bets.models import Bet, Paytable
from bets.results import BETS_WITHIN
from bets.selectors import bets_of_rounds, get_paytable
from operators.models import Operator
from operators.selectors import get_operator
from operators.tenancy import tenant_context
from players.models import Player
from players.selectors import players_by_id
from reports.archive import engine, policy
from reports.archive.files import ArchiveUnusable
from reports.archive.queries import Only, Span, is_archived, standing_still, stream_bets
from reports.catalogue.bet_log import numbers_of
from rounds.models import Round
from rounds.selectors import participants
from wallet.horizon import archived

_COLUMNS = (
    *("id", "round_id", "player_id", "paytable_id", "ticket_id", "picks", "pick_count", "stake"),
    *("potential_max_win", "blind", "leaf_hash", "created_at"),
)
_WHOLE = """b.id, b.round_id, b.player_id, b.paytable_id, b.ticket_id, b.picks::text, b.pick_count, b.stake,
    b.potential_max_win, b.blind, b.leaf_hash, b.created_at"""
_LEAF = "b.round_id, b.id, b.leaf_hash"
_FROM = """
    FROM {bets} b
    WHERE b.id >= %(low)s AND b.id < %(high)s AND b.round_id = ANY (%(rounds)s)
      AND NOT EXISTS (SELECT 1 FROM {s}.bets_cancellation c WHERE c.bet_id = b.id)
    ORDER BY b.id
"""


def span_of(rounds: Sequence[Round]) -> Span:
    """The ids that bets of these rounds can have."""
    first, last = min(one.opens_at for one in rounds), max(one.closes_at for one in rounds)
    return Span.between(first - BETS_WITHIN, last + BETS_WITHIN)


def check_archive(operators: Iterable[Operator], span: Span) -> None:
    """
    See whether what is archived of a time can be read, before anything is answered.

    :raises Archived: it cannot; the log has the reason.
    """
    for operator in operators:
        with standing_still(operator, span) as (_, days):
            _check(operator, days)


def _check(operator: Operator, days: Sequence[Any]) -> None:
    if not days:
        return
    try:
        with engine.opened(policy.root()) as archive:
            for day in days:
                archive.check(day)
    except ArchiveUnusable as error:
        with tenant_context(operator):
            raise archived() from error


Leaf = tuple[int, UUID, bytes | memoryview]
"""A round, a bet in it, and its hash."""


@dataclass(slots=True)
class Batch:
    """Of some rounds: by round its leaves, as (bet id, hash) in the order of the tree; and by operator opened bets."""

    leaves: dict[int, list[tuple[UUID, bytes]]]
    bets: dict[UUID, list[Bet]]


def batch_of(rounds: Sequence[Round], *, opened: Operator | None) -> Batch:
    """The leaves of these rounds, and the bets of one operator that took part, or of all."""
    found = Batch(leaves={one.pk: [] for one in rounds}, bets={})
    for operator_id in sorted({operator_id for _, operator_id in participants([one.pk for one in rounds])}):
        operator = get_operator(operator_id=operator_id)
        if opened is None or operator.pk == opened.pk:
            own = found.bets[operator.pk] = _bets_of(operator, rounds)
            rows: Iterable[Leaf] = ((bet.round_id, bet.pk, bytes(bet.leaf_hash)) for bet in own)
        else:
            rows = _leaves_of(operator, rounds)
        for round_id, bet_id, leaf in rows:
            found.leaves[round_id].append((bet_id, bytes(leaf)))
    for leaves in found.leaves.values():
        leaves.sort()
    return found


def _leaves_of(operator: Operator, rounds: Sequence[Round]) -> Iterable[Leaf]:
    if _is_online(operator, rounds):
        with tenant_context(operator):
            return list(bets_of_rounds([one.pk for one in rounds]).values_list("round_id", "pk", "leaf_hash"))
    return [(round_id, bet_id, leaf) for round_id, bet_id, leaf in _archived(operator, rounds, _LEAF)]


def _bets_of(operator: Operator, rounds: Sequence[Round]) -> list[Bet]:
    if _is_online(operator, rounds):
        with tenant_context(operator):
            return list(bets_of_rounds([one.pk for one in rounds]))
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in _archived(operator, rounds, _WHOLE)]
    with tenant_context(operator):
        players = players_by_id(row["player_id"] for row in rows)
        paytables = {paytable_id: get_paytable(paytable_id) for paytable_id in {row["paytable_id"] for row in rows}}
    return [_as_bet(row, players[row["player_id"]], paytables[row["paytable_id"]]) for row in rows]


def _as_bet(row: dict[str, Any], player: Player, paytable: Paytable) -> Bet:
    """A row as the bet that it was, with its player and paytable, which are never archived."""
    bet = Bet(**row | {"picks": tuple(numbers_of(row["picks"]))})
    bet.player, bet.paytable = player, paytable
    return bet


def _is_online(operator: Operator, rounds: Sequence[Round]) -> bool:
    return not is_archived(operator, span_of(rounds).low)


def _archived(operator: Operator, rounds: Sequence[Round], columns: str) -> Iterator[tuple[Any, ...]]:
    """Rows of bets of a time that is archived, or begins so."""
    round_ids, span = [one.pk for one in rounds], span_of(rounds)
    parameters = {"rounds": round_ids, "low": span.low, "high": span.high}
    statement = f"SELECT {columns} {_FROM}"
    return stream_bets(operator, statement, parameters, span=span, only=Only(round_ids=tuple(round_ids)))
