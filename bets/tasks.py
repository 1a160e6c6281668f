"""Celery's side of settlement. Tasks carry ids only, may run twice, and may be lost: the sweeper reads the rows."""

import logging
from uuid import UUID

from celery import Task, shared_task

from bets import telling
from bets.services import partitions, settlement
from keno_platform.core.watchdog import WATCHDOG
from keno_platform.observability.instruments import SWEPT
from operators.selectors import get_operator
from rounds import selectors as rounds

logger = logging.getLogger(__name__)
OVERDUE_S = 2.0
SWEEP_MAX = 200
PAIRS_A_MESSAGE = 16
"""Settlements in one message: sending and taking one costs as much as settling a round of some bets."""
STALL_S = 20.0
"""A settlement that takes longer stands still: millions of bets take less."""


@shared_task(name="bets.settle_round", ignore_result=True, stall_limit=STALL_S)
def settle_round(*, operator_id: str, round_id: int, **_: object) -> bool:
    """Settle one round for one operator."""
    return settlement.settle_round(operator_id=UUID(operator_id), round_id=round_id)


@shared_task(name="bets.settle_rounds", ignore_result=True, stall_limit=STALL_S)
def settle_rounds(*, pairs: list[tuple[int, str]], **_: object) -> int:
    """Settle (round, operator) pairs, each by itself: one that fails holds up no other, and the sweeper finds it."""
    settled = 0
    for round_id, operator_id in pairs:
        try:
            settled += settlement.settle_round(operator_id=UUID(operator_id), round_id=round_id)
        except Exception:
            logger.exception("round %s of operator %s could not be settled", round_id, operator_id)
        WATCHDOG.progress()
    return settled


@shared_task(name=telling.TELL_TASK, ignore_result=True)
def tell_settled(*, operator_id: str, round_id: int, **_: object) -> None:
    """Tell the players of a settled round with many bets what became of them."""
    operator = get_operator(operator_id=UUID(operator_id))
    telling.settled_many(operator, rounds.outcome_of(round_id))


@shared_task(name="bets.settle_overdue", ignore_result=True, stall_limit=STALL_S)
def settle_overdue(**_: object) -> int:
    """Settle what should be settled by now: the message was lost, or the worker died with it."""
    settled = 0
    for round_id, operator_id in rounds.unsettled(older_than_s=OVERDUE_S)[:SWEEP_MAX]:
        logger.info("round %s of operator %s was overdue; settling it now", round_id, operator_id)
        SWEPT.inc()
        settled += settlement.settle_round(operator_id=operator_id, round_id=round_id)
        WATCHDOG.progress()
    return settled


@shared_task(name="bets.make_partitions", ignore_result=True)
def make_partitions(**_: object) -> list[str]:
    """Make the day partitions that the next days need."""
    return partitions.make_all_partitions()


@shared_task(name="bets.analyse_partitions", ignore_result=True)
def analyse_partitions(**_: object) -> list[str]:
    """Analyse today's and yesterday's partitions where they have grown."""
    return partitions.analyse_all_grown()


@shared_task(name="bets.share_out", ignore_result=True)
def share_out(*, round_ids: list[int], **_: object) -> int:
    """Settle some of these rounds here, and send the others out in messages for whoever settles besides."""
    pairs = [(round_id, str(operator_id)) for round_id, operator_id in rounds.unsettled(round_ids)]
    for first in range(PAIRS_A_MESSAGE, len(pairs), PAIRS_A_MESSAGE):
        _send(settle_rounds, pairs=pairs[first : first + PAIRS_A_MESSAGE])
    settled: int = settle_rounds(pairs=pairs[:PAIRS_A_MESSAGE])
    return settled


def request_settlement(round_ids: list[int]) -> None:
    """
    Told when rounds become payable, by whoever drives them: one message, whatever their number. Of 250 games and 200
    operators there are three thousand messages to send, and closes would wait for that.
    """
    _send(share_out, round_ids=round_ids)


def _send(task: Task, **message: object) -> None:
    task.apply_async(kwargs=message, queue="settlement", retry=False, expires=30)
