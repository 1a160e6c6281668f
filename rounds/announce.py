"""Telling the world, after the commit: frames to sockets, and neutral facts to whoever is wired in."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from django.db import transaction

from keno_platform.core import clock
from keno_platform.live.topics import game_topic, publish
from rounds import facts
from rounds.facts import RoundFacts
from rounds.models import Round
from rounds.ports import Listener, ports
from rounds.statements import run

logger = logging.getLogger(__name__)


def tell(event: str, rounds: Sequence[RoundFacts]) -> None:
    """
    Announce one event of these rounds once the transaction commits.

    The sequence number of each frame is taken inside the transaction, from the game's row: it has no gaps
    except where a frame was lost, which is what a listener needs to know.
    """
    if not rounds:
        return
    in_order = sorted(rounds, key=lambda one: (one.game_id, one.number))
    places = _take_places(Counter(one.game_id for one in in_order))
    transaction.on_commit(lambda: publish(_frames(event, in_order, places)))


def payable(round_ids: Sequence[int]) -> None:
    """Say, once the transaction commits, that operators can settle these rounds."""
    ids = list(round_ids)
    transaction.on_commit(lambda: _call(ports.on_payable, ids, "payable"))


def finished(round_ids: Sequence[int]) -> None:
    """Say, once the transaction commits, that these rounds are revealed or void."""
    ids = list(round_ids)
    transaction.on_commit(lambda: _call(ports.on_finished, ids, "finished"))


def describe(one: Round) -> dict[str, Any]:
    """A round as every frame and answer names it; what is not known or not public yet is absent."""
    return facts.describe(RoundFacts.of(one), game=one.game.code)


def _frames(
    event: str, rounds: Sequence[RoundFacts], places: Mapping[int, tuple[str, int]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Topic and frame of each round. Rounds of many games share their times, so each is written out once."""
    to_text, taken = cache(clock.to_text), Counter[int]()
    for one in rounds:
        code, before = places[one.game_id]
        taken[one.game_id] += 1
        frame = {
            "type": f"round.{event}",
            "seq": before + taken[one.game_id],
            **facts.describe(one, game=code, to_text=to_text),
        }
        yield game_topic(code), frame


def _take_places(counts: Mapping[int, int]) -> dict[int, tuple[str, int]]:
    """For each game its code, and the number of the last frame before so many new ones."""
    rows = run(_TAKE_PLACES, [list(counts), list(counts.values())])
    return {game_id: (code, last - counts[game_id]) for game_id, code, last in rows}


def _call(listeners: Sequence[Listener], round_ids: list[int], what: str) -> None:
    for listener in listeners:
        try:
            listener(round_ids)
        except Exception:
            # Rounds go on all the same: what must not be missed is found in the rows by whoever listens.
            logger.warning("rounds %s were not announced as %s", round_ids, what, exc_info=True)


# The rows of games are taken in the order of their ids, so that two ticks never wait for each other in a circle.
_TAKE_PLACES = """
    WITH held AS (
        SELECT g.id, told.frames
        FROM unnest(%b::bigint[], %b::bigint[]) AS told (id, frames) JOIN public.rounds_game g ON g.id = told.id
        ORDER BY g.id FOR NO KEY UPDATE OF g
    )
    UPDATE public.rounds_game g SET event_seq = g.event_seq + held.frames
    FROM held WHERE g.id = held.id RETURNING g.id, g.code, g.event_seq
"""
