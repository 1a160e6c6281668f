"""Telling the world, after the commit: frames to sockets, and neutral facts to whoever is wired in."""

import logging
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from keno_platform.core import clock
from keno_platform.live.topics import game_topic, publish
from rounds.models import Round, RoundStatus
from rounds.ports import ports

logger = logging.getLogger(__name__)


def tell(event: str, rounds: Sequence[Round]) -> None:
    """
    Announce one event of these rounds once the transaction commits.

    The sequence number of each frame is taken inside the transaction, from the game's row: it has no gaps
    except where a frame was lost, which is what a listener needs to know.
    """
    rounds = sorted(rounds, key=lambda one: (one.game_id, one.number))
    frames = []
    for one in rounds:
        frame = {"type": f"round.{event}", "seq": _next_seq(one.game_id), **describe(one)}
        frames.append((game_topic(one.game.code), frame))
    transaction.on_commit(lambda: publish(frames))


def payable(round_ids: Sequence[int]) -> None:
    """Say, once the transaction commits, that operators can settle these rounds."""
    ids = list(round_ids)
    transaction.on_commit(lambda: _call_listeners(ids))


def describe(one: Round) -> dict[str, Any]:
    """A round as every frame and answer names it; what is not known or not public yet is absent."""
    known: dict[str, Any] = {
        "game": one.game.code,
        "round_id": one.pk,
        "number": one.number,
        "status": one.status,
        "opens_at": clock.to_text(one.opens_at),
        "closes_at": clock.to_text(one.closes_at),
        "commitment": bytes(one.server_seed_hash).hex(),
    }
    if one.signed_only is not None:
        known["commitment_status"] = "signed-only" if one.signed_only else "anchored"
    if one.close_message is not None and one.bets_root is not None:
        known |= {"bets_count": one.bets_count, "bets_root": bytes(one.bets_root).hex()}
    if one.status == RoundStatus.CLOSED and one.close_message is not None:
        # Whoever keeps this frame has the CLOSE from before the beacon existed: another one later would be a proof.
        known["close"] = {
            "message": bytes(one.close_message).hex(),
            "signature": bytes(one.close_signature or b"").hex(),
            "key_id": one.close_key_id,
        }
    if one.numbers_drawn is not None:
        known["numbers"] = list(one.numbers_drawn)
    if one.status == RoundStatus.REVEALED and one.server_seed is not None:
        known["server_seed"] = bytes(one.server_seed).hex()
        known["beacon_signature"] = bytes(one.beacon_signature or b"").hex()
    if one.status == RoundStatus.VOID:
        known["reason"] = one.void_reason
    return known


def _next_seq(game_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.rounds_game SET event_seq = event_seq + 1 WHERE id = %s RETURNING event_seq",
            [game_id],
        )
        return int(cursor.fetchone()[0])


def _call_listeners(round_ids: list[int]) -> None:
    for listener in ports.on_payable:
        try:
            listener(round_ids)
        except Exception:
            # A message that is not sent costs seconds: the sweeper finds the rounds in the rows.
            logger.warning(
                "rounds %s were not announced as payable; the sweeper will find them",
                round_ids,
                exc_info=True,
            )
