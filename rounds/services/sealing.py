"""
What a closed round has to say of its bets: the tree of their leaves, and the signed CLOSE message. Only as long as
nobody can know its draw: when the beacon's value is out, nothing can fix the bets any more, and the round is void.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from fairness.hashing import sha256
from fairness.merkle import root_of
from fairness.messages import CloseMessage, VoidCause
from keno_platform.core.clock import to_milliseconds
from rounds import announce, beacons, custody, selectors
from rounds.facts import COLUMNS, RoundFacts
from rounds.leaves import Networks
from rounds.models import NetworkName
from rounds.ports import ports, records_in_order
from rounds.services import voiding
from rounds.services.sets import ALL, SET_MAX, Apart, Share, in_sets
from rounds.statements import run

NO_CLOSE = bytes(32)
"""What the first CLOSE of a stream names as the one before it."""
TOO_LATE = "its bets were not fixed before the beacon's value was out"
logger = logging.getLogger(__name__)
_apart = Apart("sealed")


class _Waiting(NamedTuple):
    """A closed round without its CLOSE, as the statement returns it. `now` is the database's clock."""

    id: int
    game_id: int
    network: str
    beacon_round: int
    now: datetime


class _Closed(NamedTuple):
    """A round that waits for its CLOSE, as the statement returns it."""

    id: int
    game_id: int
    number: int
    stream: UUID
    closed_at: datetime


class _Before(NamedTuple):
    """A CLOSE of the same stream: of which number, and its hash."""

    number: int
    digest: bytes


def seal_bets(share: Share = ALL) -> list[RoundFacts]:
    """
    Commit to the bets of closed rounds; those whose beacon is out by now are void instead.

    One that fails holds up no other game's. Those of one game stay together: each CLOSE names the one before it.
    """
    waiting = [_Waiting(*row) for row in run(_UNSEALED, [share.of, share.own])]
    voided = _void_late(waiting)
    late = {one.id for one in voided}
    in_time = [one for one in waiting if one.id not in late]
    ready = set(_apart.without_failed(one.id for one in in_time))
    games = ([one.id for one in own] for _, own in groupby(in_time, key=lambda one: one.game_id))
    units = [round_ids for round_ids in games if ready.issuperset(round_ids)]
    return voided + [one for some in in_sets(units) for one in _apart.take(_seal, some)]


def _void_late(waiting: Sequence[_Waiting]) -> list[RoundFacts]:
    """
    Rounds that nobody sealed in time: whoever could still add a bet now could know the numbers. That is decided by the
    clock alone, whatever the draw would have been, so nobody can choose it.
    """
    networks = Networks()
    with_beacon = (one for one in waiting if one.network != NetworkName.NONE)
    late = [
        one.id
        for one in with_beacon
        if beacons.due_second(networks[one.network], one.beacon_round) <= one.now.timestamp()
    ]
    if late:
        logger.warning("%s rounds are void: their bets were not fixed in time (%s ...)", len(late), late[0])
    sets = (late[at : at + SET_MAX] for at in range(0, len(late), SET_MAX))
    cause = VoidCause.INTEGRITY_FAULT
    return [one for some in sets for one in voiding.void_unsealed(some, cause=cause, reason=TOO_LATE)]


@transaction.atomic(durable=True)
def _seal(round_ids: list[int]) -> list[RoundFacts]:
    closed = [_Closed(*row) for row in run(_HELD, [round_ids])]
    if not closed:
        return []
    closed.sort(key=lambda one: (one.game_id, one.number))
    records = _bet_records([one.id for one in closed])
    hashes = {one.id: [record[16:] for record in records_in_order(records.get(one.id, []))] for one in closed}
    roots = [root_of(hashes[one.id]) for one in closed]
    counts = [len(hashes[one.id]) for one in closed]
    messages = _messages(closed, counts, roots)
    words = custody.sign_all(messages)
    signatures, key_id = [word.signature for word in words], words[0].key_id
    rows = run(_SEAL, [[one.id for one in closed], counts, roots, messages, signatures, key_id])
    sealed = [RoundFacts(*row) for row in rows]
    announce.tell("closed", sealed)
    return sealed


def _bet_records(round_ids: Sequence[int]) -> dict[int, list[bytes]]:
    if ports.bet_leaves is None:
        raise RuntimeError("no source of bet leaves is wired in; see keno_platform.wiring")
    by_operator: dict[UUID, list[int]] = {}
    for round_id, operator_id in selectors.participants(round_ids):
        by_operator.setdefault(operator_id, []).append(round_id)
    records: dict[int, list[bytes]] = {}
    for operator_id, ids in by_operator.items():
        for round_id, part in ports.bet_leaves(operator_id, ids).items():
            records.setdefault(round_id, []).append(part)
    return records


def _messages(closed: Sequence[_Closed], counts: Iterable[int], roots: Iterable[bytes]) -> list[bytes]:
    """The CLOSE of each of these rounds, by game and number, each with the hash of the one before it."""
    stored, made, messages = _stored_before(closed), dict[int, _Before](), []
    for one, count, root in zip(closed, counts, roots, strict=True):
        known = (stored.get(one.id), made.get(one.game_id))
        before = max((each for each in known if each), default=None)
        message = CloseMessage(
            stream=one.stream,
            round_number=one.number,
            closed_ms=to_milliseconds(one.closed_at),
            bets_count=count,
            bets_root=root,
            prev_close_hash=before.digest if before else NO_CLOSE,
        ).encode()
        made[one.game_id] = _Before(one.number, sha256(message))
        messages.append(message)
    return messages


def _stored_before(closed: Sequence[_Closed]) -> Mapping[int, _Before]:
    """For each of these rounds the latest CLOSE before it that is stored; the first of a stream has none."""
    columns = [[one.id for one in closed], [one.game_id for one in closed], [one.number for one in closed]]
    return {round_id: _Before(number, sha256(message)) for round_id, number, message in run(_STORED_BEFORE, columns)}


_UNSEALED = """
    SELECT id, game_id, network, beacon_round, clock_timestamp() FROM public.rounds_round
    WHERE status = 'closed' AND close_message IS NULL AND game_id %% %b = %b ORDER BY game_id, number
"""
_HELD = """
    SELECT r.id, r.game_id, r.number, g.stream, r.closed_at
    FROM public.rounds_round r JOIN public.rounds_game g ON g.id = r.game_id
    WHERE r.id = ANY (%b::bigint[]) AND r.status = 'closed' AND r.close_message IS NULL
    ORDER BY r.id FOR UPDATE OF r
"""
_STORED_BEFORE = """
    SELECT one.id, before.number, before.close_message
    FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[]) AS one (id, game_id, number)
    CROSS JOIN LATERAL (
        SELECT r.number, r.close_message FROM public.rounds_round r
        WHERE r.game_id = one.game_id AND r.number < one.number AND r.close_message IS NOT NULL
        ORDER BY r.number DESC LIMIT 1) before
"""
# The rows are held: their state cannot have changed since.
_SEAL = f"""
    WITH word AS (
        SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bytea[], %b::bytea[], %b::bytea[])
            AS word (id, bets, root, message, signature)
    )
    UPDATE public.rounds_round r
    SET bets_count = word.bets, bets_root = word.root, close_message = word.message,
        close_signature = word.signature, close_key_id = %b
    FROM word WHERE r.id = word.id RETURNING {COLUMNS}
"""
