"""What the machine and its database take for the least there is: figures that explain the other rows."""

import os
import time
from collections.abc import Callable, Iterable
from statistics import median

import psycopg

from bench.harness import Bench, Row

ORDER, SECONDS = 5, 1


def run(bench: Bench) -> Iterable[Row]:
    times = bench.scale(2000, 300)
    with psycopg.connect(bench.database_url, autocommit=True) as connection:
        table = f"bench_floor_{os.getpid()}"
        connection.execute(f"CREATE TABLE {table} (number bigint)")
        try:
            yield _row("a round trip to the database: SELECT 1", lambda: connection.execute("SELECT 1"), times)
            yield _row(
                "a commit that is durable: INSERT of one number",
                lambda: connection.execute(f"INSERT INTO {table} VALUES (1)"),  # no foreign text
                times,
            )
        finally:
            connection.execute(f"DROP TABLE {table}")
    yield _row("this machine's Python: a million additions", lambda: sum(range(1_000_000)), bench.scale(30, 10))


def _row(name: str, do: Callable[[], object], times: int) -> Row:
    """The median of so many, in microseconds. There is no target: this is what others are to be seen beside."""
    do()
    samples = []
    for _ in range(times):
        began = time.perf_counter()
        do()
        samples.append((time.perf_counter() - began) * 1e6)
    samples.sort()
    return Row(
        name=name,
        value=median(samples),
        unit="us",
        target="none",
        met=None,
        figures={"p99_us": samples[int(times * 0.99)]},
        note="a figure that explains the others",
    )
