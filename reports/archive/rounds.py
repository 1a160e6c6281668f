"""What was bet in settled rounds, whether their days are online or archived: what theory reckons with."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from bets.results import BETS_WITHIN
from keno_platform.core.ids import uuid7_floor
from operators.models import Operator
from operators.partitions import floor_of
from reports.archive import engine, policy
from reports.archive.engine import Archive, Row
from reports.archive.queries import Span, fetch, in_blocks, standing_still
from reports.archive.tables import BETS
from wallet.models import ArchivedDay

ASKED = 5_000
"""Rounds whose settlement is asked for at a time."""
CLOCKS_APART = timedelta(minutes=10)
"""So far may the clocks that make ids and the database's be apart, at the very worst."""
END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Part:
    """Of one round the bets with one paytable and pick count: how many, their stakes, and the squares of these."""

    paytable_id: UUID
    pick_count: int
    bets: int
    staked: int
    staked_squared: int


@dataclass(slots=True, kw_only=True)
class SettledRound:
    """A drawn round that was settled: the day (UTC) of that, what it paid in minor units, and what was bet in it."""

    round_id: int
    day: date
    game: str
    payouts: int
    parts: list[Part] = field(default_factory=list)


def settled_rounds(operator: Operator, *, since: datetime, until: datetime, game: str = "") -> Iterator[SettledRound]:
    """
    The drawn rounds that were settled from `since` to before `until`, without cancelled bets; of one game where one is
    named. Read a day of bets at a time: a round is given out when the day on which it was settled has been read.

    :raises ArchiveUnusable: an archived day of it cannot be read, or is not what was archived.
    :raises ArchiveMoved: a day went to the archive meanwhile.
    """
    period = {"since": since, "until": until}
    [(opened,)] = fetch(operator, _FIRST, period)
    if opened is None:
        return
    span = Span.between(opened - BETS_WITHIN, until + CLOCKS_APART)
    waiting: dict[int, list[Part]] = defaultdict(list)
    with standing_still(operator, span) as (begins, days):
        for done, rows in _days(operator, span, begins, days):
            for round_id, paytable_id, *figures in rows:
                waiting[round_id].append(Part(UUID(str(paytable_id)), *map(int, figures)))
            yield from _settled(operator, waiting, {**period, "game": game, "before": done - CLOCKS_APART})
        yield from _settled(operator, waiting, {**period, "game": game, "before": END})


def _days(
    operator: Operator, span: Span, begins: UUID, days: list[ArchivedDay]
) -> Iterator[tuple[datetime, Iterator[Row]]]:
    """Each day's end, and what its bets were in each round."""
    if days:
        with engine.opened(policy.root()) as archive:
            for day in days:
                yield _end(day.day), _archived(operator, archive, day, span)
    low = max(begins, span.low)
    while low < span.high:
        end = _end(_day_of(low))
        high = min(uuid7_floor(end), span.high)
        yield end, iter(fetch(operator, _ONLINE, {"low": low, "high": high}))
        low = high


def _archived(operator: Operator, archive: Archive, day: ArchivedDay, span: Span) -> Iterator[Row]:
    archive.check(day)
    own = {"low": max(floor_of(day.day), span.low), "high": min(uuid7_floor(_end(day.day)), span.high)}
    taken_back = [str(bet_id) for (bet_id,) in fetch(operator, _CANCELLED, own)]
    bounds = {name: str(bound) for name, bound in own.items()}
    return archive.rows(
        _ARCHIVED.format(bets=archive.source(BETS, [day.directory])), bounds | {"cancelled": taken_back}
    )


def _settled(operator: Operator, waiting: dict[int, list[Part]], parameters: dict[str, Any]) -> Iterator[SettledRound]:
    """The waiting rounds that were settled before a time. They wait no longer, also where nobody wants them."""
    for some in in_blocks(list(waiting), ASKED):
        for round_id, wanted, day, game, payouts in fetch(operator, _SETTLED, parameters | {"rounds": some}):
            parts = waiting.pop(round_id)
            if wanted:
                yield SettledRound(round_id=round_id, day=day, game=game, payouts=payouts, parts=_merged(parts))


def _merged(parts: list[Part]) -> list[Part]:
    """One part for each paytable and pick count, also where the bets of a round lie on both sides of midnight."""
    sums: dict[tuple[UUID, int], list[int]] = {}
    for one in parts:
        own = sums.setdefault((one.paytable_id, one.pick_count), [0, 0, 0])
        for place, figure in enumerate((one.bets, one.staked, one.staked_squared)):
            own[place] += figure
    return [Part(paytable_id, picks, *own) for (paytable_id, picks), own in sums.items()]


def _day_of(row_id: UUID) -> date:
    return datetime.fromtimestamp((row_id.int >> 80) / 1000, UTC).date()


def _end(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


_FIRST = """
    SELECT min(r.opens_at) FROM {s}.bets_settlement s JOIN public.rounds_round r ON r.id = s.round_id
    WHERE s.outcome = 'drawn' AND s.settled_at >= %(since)s AND s.settled_at < %(until)s
"""
_SETTLED = """
    SELECT s.round_id, s.outcome = 'drawn' AND s.settled_at >= %(since)s AND s.settled_at < %(until)s
                       AND (%(game)s = '' OR g.code = %(game)s),
           (s.settled_at AT TIME ZONE 'UTC')::date, g.code, s.payouts
    FROM {s}.bets_settlement s
    JOIN public.rounds_round r ON r.id = s.round_id JOIN public.rounds_game g ON g.id = r.game_id
    WHERE s.round_id = ANY (%(rounds)s) AND s.settled_at < %(before)s
"""
_CANCELLED = "SELECT bet_id FROM {s}.bets_cancellation WHERE bet_id >= %(low)s AND bet_id < %(high)s"
_ONLINE = """
    SELECT b.round_id, b.paytable_id, b.pick_count, count(*), sum(b.stake), sum(b.stake::numeric * b.stake)
    FROM {s}.bets_bet b
    WHERE b.id >= %(low)s AND b.id < %(high)s
      AND NOT EXISTS (SELECT 1 FROM {s}.bets_cancellation c WHERE c.bet_id = b.id)
    GROUP BY b.round_id, b.paytable_id, b.pick_count
"""
_ARCHIVED = """
    SELECT b.round_id, b.paytable_id, b.pick_count, count(), sum(b.stake), sum(toInt128(b.stake) * b.stake)
    FROM {bets} b
    WHERE b.id >= {{low:String}} AND b.id < {{high:String}}
      AND b.id NOT IN (SELECT arrayJoin({{cancelled:Array(String)}}))
    GROUP BY b.round_id, b.paytable_id, b.pick_count
"""
