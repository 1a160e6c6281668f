"""`keno sql` and `keno queues`: the two questions of whoever is on call, where no client of the servers is at hand."""

import argparse

import redis
from django.conf import settings
from django.db import DatabaseError, connection

from keno_platform.keno.output import Output
from keno_platform.monitoring.collecting import QUEUES

PATIENCE = "30s"


def sql(options: argparse.Namespace, output: Output) -> int:
    """Exit code 1 for a statement that the database refuses."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET default_transaction_read_only = on; SET statement_timeout = '{PATIENCE}'")
            cursor.execute(options.statement)
            columns = [str(column.name) for column in cursor.description or ()]
            rows = cursor.fetchall() if columns else []
    except DatabaseError as error:
        output.warn(str(error).strip())
        return 1
    output.table(columns, rows)
    output.document({"rows": [dict(zip(columns, row, strict=True)) for row in rows]})
    return 0


def queues(options: argparse.Namespace, output: Output) -> int:
    """How long each queue is, and whether the broker may forget them. Exit code 1 when it does not answer, or may."""
    if options.empty and options.empty not in QUEUES:
        output.warn(f"There is no queue {options.empty!r}. There are {', '.join(QUEUES)}.")
        return 2
    broker = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)
    try:
        if options.empty:
            broker.delete(options.empty)
        lengths = {name: int(str(broker.llen(name))) for name in QUEUES}
        policy = _eviction(broker)
    except redis.RedisError as error:
        output.warn(f"Redis does not answer: {error}")
        return 1
    finally:
        broker.close()
    output.table(("queue", "messages"), list(lengths.items()))
    output.say(f"\nWhen memory is short: {policy}" + ("" if policy == "noeviction" else ", and it must be noeviction"))
    output.document({"queues": lengths, "eviction": policy})
    return 0 if policy == "noeviction" else 1


def _eviction(broker: redis.Redis) -> str:
    told = broker.config_get("maxmemory-policy")
    return str(told.get("maxmemory-policy", "unknown")) if isinstance(told, dict) else "unknown"
