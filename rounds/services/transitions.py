"""
The arrows of a round, one function each. Every one is a compare-and-set over all games at once, goes by the
database's clock (in a sandbox by the game's own), and does nothing where there is nothing due: so ticks may be late,
doubled or concurrent. How the bets of a closed round are sealed is in `sealing`.
"""

import logging
from datetime import datetime
from typing import Any, LiteralString, NamedTuple

from django.db import OperationalError, transaction
from psycopg.errors import LockNotAvailable

from anchors.selectors import anchored
from fairness.messages import VoidCause
from keno_platform.core import buggify
from rounds import announce, custody
from rounds.facts import COLUMNS, RoundFacts
from rounds.models import Anchoring
from rounds.services import voiding
from rounds.services.sealing import seal_bets
from rounds.services.sets import ALL, SET_MAX, Apart, Share
from rounds.statements import run, run_ids

__all__ = ["close_due", "open_due", "reveal_due", "reveal_void", "seal_bets", "settle_due"]

logger = logging.getLogger(__name__)
GATE_PATIENCE, SINGLE_PATIENCE = "1s", "100ms"
"""How long the close waits for bets in flight: of all rounds that are not free at once, and then of each alone."""
OPENED_OF_MAX = 2 * SET_MAX
"""Among how many rounds the next one of each game is looked for."""
_stuck: set[int] = set()
"""Rounds whose gate stayed taken for as long as that: from now on each is asked alone and briefly."""
_to_reveal = Apart("revealed")


class _Due(NamedTuple):
    """A round that should open, as the statement returns it, with the place of its epoch in the order of the chain."""

    id: int
    opens_at: datetime
    anchoring: str
    anchor_seq: int | None


def close_due(share: Share = ALL) -> list[int]:
    """
    open -> closed, for every round whose time is up.

    The exclusive lock waits for the bets that passed the gate; when it is held they are committed, and every
    later bet finds the clock beyond the close. Nothing is announced before `seal_bets` has counted them.
    Rounds without a bet in flight wait for none; a bet that never ends holds up its own round only.
    """
    due = run_ids(_TO_CLOSE, [share.of, share.own])
    closed = _close_free(due) if due else []
    _stuck.difference_update(closed)
    held = sorted(set(due).difference(closed))
    stuck = [one for one in held if one in _stuck]
    closed += _close_together([one for one in held if one not in _stuck])
    return closed + [round_id for one in stuck for round_id in _close_if_free(one)]


@transaction.atomic(durable=True)
def _close_free(due: list[int]) -> list[int]:
    """Those whose gate is free at this moment."""
    [(free,)] = run("SELECT public.rounds_shut_free(%b::bigint[])", [due])
    return run_ids(_CLOSE, [free]) if free else []


def _close_together(due: list[int]) -> list[int]:
    """Those that become free in good time, waiting for all of them at once."""
    try:
        return _close(due, patience=GATE_PATIENCE) if due else []
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
    return [round_id for one in due for round_id in _close_if_free(one)]


@transaction.atomic(durable=True)
def _close(due: list[int], *, patience: str) -> list[int]:
    run("SELECT set_config('lock_timeout', %b, true)", [patience])
    run("SELECT public.rounds_shut(%b::bigint[])", [due])
    return run_ids(_CLOSE, [due])


def _close_if_free(round_id: int) -> list[int]:
    try:
        closed = _close([round_id], patience=SINGLE_PATIENCE)
        _stuck.discard(round_id)
        return closed
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        _stuck.add(round_id)
        logger.warning("round %s cannot close yet: a bet that passed its gate has not ended", round_id)
        return []


def open_due(share: Share = ALL) -> list[RoundFacts]:
    """
    scheduled -> open: the earliest due round of each game that has none open.

    Where the epoch is not final on the chain by now, a round that demands it is void, and another is labelled.
    """
    due = [_Due(*row) for row in run(_TO_OPEN, [share.of, share.own, share.of, share.own])]
    final = anchored({one.anchor_seq for one in due if one.anchor_seq is not None}) if due else {}
    opening: list[tuple[int, bool]] = []
    for one in due:
        anchor = final.get(one.anchor_seq or 0)
        signed_only = anchor is None or anchor.block_time >= one.opens_at.timestamp()
        if signed_only and one.anchoring == Anchoring.REQUIRED:
            reason = "its commitment was not final on the chain when it should have opened"
            voiding.void_for_fault(one, cause=VoidCause.EPOCH_NOT_ANCHORED, reason=reason)
        else:
            opening.append((one.id, signed_only))
    return _open(opening) if opening else []


@transaction.atomic(durable=True)
def _open(labels: list[tuple[int, bool]]) -> list[RoundFacts]:
    ids, signed_only = ([label[column] for label in labels] for column in (0, 1))
    return _moved(_OPEN, ids, signed_only, event="opened")


@transaction.atomic(durable=True)
def settle_due(share: Share = ALL) -> list[RoundFacts]:
    """drawn -> settled, where every operator with bets in the round has paid."""
    return _moved(_SETTLE, share.of, share.own, SET_MAX, event="settled")


@transaction.atomic(durable=True)
def reveal_due(share: Share = ALL) -> list[RoundFacts]:
    """settled -> revealed: the seed becomes public."""
    revealed = _moved(_REVEAL, share.of, share.own, SET_MAX, event="revealed")
    if revealed:
        announce.finished([one.id for one in revealed])
    return revealed


@transaction.atomic(durable=True)
def reveal_void(share: Share = ALL) -> list[int]:
    """A void round publishes its seed too, once its betting time is over; where its key is lost, it waits."""
    waiting = _to_reveal.without_failed(run_ids(_VOID_UNREVEALED, [share.of, share.own]))[:SET_MAX]
    found = custody.seeds_of_ended(waiting) if waiting else {}
    seeds = {round_id: seed for round_id, seed in found.items() if seed is not None}
    _to_reveal.put_aside(found.keys() - seeds.keys())
    return run_ids(_REVEAL_VOID, [list(seeds), list(seeds.values())]) if seeds else []


def _moved(statement: LiteralString, *parameters: Any, event: str) -> list[RoundFacts]:
    moved = [RoundFacts(*row) for row in run(statement, parameters)]
    announce.tell(event, moved)
    buggify.here("rounds.uncommitted")
    return moved


# Statistics never know how many rounds are in a state at this moment: many enter and leave it together. So what is
# looked up for each row is a subquery of its own, which is never joined as a whole; and where ids are given, the state
# is asked after in a form that no partial index answers (`status || ''`), so that rows are found by their ids.
NONE_OPEN = """
    (SELECT 1 FROM public.rounds_round o WHERE o.game_id = r.game_id AND o.status = 'open' LIMIT 1) IS NULL
"""
NONE_UNPAID = """
    (SELECT 1 FROM public.rounds_participation p WHERE p.round_id = r.id AND p.settled_at IS NULL LIMIT 1) IS NULL
"""
# Of the rounds that are due the earliest some: after a long pause there may be a hundred thousand. A game whose round
# is still open is left out before they are counted, so that it does not fill the places of others. A sandbox's game
# gives the first of its rounds alone: while its clock stood still, hundreds may have come due.
_TO_OPEN = f"""
    WITH own AS MATERIALIZED (SELECT game_id, now FROM public.rounds_sandbox_time),
    due AS (
        (SELECT r.id, r.game_id, r.number FROM public.rounds_round r
         WHERE r.status = 'scheduled' AND NOT r.sandbox AND r.opens_at <= (SELECT clock_timestamp())
           AND r.game_id %% %b = %b
           AND {NONE_OPEN}
         ORDER BY r.opens_at LIMIT {OPENED_OF_MAX})
        UNION ALL
        SELECT r.id, r.game_id, r.number FROM own s
        CROSS JOIN LATERAL (
            SELECT n.id, n.game_id, n.number FROM public.rounds_round n
            WHERE n.game_id = s.game_id AND n.status = 'scheduled' AND n.sandbox AND n.opens_at <= s.now
            ORDER BY n.opens_at LIMIT 1) r
        WHERE s.game_id %% %b = %b AND {NONE_OPEN}
    ), first AS (
        SELECT DISTINCT ON (game_id) id FROM due ORDER BY game_id, number
    )
    SELECT r.id, r.opens_at, r.anchoring, e.anchor_seq
    FROM first JOIN public.rounds_round r ON r.id = first.id JOIN public.rounds_epoch e ON e.id = r.epoch_id
    ORDER BY r.id
"""
_TO_CLOSE = """
    SELECT id FROM public.rounds_round
    WHERE status = 'open' AND closes_at <= public.rounds_own_time(sandbox, game_id) AND game_id %% %b = %b ORDER BY id
"""
# Concurrent ticks take the rows of rounds in the order of their ids, or leave what another has taken: so they never
# wait for each other in a circle. Rows of games come after those of rounds; see `announce.tell`.
_OPEN = f"""
    WITH due AS (
        SELECT r.id, label.signed_only
        FROM unnest(%b::bigint[], %b::boolean[]) AS label (id, signed_only)
        JOIN public.rounds_round r ON r.id = label.id
        WHERE r.status || '' = 'scheduled'
        ORDER BY r.id FOR UPDATE OF r SKIP LOCKED
    )
    UPDATE public.rounds_round r
    SET status = 'open', opened_at = greatest(public.rounds_own_time(r.sandbox, r.game_id), r.opens_at),
        signed_only = due.signed_only
    FROM due WHERE r.id = due.id
      AND {NONE_OPEN}
    RETURNING {COLUMNS}
"""
# Whatever is written is not before what it follows, even if somebody stops the clock of a sandbox at this moment.
_CLOSE = """
    UPDATE public.rounds_round
    SET status = 'closed', closed_at = greatest(public.rounds_own_time(sandbox, game_id), closes_at)
    WHERE id = ANY (%b::bigint[]) AND status = 'open' RETURNING id
"""
_SETTLE = f"""
    WITH paid AS (
        SELECT r.id FROM public.rounds_round r WHERE r.status = 'drawn' AND {NONE_UNPAID} AND r.game_id %% %b = %b
        ORDER BY r.id LIMIT %b FOR UPDATE OF r SKIP LOCKED
    )
    UPDATE public.rounds_round r
    SET status = 'settled', settled_at = greatest(public.rounds_own_time(r.sandbox, r.game_id), r.drawn_at)
    FROM paid WHERE r.id = paid.id RETURNING {COLUMNS}
"""
_REVEAL = f"""
    WITH ready AS (
        SELECT id FROM public.rounds_round WHERE status = 'settled' AND game_id %% %b = %b
        ORDER BY id LIMIT %b FOR UPDATE SKIP LOCKED
    )
    UPDATE public.rounds_round r
    SET status = 'revealed', revealed_at = greatest(public.rounds_own_time(r.sandbox, r.game_id), r.settled_at)
    FROM ready WHERE r.id = ready.id RETURNING {COLUMNS}
"""
# Where the seed did not match its commitment, there is none to publish: the database would refuse any other.
_VOID_UNREVEALED = f"""
    SELECT id FROM public.rounds_round
    WHERE status = 'void' AND game_id %% %b = %b AND server_seed IS NULL
      AND closes_at <= public.rounds_own_time(sandbox, game_id)
      AND void_cause IS DISTINCT FROM {int(VoidCause.SEED_MISMATCH)} AND results_tree_id IS NULL
    ORDER BY id FOR UPDATE
"""
_REVEAL_VOID = """
    UPDATE public.rounds_round r SET server_seed = opened.seed
    FROM unnest(%b::bigint[], %b::bytea[]) AS opened (id, seed)
    WHERE r.id = opened.id AND r.server_seed IS NULL RETURNING r.id
"""
