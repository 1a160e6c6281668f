"""
The yardstick of the tick: rounds driven as one would write it down first, one game after the other.

What is due is read at once. Then one transaction for each game ends the betting of its round, signs the CLOSE and opens
the next round; and another draws the closed one, stores it, and settles and reveals it where nobody has bet. Arrows,
clock, messages and custody are those of the platform's own tick, for games that go by the real time. A test lets it
drive rounds with bets.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from anchors.selectors import anchored
from fairness import draw
from fairness.hashing import sha256
from fairness.merkle import leaf_hash, root_of
from fairness.messages import CloseMessage, VoidCause
from keno_platform.core.clock import to_milliseconds
from keno_platform.live.topics import game_topic, publish
from rounds import announce, beacons, custody, selectors
from rounds.leaves import Networks, commit_leaf
from rounds.models import Anchoring, Round, RoundStatus
from rounds.ports import ports, records_in_order
from rounds.services import voiding


def run_due() -> int:
    """Whatever is due by the database's clock, once for each game. Returns how many arrows were taken."""
    now = selectors.database_now()
    rounds = Round.objects.filter(sandbox=False).select_related("game", "epoch").order_by("game_id", "-number")
    closing = {one.game_id: one for one in rounds.filter(status=RoundStatus.OPEN, closes_at__lte=now)}
    opening = {one.game_id: one for one in rounds.filter(status=RoundStatus.SCHEDULED, opens_at__lte=now)}
    labels = _labels(list(opening.values()))
    games = sorted({*closing, *opening})
    taken = sum(_close_and_open(closing.get(game), opening.get(game), labels) for game in games)
    networks = Networks()
    taken += sum(_draw(one, networks) for one in rounds.filter(status=RoundStatus.CLOSED))
    return taken + sum(_finish(one) for one in rounds.filter(status=RoundStatus.DRAWN))


def _labels(rounds: Sequence[Round]) -> dict[int, bool]:
    """For each round that opens, whether its commitment is only signed and not final on the chain."""
    final = anchored({one.epoch.anchor_seq for one in rounds if one.epoch.anchor_seq is not None})
    anchors = {one.pk: final.get(one.epoch.anchor_seq or 0) for one in rounds}
    return {
        one.pk: (anchor := anchors[one.pk]) is None or anchor.block_time >= one.opens_at.timestamp() for one in rounds
    }


@transaction.atomic(durable=True)
def _close_and_open(closing: Round | None, opening: Round | None, labels: Mapping[int, bool]) -> int:
    taken = int(closing is not None and _close(closing))
    return taken + int(opening is not None and _open(opening, signed_only=labels[opening.pk]))


def _close(one: Round) -> bool:
    _rows("SELECT public.rounds_shut(%s)", [[one.pk]])
    closed = _rows(_CLOSE, [one.pk])
    if not closed:
        return False
    hashes, previous = _bets_of(one), _rows(_PREVIOUS, [one.game_id, one.number])
    one.status, one.closed_at = RoundStatus.CLOSED, closed[0][0]
    one.bets_root, one.bets_count = root_of(hashes), len(hashes)
    one.close_message = CloseMessage(
        stream=one.game.stream,
        round_number=one.number,
        closed_ms=to_milliseconds(closed[0][0]),
        bets_count=one.bets_count,
        bets_root=one.bets_root,
        prev_close_hash=sha256(bytes(previous[0][0])) if previous else bytes(32),
    ).encode()
    word = custody.sign(one.close_message)
    one.close_signature, one.close_key_id = word.signature, word.key_id
    sealed = [one.bets_root, one.bets_count, one.close_message, one.close_signature, one.close_key_id, one.pk]
    _rows(_SEAL, sealed)
    _tell("closed", one)
    return True


def _bets_of(one: Round) -> list[bytes]:
    if ports.bet_leaves is None:
        raise RuntimeError("no source of bet leaves is wired in")
    parts = [
        ports.bet_leaves(operator_id, [one.pk]).get(one.pk, b"") for _, operator_id in selectors.participants([one.pk])
    ]
    return [record[16:] for record in records_in_order(parts)]


def _open(one: Round, *, signed_only: bool) -> bool:
    if signed_only and one.anchoring == Anchoring.REQUIRED:
        reason = "its commitment was not final on the chain when it should have opened"
        cause = VoidCause.EPOCH_NOT_ANCHORED
        transaction.on_commit(lambda: voiding.void_for_fault(one, cause=cause, reason=reason))
        return False
    if not _rows(_OPEN, [signed_only, one.pk, one.game_id]):
        return False
    one.status, one.signed_only = RoundStatus.OPEN, signed_only
    _tell("opened", one)
    return True


@transaction.atomic(durable=True)
def _draw(one: Round, networks: Networks) -> int:
    network = networks[one.network]
    if beacons.due_second(network, one.beacon_round) > selectors.database_now().timestamp():
        return 0
    beacon, seed = beacons.find(network, one.beacon_round), custody.seeds_of_ended([one.pk])[one.pk]
    if beacon is None or seed is None:
        return 0
    lh = leaf_hash(commit_leaf(one, network).encode())
    key = draw.draw_key(seed=seed, commit_leaf_hash=lh, beacon_signature=beacon.signature)
    one.status, one.numbers_drawn = RoundStatus.DRAWN, list(draw.draw_numbers(key=key))
    one.server_seed, one.beacon_signature = seed, beacon.signature
    if not _rows(_DRAW, [one.numbers_drawn, seed, beacon.signature, one.pk]):
        return 0
    _tell("drawn", one)
    announce.payable([one.pk])
    return 1 + _settle_and_reveal(one)


@transaction.atomic(durable=True)
def _finish(one: Round) -> int:
    return _settle_and_reveal(one)


def _settle_and_reveal(one: Round) -> int:
    if not _rows(_SETTLE, [one.pk]):
        return 0
    one.status = RoundStatus.SETTLED
    _tell("settled", one)
    _rows(_REVEAL, [one.pk])
    one.status = RoundStatus.REVEALED
    _tell("revealed", one)
    announce.finished([one.pk])
    return 2


def _tell(event: str, one: Round) -> None:
    [(seq,)] = _rows(_PLACE, [one.game_id])
    frame = {"type": f"round.{event}", "seq": seq, **announce.describe(one)}
    transaction.on_commit(lambda: publish([(game_topic(one.game.code), frame)]))


def _rows(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


_OPEN = """
    UPDATE public.rounds_round SET status = 'open', opened_at = clock_timestamp(), signed_only = %s
    WHERE id = %s AND status = 'scheduled'
      AND NOT EXISTS (SELECT 1 FROM public.rounds_round o WHERE o.game_id = %s AND o.status = 'open')
    RETURNING id
"""
_CLOSE = """
    UPDATE public.rounds_round SET status = 'closed', closed_at = clock_timestamp()
    WHERE id = %s AND status = 'open' RETURNING closed_at
"""
_PREVIOUS = """
    SELECT close_message FROM public.rounds_round WHERE game_id = %s AND number < %s AND close_message IS NOT NULL
    ORDER BY number DESC LIMIT 1
"""
_SEAL = """
    UPDATE public.rounds_round
    SET bets_root = %s, bets_count = %s, close_message = %s, close_signature = %s, close_key_id = %s
    WHERE id = %s RETURNING id
"""
_DRAW = """
    UPDATE public.rounds_round SET status = 'drawn', drawn_at = clock_timestamp(), numbers_drawn = %s::smallint[],
           server_seed = %s, beacon_signature = %s
    WHERE id = %s AND status = 'closed' RETURNING id
"""
_SETTLE = """
    UPDATE public.rounds_round r SET status = 'settled', settled_at = clock_timestamp()
    WHERE r.id = %s AND r.status = 'drawn' AND NOT EXISTS (
        SELECT 1 FROM public.rounds_participation p WHERE p.round_id = r.id AND p.settled_at IS NULL)
    RETURNING r.id
"""
_REVEAL = """
    UPDATE public.rounds_round SET status = 'revealed', revealed_at = clock_timestamp() WHERE id = %s RETURNING id
"""
_PLACE = "UPDATE public.rounds_game SET event_seq = event_seq + 1 WHERE id = %s RETURNING event_seq"
