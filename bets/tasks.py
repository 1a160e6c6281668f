"""Celery's side of settlement. Tasks carry ids only, may run twice, and may be lost: the sweeper reads the rows."""

import logging
from uuid import UUID

from celery import shared_task

from bets.services import partitions, settlement
from rounds import selectors as rounds

logger = logging.getLogger(__name__)
OVERDUE_S = 2.0
SWEEP_MAX = 200


@shared_task(name="bets.settle_round", ignore_result=True)
def settle_round(*, operator_id: str, round_id: int, **_: object) -> bool:
    """Settle one round for one operator."""
    return settlement.settle_round(operator_id=UUID(operator_id), round_id=round_id)


@shared_task(name="bets.settle_overdue", ignore_result=True)
def settle_overdue(**_: object) -> int:
    """Settle what should be settled by now: the message was lost, or the worker died with it."""
    settled = 0
    for round_id, operator_id in rounds.unsettled(older_than_s=OVERDUE_S)[:SWEEP_MAX]:
        logger.info("round %s of operator %s was overdue; settling it now", round_id, operator_id)
        settled += settlement.settle_round(operator_id=operator_id, round_id=round_id)
    return settled


@shared_task(name="bets.make_partitions", ignore_result=True)
def make_partitions(**_: object) -> list[str]:
    """Make the day partitions that the next days need."""
    return partitions.make_all_partitions()


def request_settlement(round_ids: list[int]) -> None:
    """Told when rounds become payable: one message for each operator with bets in them."""
    for round_id, operator_id in rounds.unsettled(round_ids):
        settle_round.apply_async(
            kwargs={"operator_id": str(operator_id), "round_id": round_id},
            queue="settlement",
            retry=False,
            expires=30,
        )
