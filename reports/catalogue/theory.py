"""
What bets return by their paytables, exactly, and how far chance may carry the actual return from that.

Bets of one round share its draw, so they are not independent of each other. The band therefore takes the larger of two
errors: what the paytables say for bets that were independent, and what the rounds themselves show, whose draws are.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from math import sqrt
from typing import Any
from uuid import UUID

from bets.paytables import chance
from keno_platform.core.ids import uuid7_floor
from operators.models import Operator
from reports.archive.queries import is_archived
from reports.archive.rounds import settled_rounds
from reports.catalogue.figures import Place, bucket_of
from reports.query import Query
from reports.reading import fetch, stream

Z = Fraction(2576, 1000)
"""A band of 99 %."""
CLOCKS_APART = timedelta(minutes=10)
"""So far may the clocks that make ids and the database's be apart, at the very worst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pays:
    """What one pick count of a paytable returns on a stake of 1: the mean exactly, and the variance."""

    mean: Fraction
    mean_float: float
    variance: float


@dataclass(slots=True, kw_only=True)
class Theory:
    """Of the bets of a bucket: stakes and expected payouts in minor units, and the two variances of the payouts."""

    stakes: int = 0
    expected: Fraction = Fraction(0)
    independent: float = 0.0
    by_rounds: float = 0.0

    @property
    def band(self) -> tuple[Fraction, Fraction] | None:
        """Within these the actual return lies in 99 of 100 such buckets; None without a stake."""
        if not self.stakes:
            return None
        mean, error = self.expected / self.stakes, Fraction(sqrt(max(self.independent, self.by_rounds))) / self.stakes
        return max(Fraction(0), mean - Z * error), mean + Z * error


def theory(operator: Operator, query: Query) -> dict[Place, Theory]:
    """By bucket and game: the theory of the bets that were settled in the period, without void and cancelled ones."""
    pays, found = paytables(operator), defaultdict[Place, Theory](Theory)
    stakes: dict[Place, dict[Key, int]] = defaultdict(lambda: defaultdict(int))
    for place, payouts, parts in _rounds(operator, query):
        bucket = bucket_of(query, place)
        own, expected = found[bucket], 0.0
        for key, stake, squares in parts:
            stakes[bucket][key] += stake
            expected += stake * pays[key].mean_float
            own.independent += squares * pays[key].variance
        own.by_rounds += (payouts - expected) ** 2
    for bucket, by_key in stakes.items():
        found[bucket].stakes = sum(by_key.values())
        found[bucket].expected = sum((stake * pays[key].mean for key, stake in by_key.items()), Fraction(0))
    return dict(found)


Key = tuple[UUID, int]
"""A paytable and a pick count."""
Settled = tuple[Place, int, list[tuple[Key, int, int]]]
"""A settled round: its place, its payouts, and by key the sum of stakes and the sum of their squares."""


def paytables(operator: Operator) -> dict[Key, Pays]:
    """Every pick count of every paytable that the operator ever had. That prizes are rounded down is left out."""
    rows: dict[Key, dict[int, int]] = defaultdict(dict)
    for paytable, pick, hits, hundredths in fetch(operator, _ROWS):
        rows[paytable, pick][hits] = hundredths
    return {key: _pays(key[1], row) for key, row in rows.items()}


def _pays(pick: int, row: dict[int, int]) -> Pays:
    chances = {hits: chance(pick_count=pick, hits=hits) for hits in row}
    mean = sum((chances[hits] * Fraction(pays, 100) for hits, pays in row.items()), Fraction(0))
    square = sum((chances[hits] * Fraction(pays, 100) ** 2 for hits, pays in row.items()), Fraction(0))
    return Pays(mean=mean, mean_float=float(mean), variance=float(square - mean**2))


def _rounds(operator: Operator, query: Query) -> Iterator[Settled]:
    """Every settled round with what was bet in it."""
    bounds = _bounds_of_bets(operator, query)
    if bounds is None:
        return
    if is_archived(operator, bounds["low"]):
        yield from _rounds_by_day(operator, query)
        return
    parameters = {"since": query.since, "until": query.until, "game": query.game, **bounds}
    for day, game, payouts, keys, picks, sums, squares in stream(operator, _SETTLED, parameters):
        parts = [
            ((key, pick), int(total), int(square))
            for key, pick, total, square in zip(keys, picks, sums, squares, strict=True)
        ]
        yield Place(day=day, game=game), payouts, parts


def _rounds_by_day(operator: Operator, query: Query) -> Iterator[Settled]:
    """The same where some of the bets are in the archive, a day of bets at a time."""
    for one in settled_rounds(operator, since=query.since, until=query.until, game=query.game):
        parts = [((part.paytable_id, part.pick_count), part.staked, part.staked_squared) for part in one.parts]
        yield Place(day=one.day, game=one.game), one.payouts, parts


def _bounds_of_bets(operator: Operator, query: Query) -> dict[str, Any] | None:
    """The ids that the bets of these rounds lie between: nobody bets before a round is committed."""
    [(first,)] = fetch(operator, _FIRST, {"since": query.since, "until": query.until})
    if first is None:
        return None
    low = uuid7_floor(first - CLOCKS_APART)
    return {"low": low, "high": uuid7_floor(query.until + CLOCKS_APART)}


_ROWS = "SELECT paytable_id, pick_count, hit_count, multiplier_hundredths FROM {s}.bets_paytablerow"
_FIRST = """
    SELECT min(r.created_at) FROM {s}.bets_settlement s JOIN public.rounds_round r ON r.id = s.round_id
    WHERE s.outcome = 'drawn' AND s.settled_at >= %(since)s AND s.settled_at < %(until)s
"""
# Settled rounds and not bets lead: what of the bets is none of theirs (pending, void, cancelled) falls out by the join.
_SETTLED = """
    WITH settled AS MATERIALIZED (
        SELECT s.round_id, (s.settled_at AT TIME ZONE 'UTC')::date AS day, g.code, s.payouts
        FROM {s}.bets_settlement s
        JOIN public.rounds_round r ON r.id = s.round_id JOIN public.rounds_game g ON g.id = r.game_id
        WHERE s.outcome = 'drawn' AND s.settled_at >= %(since)s AND s.settled_at < %(until)s
          AND (%(game)s = '' OR g.code = %(game)s)
    ), played AS (
        SELECT b.round_id, b.paytable_id, b.pick_count, sum(b.stake) AS stakes,
               sum(b.stake::numeric * b.stake) AS squares
        FROM {s}.bets_bet b
        WHERE b.id >= %(low)s AND b.id < %(high)s AND b.round_id IN (SELECT round_id FROM settled)
          AND NOT EXISTS (SELECT 1 FROM {s}.bets_cancellation c WHERE c.bet_id = b.id)
        GROUP BY 1, 2, 3)
    SELECT d.day, d.code, d.payouts, array_agg(p.paytable_id), array_agg(p.pick_count),
           array_agg(p.stakes), array_agg(p.squares)
    FROM settled d JOIN played p ON p.round_id = d.round_id
    GROUP BY d.round_id, d.day, d.code, d.payouts
"""
