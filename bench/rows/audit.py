"""Appending to the audit log: a batch inside the transaction of its events, against a transaction for each entry."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from bench.harness import Bench, Row, interleave, meets

if TYPE_CHECKING:
    from audit.services import Event

ORDER, SECONDS = 72, 8
TARGET = ">= 20,000 rows/s"
BATCH = 500
"""Events of one transaction: as many as a bulk call may have bets."""


def run(bench: Bench) -> Iterable[Row]:
    from django.db import transaction

    from audit import services as audit
    from audit.services import Event

    operator_id, batches = uuid4(), bench.scale(60, 20)
    alone = bench.scale(1_000, 300)

    def events(count: int) -> list[Event]:
        return [_event(operator_id, n) for n in range(count)]

    def in_batches() -> float:
        told = events(BATCH)
        began = time.perf_counter()
        for _ in range(batches):
            with transaction.atomic(durable=True):
                audit.record_many(told)
        return batches * BATCH / (time.perf_counter() - began)

    def one_by_one() -> float:
        told = events(alone)
        began = time.perf_counter()
        for one in told:
            with transaction.atomic(durable=True):
                audit.record(
                    one.event_type,
                    description=one.description,
                    actor=one.actor,
                    operator_id=one.operator_id,
                    round_id=one.round_id,
                    bet_id=one.bet_id,
                    before=one.before,
                    after=one.after,
                )
        return alone / (time.perf_counter() - began)

    in_batches()  # warm
    pair = interleave(in_batches, one_by_one, repeats=bench.scale(5, 3))
    yield Row(
        name=f"audit entries appended in batches of {BATCH}, each batch one durable transaction",
        value=pair.value,
        unit="rows/s",
        yardstick="one durable transaction for each entry, by audit.services.record",
        yardstick_value=pair.yardstick_value,
        ratio=pair.ratio,
        target=TARGET,
        met=meets(TARGET, pair.value),
        samples=pair.work,
        yardstick_samples=pair.yardstick,
    )


def _event(operator_id: UUID, number: int) -> "Event":
    from audit.services import Event

    return Event(
        event_type="bet.cancelled",
        description=f"bet {number} taken back",
        actor="operator:bench",
        operator_id=operator_id,
        round_id=number,
        bet_id=UUID(int=number),
        before={"status": "pending"},
        after={"status": "rolled_back", "stake": "10.00"},
    )
