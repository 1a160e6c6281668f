"""
The arrows of a round, one function each. Every one is a compare-and-set over all games at once, goes by the
database's clock, and does nothing where there is nothing due: so ticks may be late, doubled or concurrent.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from fairness import draw
from fairness.hashing import sha256
from fairness.merkle import leaf_hash, root_of
from fairness.messages import CloseMessage, VoidCause
from fairness.seeds import commit_seed
from keno_platform.core.clock import to_milliseconds
from rounds import announce, beacons, custody, selectors
from rounds.models import Round, RoundStatus
from rounds.ports import ports
from rounds.proofs import commit_leaf
from rounds.services import voiding

logger = logging.getLogger(__name__)
WAIT_MAX = timedelta(minutes=15)
"""How long a round may wait for what its draw needs, by the void policy."""
GATE_PATIENCE, SINGLE_PATIENCE = "1s", "100ms"
"""How long the close waits for bets in flight: of all due rounds together, and then of each alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """A draw that is made and not yet stored."""

    round_id: int
    numbers: tuple[int, ...]
    seed: bytes
    beacon: bytes | None


@transaction.atomic(durable=True)
def open_due() -> list[Round]:
    """scheduled -> open: the earliest due round of each game that has none open."""
    return _moved(_OPEN, [], event="opened")


def close_due() -> list[int]:
    """
    open -> closed, for every round whose time is up.

    The exclusive lock waits for the bets that passed the gate; when it is held they are committed, and every
    later bet finds the clock beyond the close. Nothing is announced before `seal_bets` has counted them.
    A bet that never ends holds up its own round only.
    """
    due = _ids("SELECT id FROM public.rounds_round WHERE status = 'open' AND closes_at <= clock_timestamp()")
    try:
        return _close(due, patience=GATE_PATIENCE) if due else []
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
    return [round_id for one in due for round_id in _close_if_free(one)]


@transaction.atomic(durable=True)
def _close(due: list[int], *, patience: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [patience])
        cursor.execute("SELECT public.rounds_shut(%s)", [due])
    return _ids(_CLOSE, [due])


def _close_if_free(round_id: int) -> list[int]:
    try:
        return _close([round_id], patience=SINGLE_PATIENCE)
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        logger.warning("round %s cannot close yet: a bet that passed its gate has not ended", round_id)
        return []


@transaction.atomic(durable=True)
def seal_bets() -> list[Round]:
    """Commit to the bets of closed rounds: the tree of their leaves, and the signed CLOSE message."""
    waiting = _ids(_UNSEALED)
    if not waiting:
        return []
    rounds = {one.pk: one for one in Round.objects.select_related("game").filter(pk__in=waiting)}
    leaves = _bet_leaves(waiting)
    sealed = []
    for one in sorted(rounds.values(), key=lambda one: (one.game_id, one.number)):
        hashes = [leaf for _, leaf in sorted(leaves.get(one.pk, []))]
        if _seal(one, hashes):
            sealed.append(one)
    announce.tell("closed", sealed)
    return sealed


def draw_due() -> list[Round]:
    """
    closed -> drawn, for every round whose bets are sealed and whose beacon exists by now.

    A round that cannot be drawn holds up no other: it waits for staff, and is void after WAIT_MAX.
    """
    ready = _ready_to_draw()
    seeds = custody.seeds_of_ended([one.pk for one in ready]) if ready else {}
    values: dict[tuple[str, int], bytes | None] = {}
    drawn = []
    for one in ready:
        seed, key = seeds[one.pk], (one.network, one.beacon_round)
        if seed is None:
            _wait_or_void(one)
        elif not _seed_is_committed(one, seed):
            reason = "the seed does not match its commitment"
            voiding.void_for_fault(one, cause=VoidCause.SEED_MISMATCH, reason=reason)
        else:
            if key not in values:
                values[key] = beacons.fetch(beacons.get_network(one.network), one.beacon_round)
            drawn.append(_draw(one, seed, values[key]))
    return _store_draws(drawn)


def _wait_or_void(one: Round) -> None:
    """A key that does not open may be this process's wrong setting, so nothing is void in haste."""
    logger.error("the key of epoch %s cannot be opened: is KENO_SEAL_KEY right? round %s waits", one.epoch_id, one.pk)
    if selectors.database_now() - one.closes_at > WAIT_MAX:
        voiding.void_for_fault(one, cause=VoidCause.EPOCH_KEY_LOST, reason="the seed's key is lost")


@transaction.atomic(durable=True)
def settle_due() -> list[Round]:
    """drawn -> settled, where every operator with bets in the round has paid."""
    return _moved(_SETTLE, [], event="settled")


@transaction.atomic(durable=True)
def reveal_due() -> list[Round]:
    """settled -> revealed: the seed becomes public."""
    return _moved(_REVEAL, [], event="revealed")


@transaction.atomic(durable=True)
def reveal_void() -> list[int]:
    """A void round publishes its seed too, once its betting time is over."""
    waiting, revealed = _ids(_VOID_UNREVEALED), []
    for round_id, seed in custody.seeds_of_ended(waiting).items() if waiting else ():
        if seed is not None:
            Round.objects.filter(pk=round_id, server_seed__isnull=True).update(server_seed=seed)
            revealed.append(round_id)
    return revealed


def _moved(statement: str, parameters: list[Any], *, event: str) -> list[Round]:
    moved = _ids(statement, parameters)
    rounds = list(Round.objects.select_related("game").filter(pk__in=moved)) if moved else []
    if rounds:
        announce.tell(event, rounds)
    return rounds


def _ids(statement: str, parameters: list[Any] | None = None) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or [])
        return [row[0] for row in cursor.fetchall()]


def _bet_leaves(round_ids: Sequence[int]) -> dict[int, list[tuple[UUID, bytes]]]:
    if ports.bet_leaves is None:
        raise RuntimeError("no source of bet leaves is wired in; see keno_platform.wiring")
    by_operator: dict[UUID, list[int]] = {}
    for round_id, operator_id in selectors.participants(round_ids):
        by_operator.setdefault(operator_id, []).append(round_id)
    leaves: dict[int, list[tuple[UUID, bytes]]] = {}
    for operator_id, ids in by_operator.items():
        for round_id, bet_id, leaf in ports.bet_leaves(operator_id, ids):
            leaves.setdefault(round_id, []).append((bet_id, leaf))
    return leaves


def _seal(one: Round, hashes: list[bytes]) -> bool:
    if one.closed_at is None:
        raise ValueError(f"round {one.pk} is not closed")
    one.bets_root, one.bets_count = root_of(hashes), len(hashes)
    message = CloseMessage(
        stream=one.game.stream,
        round_number=one.number,
        closed_ms=to_milliseconds(one.closed_at),
        bets_count=one.bets_count,
        bets_root=one.bets_root,
        prev_close_hash=_previous_close_hash(one),
    ).encode()
    one.close_message = message
    one.close_signature, one.close_key_id = custody.sign_close(message)
    changed = Round.objects.filter(pk=one.pk, status=RoundStatus.CLOSED, close_message__isnull=True).update(
        bets_root=one.bets_root,
        bets_count=one.bets_count,
        close_message=message,
        close_signature=one.close_signature,
        close_key_id=one.close_key_id,
    )
    return changed == 1


def _previous_close_hash(one: Round) -> bytes:
    """The CLOSE before this one in the same stream; 32 zero bytes for the first."""
    earlier = Round.objects.filter(game_id=one.game_id, number__lt=one.number, close_message__isnull=False)
    message = earlier.order_by("-number").values_list("close_message", flat=True).first()
    return sha256(bytes(message)) if message is not None else bytes(32)


def _ready_to_draw() -> list[Round]:
    now = selectors.database_now().timestamp()
    sealed = Round.objects.select_related("game").filter(status=RoundStatus.CLOSED, close_message__isnull=False)
    networks = {name: beacons.get_network(name) for name in {one.network for one in sealed}}
    return [one for one in sealed.order_by("pk") if beacons.due_second(networks[one.network], one.beacon_round) <= now]


def _seed_is_committed(one: Round, seed: bytes) -> bool:
    expected = commit_seed(stream=one.game.stream, round_number=one.number, seed=seed)
    return expected == bytes(one.server_seed_hash)


def _draw(one: Round, seed: bytes, beacon: bytes | None) -> _Drawn:
    lh = leaf_hash(commit_leaf(one, beacons.get_network(one.network)).encode())
    key = draw.draw_key(seed=seed, commit_leaf_hash=lh, beacon_signature=beacon)
    return _Drawn(round_id=one.pk, numbers=draw.draw_numbers(key=key), seed=seed, beacon=beacon)


@transaction.atomic(durable=True)
def _store_draws(drawn: Iterable[_Drawn]) -> list[Round]:
    stored = []
    with connection.cursor() as cursor:
        for one in drawn:
            cursor.execute(_DRAW, [list(one.numbers), one.seed, one.beacon, one.round_id])
            stored += [one.round_id] * cursor.rowcount
    rounds = list(Round.objects.select_related("game").filter(pk__in=stored))
    if rounds:
        announce.tell("drawn", rounds)
        announce.payable(stored)
    return rounds


# Concurrent ticks take the rows of rounds in the order of their ids, or leave what another has taken: so they never
# wait for each other in a circle. Rows of games come after those of rounds; see `announce.tell`.
_OPEN = """
    WITH earliest AS (
        SELECT DISTINCT ON (game_id) id FROM public.rounds_round
        WHERE status = 'scheduled' AND opens_at <= clock_timestamp()
        ORDER BY game_id, number
    ), due AS (
        SELECT id FROM public.rounds_round
        WHERE status = 'scheduled' AND id IN (SELECT id FROM earliest)
        ORDER BY id FOR UPDATE SKIP LOCKED
    )
    UPDATE public.rounds_round r SET status = 'open', opened_at = clock_timestamp()
    FROM due WHERE r.id = due.id
      AND NOT EXISTS (SELECT 1 FROM public.rounds_round o WHERE o.game_id = r.game_id AND o.status = 'open')
    RETURNING r.id
"""
_CLOSE = """
    UPDATE public.rounds_round SET status = 'closed', closed_at = clock_timestamp()
    WHERE id = ANY (%s) AND status = 'open' RETURNING id
"""
_UNSEALED = """
    SELECT id FROM public.rounds_round WHERE status = 'closed' AND close_message IS NULL
    ORDER BY id FOR UPDATE
"""
_DRAW = """
    UPDATE public.rounds_round
    SET status = 'drawn', drawn_at = clock_timestamp(), numbers_drawn = %s, server_seed = %s, beacon_signature = %s
    WHERE id = %s AND status = 'closed'
"""
_SETTLE = """
    WITH paid AS (
        SELECT o.id FROM public.rounds_round o
        WHERE o.status = 'drawn' AND NOT EXISTS (
            SELECT 1 FROM public.rounds_participation p WHERE p.round_id = o.id AND p.settled_at IS NULL)
        ORDER BY o.id FOR UPDATE SKIP LOCKED
    )
    UPDATE public.rounds_round r SET status = 'settled', settled_at = clock_timestamp()
    FROM paid WHERE r.id = paid.id RETURNING r.id
"""
_REVEAL = """
    WITH ready AS (
        SELECT id FROM public.rounds_round WHERE status = 'settled' ORDER BY id FOR UPDATE SKIP LOCKED
    )
    UPDATE public.rounds_round r SET status = 'revealed', revealed_at = clock_timestamp()
    FROM ready WHERE r.id = ready.id RETURNING r.id
"""
# Where the seed did not match its commitment, there is none to publish: the database would refuse any other.
_VOID_UNREVEALED = f"""
    SELECT id FROM public.rounds_round
    WHERE status = 'void' AND server_seed IS NULL AND closes_at <= clock_timestamp()
      AND void_cause IS DISTINCT FROM {int(VoidCause.SEED_MISMATCH)}
    ORDER BY id FOR UPDATE
"""
