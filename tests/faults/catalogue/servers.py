"""Servers that crash, freeze, forget, run full or know another time."""

import contextlib
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import redis
from psycopg import errors
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from tests.faults.catalogue.fault import Fault, Parameters, both, one_of
from tests.faults.catalogue.processes import BEATS, LEADERS, WEBS, WORKERS
from tests.faults.ground import Ground

BACKENDS = "SELECT pid FROM pg_stat_activity WHERE usename = 'keno' AND backend_type = 'client backend' ORDER BY pid"
CANCEL_EVERY_S = 0.004
HELD_S = 0.4


@contextlib.contextmanager
def freeze_backend(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """SIGSTOP of some of the database's own processes, whatever they are doing and whatever they hold."""
    chosen = _backends(ground, parameters["seed"], parameters["count"])
    for pid in chosen:
        _signal(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in chosen:
            _signal(pid, signal.SIGCONT)


@contextlib.contextmanager
def crash_backend(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """kill -9 of one of the database's processes: the server ends all of them, and recovers."""
    for pid in _backends(ground, parameters["seed"], 1):
        _signal(pid, signal.SIGKILL)
    yield


@contextlib.contextmanager
def crash_database(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """The server ends without tidying up (SIGQUIT), or is killed outright; the supervisor starts it again."""
    ground.process("postgres").send_signal(signal.Signals[parameters["signal"]])
    yield


@contextlib.contextmanager
def restart_database(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """The server is stopped in an orderly way, for a while."""
    ground.process("postgres").send_signal(signal.SIGINT)
    yield


@contextlib.contextmanager
def cancel_statements(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """Whatever the platform asks, somebody cancels: one random statement after the other."""
    chance = random.Random(parameters["seed"])

    def cancel(stopped: threading.Event) -> None:
        with contextlib.suppress(psycopg.Error), ground.superuser() as connection:
            while not stopped.wait(CANCEL_EVERY_S):
                pids = [row[0] for row in connection.execute(BACKENDS)]
                if pids:
                    connection.execute("SELECT pg_cancel_backend(%s)", [chance.choice(pids)])

    with _beside(cancel):
        yield


@contextlib.contextmanager
def take_all_connections(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """Somebody else has every connection that the server still gives, and lines of the platform's are dropped too."""
    taken: list[psycopg.Connection[object]] = []
    with contextlib.suppress(psycopg.Error), ground.superuser() as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM (" + BACKENDS.replace("ORDER BY pid", "LIMIT 5") + ") x"
        )
    with contextlib.suppress(psycopg.Error):
        while len(taken) < 250:
            taken.append(psycopg.connect(ground.database_url, connect_timeout=3))
    try:
        yield
    finally:
        for connection in taken:
            with contextlib.suppress(psycopg.Error):
                connection.close()


@contextlib.contextmanager
def lock_crosswise(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """Somebody takes the locks of placement in the wrong order, again and again: accounts first, then rounds' gates."""

    def lock(stopped: threading.Event) -> None:
        while not stopped.wait(0.05):
            with contextlib.suppress(psycopg.Error), ground.superuser() as connection, connection.transaction():
                connection.execute("SET LOCAL lock_timeout = '3s'")
                connection.execute("SELECT 1 FROM op_savanna.wallet_account ORDER BY id DESC LIMIT 8 FOR UPDATE")
                time.sleep(HELD_S)
                with contextlib.suppress(errors.DeadlockDetected):
                    connection.execute(
                        "SELECT public.rounds_shut(array(SELECT id FROM rounds_round WHERE status = 'open'))"
                    )

    with _beside(lock):
        yield


@contextlib.contextmanager
def flush_broker(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """FLUSHALL: queues, leases of limits, sockets' groups, all of it."""
    with _broker(ground) as broker:
        broker.flushall()
    yield


@contextlib.contextmanager
def crash_broker(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """kill -9; it comes back with what its log says, a second behind."""
    ground.process("valkey").kill()
    yield


@contextlib.contextmanager
def lose_broker(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """It is away for a while, and comes back empty."""
    ground.stop("valkey")
    shutil.rmtree(ground.home.valkey / "appendonlydir", ignore_errors=True)
    try:
        yield
    finally:
        ground.start("valkey")


@contextlib.contextmanager
def drop_subscriptions(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """Every subscription is ended, as a broker does to a client that reads too slowly."""
    with _broker(ground) as broker:
        broker.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    yield


@contextlib.contextmanager
def pause_broker(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """It takes every command and answers none for a while."""
    with _broker(ground) as broker:
        broker.execute_command("CLIENT", "PAUSE", 60_000, "ALL")
    try:
        yield
    finally:
        with _broker(ground) as broker:
            broker.execute_command("CLIENT", "UNPAUSE")


@contextlib.contextmanager
def stop_chain(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """The chain's node is killed, or is away for a while."""
    if parameters["away"]:
        ground.stop("chain")
    else:
        ground.process("chain").kill()
    try:
        yield
    finally:
        if parameters["away"]:
            ground.start("chain")


@contextlib.contextmanager
def set_clocks(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """The clocks of some processes are set; those of the others, and the database's, stay right."""
    for name in parameters["programs"]:
        ground.clocks.set(name, parameters["ahead_s"])
    try:
        yield
    finally:
        for name in parameters["programs"]:
            ground.clocks.set(name, 0)


@contextlib.contextmanager
def add_operator(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """A new operator gets its schema while everybody plays; nothing of it is taken back."""
    slug = parameters["slug"]
    code, said = ground.manage("create_operator", slug, slug.title(), "KES", f"{slug}.localhost")
    if code:
        raise RuntimeError(f"the operator {slug} could not be made: {said[-1000:]}")
    yield


def _backends(ground: Ground, seed: int, count: int) -> list[int]:
    with contextlib.suppress(psycopg.Error), ground.superuser() as connection:
        pids = [row[0] for row in connection.execute(BACKENDS)]
        return random.Random(seed).sample(pids, min(count, len(pids)))
    return []


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _broker(ground: Ground) -> "redis.Redis":
    """Past the proxy. Another fault may have killed it a moment ago."""
    patient = Retry(ConstantBackoff(0.3), 30)
    return redis.Redis.from_url(ground.broker_url, socket_timeout=5, retry=patient)


@contextlib.contextmanager
def _beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """A thread that works for as long as the block lasts."""
    stopped = threading.Event()
    thread = threading.Thread(target=work, args=[stopped], daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(20)


_seed = lambda chance: {"seed": chance.randrange(1 << 30)}  # noqa: E731
_clocks = both(
    one_of(
        "programs",
        *[[one] for one in (*WEBS, *LEADERS, *BEATS, *WORKERS)],
        [*BEATS],
        [*WEBS, *LEADERS, *BEATS, *WORKERS],
    ),
    one_of("ahead_s", -3600, -30, 30, 3600),
)
FAULTS = (
    Fault(number="F4", kind="broker flushed", hurt=flush_broker, weight=2),
    Fault(number="F5", kind="broker crashed", hurt=crash_broker),
    Fault(number="F5", kind="broker back empty", hurt=lose_broker, hold_s=(0.5, 4)),
    Fault(number="F6", kind="subscriptions dropped", hurt=drop_subscriptions),
    Fault(number="F6", kind="broker pauses", hurt=pause_broker, hold_s=(1, 5)),
    Fault(number="F8", kind="clocks set", hurt=set_clocks, choose=_clocks, hold_s=(2, 8), weight=4, needs_clocks=True),
    Fault(
        number="F9",
        kind="backends frozen",
        hurt=freeze_backend,
        choose=both(_seed, one_of("count", 1, 2, 4)),
        hold_s=(1, 6),
        weight=3,
    ),
    Fault(number="F10", kind="backend killed", hurt=crash_backend, choose=_seed, weight=2),
    Fault(number="F10", kind="database killed", hurt=crash_database, choose=one_of("signal", "SIGQUIT", "SIGKILL")),
    Fault(number="F10", kind="database restarted", hurt=restart_database),
    Fault(number="F12", kind="statements cancelled", hurt=cancel_statements, choose=_seed, hold_s=(1, 4), weight=3),
    Fault(number="F14", kind="no connections left", hurt=take_all_connections, hold_s=(1, 4), weight=2),
    Fault(number="F24", kind="chain's node away", hurt=stop_chain, choose=one_of("away", True, False), hold_s=(1, 8)),
    Fault(number="F27", kind="locks crosswise", hurt=lock_crosswise, hold_s=(2, 5), weight=2),
    Fault(
        number="F30",
        kind="operator created",
        hurt=add_operator,
        choose=lambda chance: {"slug": f"new{chance.randrange(1 << 30)}"},
        weight=0.7,
    ),
)
