"""
closed -> drawn. A round waits here for its beacon, and for a key that does not open; by the void policy not for ever,
and never at the cost of another round.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import NamedTuple
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from fairness import draw
from fairness.merkle import leaf_hash
from fairness.messages import VoidCause
from fairness.seeds import commit_seed
from rounds import announce, beacons, custody, selectors
from rounds.clocks import DRAW_AFTER
from rounds.facts import COLUMNS, RoundFacts
from rounds.leaves import Networks, leaf_of
from rounds.services import voiding
from rounds.services.sets import ALL, SET_MAX, Apart, Share
from rounds.statements import run

logger = logging.getLogger(__name__)
WAIT_MAX = timedelta(minutes=15)
"""How long a round may wait for what its draw needs, by the void policy."""
EXPECT_S = 5
"""How long before its time a beacon is asked to be fetched, so that the search begins at the very second."""
_apart = Apart("drawn")


class _Sealed(NamedTuple):
    """A round whose bets are sealed, as the statement returns it. `own_time` is that of its game."""

    id: int
    stream: UUID
    number: int
    network: str
    beacon_round: int
    opens_at: datetime
    closes_at: datetime
    commitment: bytes
    epoch_id: int
    sandbox: bool
    own_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """A draw that is made and not yet stored."""

    round_id: int
    numbers: tuple[int, ...]
    seed: bytes
    beacon: bytes | None


def seconds_to_draw(awaited: Iterable[tuple[str, int]], *, now: float) -> float | None:
    """
    When the next of these values of beacons, (network, beacon round), is due: in so many seconds from `now`, which
    counts from 1970; 0 or less where one is due already, None where none is awaited.

    What comes soon is announced to whoever fetches it.
    """
    networks, ahead = Networks(), list[float]()
    for name, beacon_round in awaited:
        ahead.append(beacons.due_second(networks[name], beacon_round) - now)
        if 0 < ahead[-1] < EXPECT_S:
            beacons.expect(networks[name], beacon_round)
    return min(ahead, default=None)


def draw_due(share: Share = ALL) -> list[RoundFacts]:
    """
    closed -> drawn, for rounds whose bets are sealed and whose beacon is known by now: a set at a time.

    A round that cannot be drawn holds up no other: it waits, and is void after WAIT_MAX.
    """
    networks = Networks()
    waiting = {one.id: (one, beacon) for one, beacon in _with_beacons(_due(networks, share), networks)}
    ready = _apart.without_failed(waiting)
    for at in range(0, len(ready), SET_MAX):
        drawable = _drawable([waiting[round_id] for round_id in ready[at : at + SET_MAX]], networks)
        drawn = _apart.take(partial(_store, drawable), [[round_id] for round_id in drawable])
        if drawn:
            return drawn
    return []


def _due(networks: Networks, share: Share) -> Iterator[_Sealed]:
    """Sealed rounds whose beacon's time has come, or in a sandbox that of the draw."""
    now = selectors.database_now().timestamp()
    due_second = cache(lambda name, beacon_round: beacons.due_second(networks[name], beacon_round))
    for row in run(_SEALED, [share.of, share.own]):
        one = _Sealed(*row)
        if (
            one.own_time >= one.closes_at + DRAW_AFTER
            if one.sandbox
            else due_second(one.network, one.beacon_round) <= now
        ):
            yield one


def _with_beacons(rounds: Iterable[_Sealed], networks: Networks) -> Iterator[tuple[_Sealed, beacons.Value]]:
    """The rounds whose beacon is known by now; no seed is derived for the others."""
    values: dict[tuple[str, int], beacons.Value | None] = {}
    missing: dict[tuple[str, int], bool] = {}
    for one in rounds:
        key = (one.network, one.beacon_round)
        if key not in values:
            values[key] = _find(networks, *key)
        value = values[key]
        if value is not None:
            yield one, value
            continue
        if key not in missing:
            missing[key] = beacons.is_missing(networks[one.network], one.beacon_round, after=WAIT_MAX)
        if missing[key]:
            # A late value is determined, so it was waited for; no other value takes its place.
            reason = f"{one.network} had no value for {WAIT_MAX.seconds // 60} minutes"
            voiding.void_for_fault(one, cause=VoidCause.BEACON_LATE, reason=reason)


def _find(networks: Networks, name: str, beacon_round: int) -> beacons.Value | None:
    """One value, or None where it is not known; rounds on other networks do not wait for a fault of this one."""
    try:
        return beacons.find(networks[name], beacon_round)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("round %s of beacon %s cannot be had", beacon_round, name)
        return None


def _drawable(waiting: list[tuple[_Sealed, beacons.Value]], networks: Networks) -> dict[int, _Drawn]:
    """The draws of those of these rounds whose seed can be opened, and is the one that was committed."""
    seeds = custody.seeds_of_ended([one.id for one, _ in waiting]) if waiting else {}
    _note_lost_keys([one for one, _ in waiting], seeds)
    drawn: dict[int, _Drawn] = {}
    for one, beacon in waiting:
        seed = seeds[one.id]
        if seed is None:
            continue
        if commit_seed(stream=one.stream, round_number=one.number, seed=seed) != one.commitment:
            reason = "the seed does not match its commitment"
            voiding.void_for_fault(one, cause=VoidCause.SEED_MISMATCH, reason=reason)
            continue
        lh = leaf_hash(leaf_of(one, network=networks[one.network], commitment=one.commitment).encode())
        key = draw.draw_key(seed=seed, commit_leaf_hash=lh, beacon_signature=beacon.signature)
        numbers = draw.draw_numbers(key=key)
        drawn[one.id] = _Drawn(round_id=one.id, numbers=numbers, seed=seed, beacon=beacon.signature)
    return drawn


def _note_lost_keys(rounds: Iterable[_Sealed], seeds: Mapping[int, bytes | None]) -> None:
    """A key that does not open may be this process's wrong setting, so nothing is void in haste."""
    lost = [one for one in rounds if seeds[one.id] is None]
    for epoch_id in sorted({one.epoch_id for one in lost}):
        count = sum(one.epoch_id == epoch_id for one in lost)
        logger.error("the key of epoch %s cannot be opened: is KENO_SEAL_KEY right? %s rounds wait", epoch_id, count)
    for one in lost:
        if one.own_time - one.closes_at > WAIT_MAX:
            voiding.void_for_fault(one, cause=VoidCause.EPOCH_KEY_LOST, reason="the seed's key is lost")


@transaction.atomic(durable=True)
def _store(drawable: Mapping[int, _Drawn], round_ids: list[int]) -> list[RoundFacts]:
    drawn = [drawable[round_id] for round_id in round_ids]
    columns = [
        [one.round_id for one in drawn],
        [bytes(one.numbers) for one in drawn],
        [one.seed for one in drawn],
        [one.beacon for one in drawn],
    ]
    stored = [RoundFacts(*row) for row in run(_DRAW, columns)]
    announce.tell("drawn", stored)
    if stored:
        announce.payable([one.id for one in stored])
    return stored


_SEALED = """
    SELECT r.id, g.stream, r.number, r.network, r.beacon_round, r.opens_at, r.closes_at, r.server_seed_hash, r.epoch_id,
           r.sandbox, public.rounds_own_time(r.sandbox, r.game_id)
    FROM public.rounds_round r JOIN public.rounds_game g ON g.id = r.game_id
    WHERE r.status = 'closed' AND r.close_message IS NOT NULL AND r.game_id %% %b = %b ORDER BY r.id
"""
_NUMBERS = ", ".join(f"get_byte(made.numbers, {place})" for place in range(draw.DRAW_SIZE))
# The rows are taken in the order of their ids, as everywhere; two ticks at once never wait for each other in a circle.
# They are found by their ids, whatever statistics say of closed rounds: see `transitions.NONE_OPEN`.
_DRAW = f"""
    WITH made AS MATERIALIZED (
        SELECT one.* FROM (
            SELECT * FROM unnest(%b::bigint[], %b::bytea[], %b::bytea[], %b::bytea[])
                AS drawn (id, numbers, seed, beacon) ORDER BY id
        ) one
        CROSS JOIN LATERAL (
            SELECT r.id FROM public.rounds_round r WHERE r.id = one.id AND r.status || '' = 'closed' FOR UPDATE
        ) locked
    )
    UPDATE public.rounds_round r
    SET status = 'drawn', drawn_at = greatest(public.rounds_own_time(r.sandbox, r.game_id), r.closed_at),
        numbers_drawn = ARRAY[{_NUMBERS}]::smallint[], server_seed = made.seed, beacon_signature = made.beacon
    FROM made WHERE r.id = made.id RETURNING {COLUMNS}
"""
