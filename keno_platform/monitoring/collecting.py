"""Asking the database and the broker, a few statements for everything, once in some seconds."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from psycopg import sql

import anchors.gauges
import audit.gauges
import operators.gauges
import rounds.gauges
import wallet.gauges
import webhooks.gauges
from anchors.selectors import chain_status
from keno_platform.core.gauges import Gauge
from keno_platform.core.invariants import Scope
from operators.selectors import list_operators

logger = logging.getLogger(__name__)
ALL: tuple[Gauge, ...] = (
    *rounds.gauges.GAUGES,
    *wallet.gauges.GAUGES,
    *webhooks.gauges.GAUGES,
    *anchors.gauges.GAUGES,
    *audit.gauges.GAUGES,
    *operators.gauges.GAUGES,
)
QUEUES = ("rounds", "settlement", "wallet", "webhooks", "anchors", "reports", "default")
KEPT_S = 5.0
"""How long an answer is remembered."""
PATIENCE = "5s"
"""No statement of a scrape runs for longer: who watches must not be a burden."""
SCHEMAS_MAX = 100
"""Operators in one statement."""
UP, BROKER_UP = "keno_database_up", "keno_broker_up"
OTHERS = {
    UP: "1 when the database answers.",
    BROKER_UP: "1 when Redis answers.",
    "keno_queue_messages": "Messages that wait in a queue for a worker.",
    "keno_chain_configured": "1 when there is a chain for roots to go to.",
    "keno_chain_root_age_seconds": "How long the oldest root has waited that is not final; missing without a chain.",
    "keno_chain_balance_gwei": "What the publisher can pay fees with.",
    "keno_gauge_failed": "1 where the question of a gauge could not be answered: its value is missing.",
    "keno_collect_seconds": "How long asking all of this took.",
}
"""Gauges that are no statement of a room's."""
Family = GaugeMetricFamily


class StateCollector(Collector):
    """What is the case now. One for each process; threads share what it remembers."""

    def __init__(self, *, kept_s: float = KEPT_S, gauges: Sequence[Gauge] = ALL) -> None:
        self._kept_s, self._gauges = kept_s, gauges
        self._lock = threading.Lock()
        self._known: tuple[Family, ...] = ()
        self._until = 0.0

    def collect(self) -> Iterable[Family]:
        """All of it, at most `kept_s` old."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._known = tuple(_ask(self._gauges))
                self._until = time.monotonic() + self._kept_s
            return self._known


def _ask(gauges: Sequence[Gauge]) -> Iterator[Family]:
    began = time.perf_counter()
    failed = list[str]()
    is_up = _database_answers()
    yield _single(UP, is_up)
    if is_up:
        with _briefly():
            for gauge in gauges:
                yield _family(gauge, failed)
            yield from _chain(failed)
    yield from _broker()
    yield _labelled("keno_gauge_failed", ("gauge",), [((name,), 1) for name in failed])
    yield _single("keno_collect_seconds", time.perf_counter() - began)


def _family(gauge: Gauge, failed: list[str]) -> Family:
    labels = (*(("operator",) if gauge.scope is Scope.OPERATOR else ()), *gauge.labels)
    family = GaugeMetricFamily(gauge.name, gauge.meaning, labels=labels)
    try:
        for *names, value in _rows(gauge):
            family.add_metric([str(name) for name in names], float(value or 0))
    except DatabaseError:
        logger.warning("the gauge %s could not be asked", gauge.name, exc_info=True)
        failed.append(gauge.name)
    return family


def _rows(gauge: Gauge) -> Iterator[Sequence[Any]]:
    with connection.cursor() as cursor:
        if gauge.scope is Scope.INSTALLATION:
            cursor.execute(gauge.query)
            yield from cursor.fetchall()
            return
        operators = list(list_operators())
        for at in range(0, len(operators), SCHEMAS_MAX):
            statements = [_in_schema(gauge, one.slug, one.schema_name) for one in operators[at : at + SCHEMAS_MAX]]
            cursor.execute(sql.SQL(" UNION ALL ").join(statements).as_string(cursor.connection))
            yield from cursor.fetchall()


def _in_schema(gauge: Gauge, slug: str, schema: str) -> sql.Composable:
    own = sql.SQL(gauge.query).format(schema=sql.Identifier(schema))  # a text of ours
    return sql.SQL("SELECT {}, own.* FROM ({}) own").format(sql.Literal(slug), own)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return False
    return True


@contextmanager
def _briefly() -> Iterator[None]:
    """Statements inside may take PATIENCE each; what was set before is set again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        [before] = cursor.fetchone()
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [PATIENCE])
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, false)", [before])


def _chain(failed: list[str]) -> Iterator[Family]:
    try:
        status = chain_status()
    except DatabaseError:
        failed.append("keno_chain_root_age_seconds")
        return
    yield _single("keno_chain_configured", status.configured)
    if status.configured:
        yield _single("keno_chain_root_age_seconds", status.oldest_waiting_s)
    if status.balance_gwei is not None:
        yield _single("keno_chain_balance_gwei", status.balance_gwei)


def _broker() -> Iterator[Family]:
    broker = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    try:
        lengths = [broker.llen(name) for name in QUEUES]
    except redis.RedisError:
        yield _single(BROKER_UP, 0)
        return
    finally:
        broker.close()
    yield _single(BROKER_UP, 1)
    yield _labelled(
        "keno_queue_messages", ("queue",), [((name,), int(str(one))) for name, one in zip(QUEUES, lengths, strict=True)]
    )


def _single(name: str, value: float) -> Family:
    return GaugeMetricFamily(name, OTHERS[name], value=float(value))


def _labelled(name: str, labels: Sequence[str], rows: Iterable[tuple[Sequence[str], float]]) -> Family:
    family = GaugeMetricFamily(name, OTHERS[name], labels=labels)
    for names, value in rows:
        family.add_metric(list(names), float(value))
    return family


STATE = StateCollector()
"""This process' own."""
