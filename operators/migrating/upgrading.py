"""Bringing a whole installation up to date: public first, then the operators' schemas, several at a time."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import psycopg
from django.db import connections
from django.db.utils import OperationalError

from keno_platform.database.connecting import parameters
from operators.migrating.gate import UPGRADE
from operators.migrating.plans import Stage
from operators.migrating.running import Around, migrate_public, migrate_schema
from operators.migrating.standing import public_behind, schemas_behind

_TRANSIENT = {psycopg.errors.LockNotAvailable.sqlstate, psycopg.errors.DeadlockDetected.sqlstate}
_PAUSE_MAX_S = 5.0
_POLL_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How schemas are migrated: so many at a time, waiting so long for a lock, so often before giving up."""

    jobs: int = 4
    lock_timeout_s: float = 1.0
    tries: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A migration in a schema. Where it `holds` locks to its end, nobody waited for them longer than `seconds`."""

    schema: str
    migration: str
    seconds: float
    holds: bool


@dataclass(slots=True)
class Summary:
    """What an upgrade did."""

    public: int = 0
    schemas: int = 0
    ran: list[Ran] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    """A schema for each time that a lock of it was not to be had."""
    seconds: float = 0.0

    @property
    def longest(self) -> Ran | None:
        """The migration that may have held its locks longest."""
        return max((one for one in self.ran if one.holds), key=lambda one: one.seconds, default=None)

    def note_busy(self, schema: str, tell: Callable[["Told"], None]) -> None:
        self.busy.append(schema)
        tell(Told(text=f"{schema}: a lock is busy, and asked for again"))

    def timed(self, schema: str, current: list[str]) -> Around:
        """What surrounds a schema's migrations, to note each; the one that is being run is in `current`."""

        @contextmanager
        def timed(stage: Stage) -> Iterator[None]:
            name, began = str(stage.migration), time.monotonic()
            current[:] = [name]
            try:
                yield
            finally:
                took = time.monotonic() - began
                self.ran.append(Ran(schema=schema, migration=name, seconds=took, holds=stage.migration.atomic))

        return timed


class UpgradeFailed(Exception):
    """A migration failed; the text names it and its schema. Schemas that were done by then stay done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What whoever watches is told: what is going on, and how many schemas of how many are done."""

    text: str
    done: int = 0
    of: int = 0


def upgrade(*, policy: Policy, tell: Callable[[Told], None]) -> Summary:
    """
    Bring public and every operator's schema to the migrations of this code. May be repeated, and run twice at once.

    The first schema goes alone: what is wrong with a migration shows there. When one fails, those that are being
    worked on are finished and no others begun. No operator is made meanwhile, nor by older code afterwards; one that is
    behind all the same is caught up with.

    :raises UpgradeFailed: a migration failed, or its lock was not to be had in all tries.
    """
    began, summary = time.monotonic(), Summary()
    with _alone(tell):
        _bring_up_public(policy, summary, tell)
        seen: set[str] = set()
        while behind := list(schemas_behind()):
            if again := seen.intersection(behind):
                raise UpgradeFailed(f"{min(again)}: something is missing that no migration of this code brings")
            seen.update(behind)
            run = _Run(behind, policy, summary, tell)
            run.take(1, threads=1)
            run.take(len(behind), threads=policy.jobs)
    summary.seconds = time.monotonic() - began
    return summary


@contextmanager
def _alone(tell: Callable[[Told], None]) -> Iterator[None]:
    """One upgrade at a time, and no operator is made meanwhile; another waits, and then finds everything done."""
    with psycopg.connect(**parameters("upgrade"), autocommit=True) as own:
        told = False
        while own.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [UPGRADE]).fetchone() != (True,):
            if not told:
                tell(Told(text="waiting for another upgrade, or for an operator that is being made"))
                told = True
            time.sleep(_POLL_S)
        try:
            yield
        finally:  # at once: when its connection ends, the server takes a moment to notice
            own.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [UPGRADE])


def _bring_up_public(policy: Policy, summary: Summary, tell: Callable[[Told], None]) -> None:
    missing = public_behind()
    if not missing:
        return
    tell(Told(text=f"public: {len(missing)} migrations"))
    current: list[str] = []
    timed = summary.timed("public", current)

    def work() -> None:
        migrate_public(around=timed, lock_timeout_s=policy.lock_timeout_s)

    try:
        _persist(work, policy, lambda: summary.note_busy("public", tell), threading.Event())
    except Exception as error:
        raise UpgradeFailed(f"{' '.join(['public', *current])}: {error}".strip()) from error
    summary.public = len(missing)


def _persist(work: Callable[[], object], policy: Policy, busy: Callable[[], None], stop: threading.Event) -> None:
    """Again and again while locks are not to be had: what holds them is somebody's work, and that goes first."""
    for number in range(policy.tries):
        try:
            work()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in _TRANSIENT or number == policy.tries - 1:
                raise
            busy()
            stop.wait(min(0.05 * 2**number, _PAUSE_MAX_S))
        else:
            return


class _Run:
    """Schemas that are behind, taken one after the other by several threads."""

    def __init__(self, schemas: list[str], policy: Policy, summary: Summary, tell: Callable[[Told], None]) -> None:
        self._open: SimpleQueue[str] = SimpleQueue()
        for schema in schemas:
            self._open.put(schema)
        self._of, self._done = len(schemas), 0
        self._policy, self._summary, self._tell = policy, summary, tell
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._failure: UpgradeFailed | None = None

    def take(self, count: int, *, threads: int) -> None:
        """Migrate so many more, by each thread at most. :raises UpgradeFailed: the first failure."""
        workers = [threading.Thread(target=self._drain, args=(count,), name=f"upgrade-{n}") for n in range(threads)]
        for worker in workers:
            worker.start()
        try:
            for worker in workers:
                worker.join()
        finally:  # Ctrl-C: what is being worked on is finished
            self._stop.set()
        self._stop.clear()
        if self._failure:
            raise self._failure

    def _drain(self, most: int) -> None:
        try:
            for _ in range(most):
                if self._stop.is_set():
                    return
                self._migrate(self._open.get_nowait())
        except Empty:
            pass
        finally:
            connections.close_all()

    def _migrate(self, schema: str) -> None:
        current: list[str] = []
        timed = self._summary.timed(schema, current)

        def work() -> None:
            migrate_schema(schema, around=timed, lock_timeout_s=self._policy.lock_timeout_s)

        try:
            _persist(work, self._policy, lambda: self._summary.note_busy(schema, self._tell), self._stop)
            self._finish(schema)
        except Exception as error:
            self._fail(UpgradeFailed(f"{' '.join([schema, *current])}: {error}".strip()), error)

    def _finish(self, schema: str) -> None:
        with self._lock:
            self._done += 1
            self._summary.schemas += 1
            self._tell(Told(text=schema, done=self._done, of=self._of))

    def _fail(self, failure: UpgradeFailed, cause: Exception) -> None:
        with self._lock:
            failure.__cause__ = cause
            self._failure = self._failure or failure
            self._stop.set()
