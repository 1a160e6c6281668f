"""Settlement: winners paid and void stakes returned, per operator and round, exactly once."""

import time
from collections.abc import Sequence
from contextlib import nullcontext
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from psycopg import sql

from bets import telling
from bets.models import Outcome, bits_of
from bets.results import id_range
from keno_platform.core import buggify
from keno_platform.observability import facts
from keno_platform.observability.instruments import SETTLED_BETS, SETTLEMENT_SECONDS, SETTLEMENTS
from operators.models import Operator
from operators.selectors import get_operator
from operators.tenancy import tenant_transaction
from rounds.selectors import RoundOutcome, outcome_of
from webhooks import selectors as subscriptions
from webhooks import services as webhooks

PREPARED_MAX = 1000
"""Statements that a connection keeps prepared: one for each operator."""


def settle_round(*, operator_id: UUID, round_id: int) -> bool:
    """
    Settle one round for one operator. Returns False when it was settled before.

    :raises ValueError: the round has no outcome yet.
    """
    outcome, operator = _outcome(round_id), _constant_facts(operator_id)
    subscribed = subscriptions.wants(operator_id, "bet.settled")
    # One statement is a transaction by itself; events are written in the same one as the money that they tell of.
    alone = not subscribed and not connection.in_atomic_block
    began = time.perf_counter()
    buggify.here("settlement.before")
    with facts.about(operator=operator.slug, round_id=round_id):
        with nullcontext() if alone else tenant_transaction(operator):
            done, *settled = _settle(operator, outcome)
            if done and subscribed:
                items = telling.events(operator, outcome)
                webhooks.emit_many(operator=operator, event="bet.settled", items=items)
                buggify.here("settlement.uncommitted")
        buggify.here("settlement.after")
        if done:
            told = telling.Settled(*settled)
            _count(operator, told, time.perf_counter() - began)
            telling.settled(operator, outcome, told)
    return bool(done)


def _count(operator: Operator, settled: telling.Settled, seconds: float) -> None:
    SETTLEMENTS.labels(operator.slug).inc()
    SETTLED_BETS.labels(operator.slug).inc(settled.bet_count)
    SETTLEMENT_SECONDS.observe(seconds)


@lru_cache(maxsize=1024)
def _outcome(round_id: int) -> RoundOutcome:
    """Remembered: with many operators the same round is asked for many times within a second."""
    return outcome_of(round_id)


@lru_cache(maxsize=1024)
def _constant_facts(operator_id: UUID) -> Operator:
    """An operator of which only what never changes may be looked at: schema, currency. The rest the database asks."""
    return get_operator(operator_id=operator_id)


def _settle(operator: Operator, outcome: RoundOutcome) -> Sequence[Any]:
    """The one row of the SQL function `settle_round`, which says by itself which schema it means."""
    numbers, (low, high) = outcome.numbers, id_range(outcome)
    ended = Outcome.VOID if numbers is None else Outcome.DRAWN
    drawn = None if numbers is None else bits_of(numbers)
    schema = operator.schema_name
    parameters = [operator.pk, outcome.round_id, ended.value, drawn, low, high, schema, True]
    connection.cursor().close()  # connected
    connection.connection.prepared_max = PREPARED_MAX
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(_statement(schema), parameters, prepare=True, binary=True)
        row: tuple[Any, ...] = cursor.fetchall()[0]
    if connection.in_atomic_block:
        connection.search_path_set_schemas = None  # type: ignore[attr-defined]  # whoever is bound says so again
    return row


@lru_cache(maxsize=1024)
def _statement(schema: str) -> bytes:
    types = ("uuid", "bigint", "text", "text", "uuid", "uuid", "text", "boolean")
    arguments = sql.SQL(", ").join(sql.SQL(f"%b::{one}") for one in types)
    return sql.SQL("SELECT * FROM {}({})").format(sql.Identifier(schema, "settle_round"), arguments).as_bytes(None)
