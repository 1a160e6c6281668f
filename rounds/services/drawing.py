"""
closed -> drawn. A round waits here for its beacon, and for a key that does not open; by the void policy not for ever,
and never at the cost of another round.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from django.db import connection, transaction

from fairness import draw
from fairness.merkle import leaf_hash
from fairness.messages import VoidCause
from fairness.networks import Network
from fairness.seeds import commit_seed
from rounds import announce, beacons, custody, selectors
from rounds.leaves import Networks, commit_leaf
from rounds.models import Round, RoundStatus
from rounds.services import voiding

logger = logging.getLogger(__name__)
WAIT_MAX = timedelta(minutes=15)
"""How long a round may wait for what its draw needs, by the void policy."""
EXPECT_S = 5
"""How long before its time a beacon is asked to be fetched, so that the search begins at the very second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """A draw that is made and not yet stored."""

    round_id: int
    numbers: tuple[int, ...]
    seed: bytes
    beacon: bytes | None


def draw_due() -> list[Round]:
    """
    closed -> drawn, for every round whose bets are sealed and whose beacon is known by now.

    A round that cannot be drawn holds up no other: it waits, and is void after WAIT_MAX.
    """
    networks = Networks()
    known = list(_with_beacons(_due(networks), networks))
    seeds = custody.seeds_of_ended([one.pk for one, _ in known]) if known else {}
    drawn = []
    for one, beacon in known:
        seed = seeds[one.pk]
        if seed is None:
            _wait_for_the_key(one)
        elif not _is_committed(one, seed):
            reason = "the seed does not match its commitment"
            voiding.void_for_fault(one, cause=VoidCause.SEED_MISMATCH, reason=reason)
        else:
            drawn.append(_draw(one, seed, beacon.signature, networks[one.network]))
    return _store(drawn)


def _with_beacons(rounds: Iterable[Round], networks: Networks) -> Iterator[tuple[Round, beacons.Value]]:
    """The rounds whose beacon is known by now; no seed is derived for the others."""
    values: dict[tuple[str, int], beacons.Value | None] = {}
    for one in rounds:
        key, network = (one.network, one.beacon_round), networks[one.network]
        if key not in values:
            values[key] = beacons.find(network, one.beacon_round)
        value = values[key]
        if value is None:
            _wait_for_the_beacon(one, network)
        else:
            yield one, value


def _due(networks: Networks) -> list[Round]:
    """Sealed rounds whose beacon's time has come; what comes next is announced to whoever fetches it."""
    now = selectors.database_now().timestamp()
    due = []
    for one in Round.objects.select_related("game").filter(status=RoundStatus.CLOSED, close_message__isnull=False):
        second = beacons.due_second(networks[one.network], one.beacon_round)
        if second <= now:
            due.append(one)
        elif second - now < EXPECT_S:
            beacons.expect(networks[one.network], one.beacon_round)
    return sorted(due, key=lambda one: one.pk)


def _wait_for_the_key(one: Round) -> None:
    """A key that does not open may be this process's wrong setting, so nothing is void in haste."""
    logger.error("the key of epoch %s cannot be opened: is KENO_SEAL_KEY right? round %s waits", one.epoch_id, one.pk)
    if selectors.database_now() - one.closes_at > WAIT_MAX:
        voiding.void_for_fault(one, cause=VoidCause.EPOCH_KEY_LOST, reason="the seed's key is lost")


def _wait_for_the_beacon(one: Round, network: Network) -> None:
    """Its value is determined, so it is waited for; no other value takes its place."""
    if beacons.is_missing(network, one.beacon_round, after=WAIT_MAX):
        reason = f"{network.name} had no value for {WAIT_MAX.seconds // 60} minutes"
        voiding.void_for_fault(one, cause=VoidCause.BEACON_LATE, reason=reason)


def _is_committed(one: Round, seed: bytes) -> bool:
    expected = commit_seed(stream=one.game.stream, round_number=one.number, seed=seed)
    return expected == bytes(one.server_seed_hash)


def _draw(one: Round, seed: bytes, beacon: bytes | None, network: Network) -> _Drawn:
    lh = leaf_hash(commit_leaf(one, network).encode())
    key = draw.draw_key(seed=seed, commit_leaf_hash=lh, beacon_signature=beacon)
    return _Drawn(round_id=one.pk, numbers=draw.draw_numbers(key=key), seed=seed, beacon=beacon)


@transaction.atomic(durable=True)
def _store(drawn: Iterable[_Drawn]) -> list[Round]:
    stored: list[int] = []
    # Values apart from the statement's text, which Django's own cursor would put into it: a statement that fails is
    # written to the server's log, and one that runs is shown to whoever looks at the server's activity.
    with psycopg.Cursor(connection.connection) as cursor:
        for one in drawn:
            cursor.execute(_DRAW, [list(one.numbers), one.seed, one.beacon, one.round_id])
            stored += [one.round_id] * cursor.rowcount
    rounds = list(Round.objects.select_related("game").filter(pk__in=stored))
    if rounds:
        announce.tell("drawn", rounds)
        announce.payable(stored)
    return rounds


_DRAW = """
    UPDATE public.rounds_round
    SET status = 'drawn', drawn_at = clock_timestamp(), numbers_drawn = %s::smallint[], server_seed = %s,
        beacon_signature = %s
    WHERE id = %s AND status = 'closed'
"""
