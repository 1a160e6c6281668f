"""
The arrows of a round, one function each. Every one is a compare-and-set over all games at once, goes by the
database's clock, and does nothing where there is nothing due: so ticks may be late, doubled or concurrent.
"""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from anchors.selectors import anchored
from fairness.hashing import sha256
from fairness.merkle import root_of
from fairness.messages import CloseMessage, VoidCause
from keno_platform.core.clock import to_milliseconds
from rounds import announce, custody, selectors
from rounds.models import Anchoring, Round, RoundStatus
from rounds.ports import ports, records_in_order
from rounds.services import voiding

logger = logging.getLogger(__name__)
GATE_PATIENCE, SINGLE_PATIENCE = "1s", "100ms"
"""How long the close waits for bets in flight: of all due rounds together, and then of each alone."""


def open_due() -> list[Round]:
    """
    scheduled -> open: the earliest due round of each game that has none open.

    Where the epoch is not final on the chain by now, a round that demands it is void, and another is labelled.
    """
    due = list(Round.objects.select_related("epoch", "game").filter(pk__in=_ids(_TO_OPEN)).order_by("pk"))
    final = anchored({one.epoch.anchor_seq for one in due if one.epoch.anchor_seq is not None}) if due else {}
    opening = []
    for one in due:
        anchor = final.get(one.epoch.anchor_seq or 0)
        one.signed_only = anchor is None or anchor.block_time >= one.opens_at.timestamp()
        if one.signed_only and one.anchoring == Anchoring.REQUIRED:
            reason = "its commitment was not final on the chain when it should have opened"
            voiding.void_for_fault(one, cause=VoidCause.EPOCH_NOT_ANCHORED, reason=reason)
        else:
            opening.append(one)
    return _open(opening) if opening else []


@transaction.atomic(durable=True)
def _open(rounds: Sequence[Round]) -> list[Round]:
    labels = [[one.pk for one in rounds], [one.signed_only for one in rounds]]
    return _moved(_OPEN, labels, event="opened")


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
    records = _bet_records(waiting)
    sealed = []
    for one in sorted(rounds.values(), key=lambda one: (one.game_id, one.number)):
        hashes = [record[16:] for record in records_in_order(records.get(one.pk, []))]
        if _seal(one, hashes):
            sealed.append(one)
    announce.tell("closed", sealed)
    return sealed


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
    word = custody.sign(message)
    one.close_message, one.close_signature, one.close_key_id = message, word.signature, word.key_id
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


_TO_OPEN = """
    SELECT DISTINCT ON (game_id) id FROM public.rounds_round r
    WHERE status = 'scheduled' AND opens_at <= clock_timestamp()
      AND NOT EXISTS (SELECT 1 FROM public.rounds_round o WHERE o.game_id = r.game_id AND o.status = 'open')
    ORDER BY game_id, number
"""
# Concurrent ticks take the rows of rounds in the order of their ids, or leave what another has taken: so they never
# wait for each other in a circle. Rows of games come after those of rounds; see `announce.tell`.
_OPEN = """
    WITH due AS (
        SELECT r.id, label.signed_only
        FROM public.rounds_round r
        JOIN unnest(%s::bigint[], %s::boolean[]) AS label (id, signed_only) ON label.id = r.id
        WHERE r.status = 'scheduled'
        ORDER BY r.id FOR UPDATE OF r SKIP LOCKED
    )
    UPDATE public.rounds_round r
    SET status = 'open', opened_at = clock_timestamp(), signed_only = due.signed_only
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
      AND void_cause IS DISTINCT FROM {int(VoidCause.SEED_MISMATCH)} AND results_tree_id IS NULL
    ORDER BY id FOR UPDATE
"""
