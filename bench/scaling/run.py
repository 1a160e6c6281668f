"""The course of a scale run: start, people, load, watch, count, check."""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg
import redis

from bench.scaling.figures import Delays, count_over
from bench.scaling.installation import Installation, Running, StepFailed, installation, python
from bench.scaling.report import Outcome, Process
from bench.scaling.rounds import Ledger, Window
from bench.scaling.watching import Usage, Watch, cpu_of_all
from keno_platform.local import children, postgres, programs
from keno_platform.local.home import Home
from keno_platform.local.progress import Progress
from keno_platform.local.sizes import Sizes

BALANCE = 1_000_000_00
STEP_S = 10.0
OPERATOR_S = 8
"""The most that one operator may take to be made on a busy machine, with its players' money."""
FIRST_ROUND_WITHIN_S = 180.0
FINISH_WITHIN_S = 120.0
CHECK_WITHIN_S = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for; see `python -m bench.scale --help`."""

    operators: int
    games: int
    seconds: float
    rate: float
    slips: int
    connections: int
    players: int
    intervals: list[int]
    makers: int
    sizes: Sizes
    profile: bool
    command: str

    def describe(self) -> dict[str, Any]:
        machine = {"cores": os.cpu_count(), "began": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")}
        return {**asdict(self), **machine}


def run(home: Home, options: Options) -> Outcome:
    """
    The whole run; everything that it started has been stopped when it returns or raises.

    :raises StepFailed: a step failed or took too long. :raises children.ServerFailed: a server did not start.
    """
    progress, outcome = Progress(), Outcome(asked=options.describe())
    with installation(home, chosen={}, profile=options.profile) as there:
        people = _Preparation(there, options, progress, outcome).prepare()
        with progress.step(f"{options.sizes.web} web, {options.sizes.settlement} settlement, and the other processes"):
            there.start_services(options.sizes)
        with contextlib.closing(Ledger(there.database_url)) as ledger:
            course = _Course(there=there, options=options, progress=progress, ledger=ledger, outcome=outcome)
            course.run(people)
        _check(there, progress, outcome)
        outcome.died = there.dead()
        if options.profile:
            outcome.statements = _statements(there)
    return outcome


class _Preparation:
    """Tables, operators, games and committed rounds, before any process of the platform runs."""

    def __init__(self, there: Installation, options: Options, progress: Progress, outcome: Outcome) -> None:
        self._there, self._options, self._progress, self._outcome = there, options, progress, outcome
        self._kept = there.home.path / "population.json"

    def prepare(self) -> list[dict[str, Any]]:
        with self._timed("tables"):
            self._there.run("migrate", programs.manage("upgrade", "--verbosity", "0"), within_s=600)
        if self._options.profile:
            with psycopg.connect(self._there.superuser_url, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        operators = self._operators()
        self._games()
        with self._timed("partitions and committed rounds"):
            self._there.run("prepare", programs.manage("prepare_ahead"), within_s=600)
        return operators

    @contextlib.contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        with self._progress.step(what):
            yield
        self._outcome.took = {**self._outcome.took, what: round(time.monotonic() - began, 1)}

    def _operators(self) -> list[dict[str, Any]]:
        """Those of an earlier run in this directory, and as many new ones as are missing."""
        known = json.loads(self._kept.read_text()) if self._kept.exists() else []
        missing = range(len(known), self._options.operators)
        if missing:
            with self._timed(f"{len(missing)} operators with {self._options.players} players"), self._without_waiting():
                known += self._make(missing)
            self._kept.write_text(json.dumps(known))
        return list(known[: self._options.operators])

    @contextlib.contextmanager
    def _without_waiting(self) -> Iterator[None]:
        """Nobody waits for the disk while people are made: that is not what is measured."""
        with psycopg.connect(self._there.superuser_url, autocommit=True) as connection:
            connection.execute(f"ALTER ROLE {postgres.OWNER} SET synchronous_commit = off")
            try:
                yield
            finally:
                connection.execute(f"ALTER ROLE {postgres.OWNER} RESET synchronous_commit")

    def _make(self, numbers: range) -> list[dict[str, Any]]:
        makers = min(self._options.makers, len(numbers))
        files, shared = [], {"players": self._options.players, "balance": BALANCE}
        with contextlib.ExitStack() as stack:
            working = []
            for maker in range(makers):
                out = self._file(f"made-{maker}")
                job = {**shared, "numbers": list(numbers[maker::makers]), "out": out}
                files.append(Path(out))
                command = python("bench.scaling.population", self._write(f"make-{maker}", job))
                working.append(stack.enter_context(self._there.started(f"maker-{maker}", command)))
            _wait_for_all(working, within_s=60 + OPERATOR_S * len(numbers))
        return sorted((one for file in files for one in json.loads(file.read_text())), key=lambda one: one["slug"])

    def _games(self) -> None:
        with psycopg.connect(self._there.database_url) as connection:
            row = connection.execute("SELECT count(*) FROM public.rounds_game").fetchone()
        there = row[0] if row else 0
        if there not in (0, self._options.games):
            raise StepFailed(f"{self._there.home.path} has {there} games: ask for as many, or take another directory.")
        if there:
            return
        job = self._write("games", {"games": self._options.games, "intervals": self._options.intervals})
        with self._timed(f"{self._options.games} games"):
            self._there.run("games", python("bench.scaling.population", job), within_s=300)

    def _file(self, name: str) -> str:
        return str(self._there.home.path / f"{name}.json")

    def _write(self, name: str, job: Mapping[str, Any]) -> str:
        Path(self._file(name)).write_text(json.dumps(job))
        return self._file(name)


@dataclass(slots=True, kw_only=True)
class _Course:
    """The part of a run that is measured."""

    there: Installation
    options: Options
    progress: Progress
    ledger: Ledger
    outcome: Outcome
    _helpers: dict[str, Running] = field(default_factory=dict)

    def run(self, people: Sequence[Mapping[str, Any]]) -> None:
        window = self._window()
        watch = self._watch()
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.there.started("listener", self._listener(window)))
            load = stack.enter_context(self.there.started("load", self._load(window, people)))
            watch.pids = {**watch.pids, "load": load.process.pid}
            self._sleep_until(window.since)
            watch.begin()
            wal = self.ledger.wal_bytes()
            self._observe(window, watch)
            used = watch.usage(memory=True)
            self.outcome.sizes = {**self.ledger.sizes(), "wal_bytes": self.ledger.wal_bytes() - wal}
            with self.progress.step("the last rounds come to their end"):
                self._finish(window)
            _wait_for_all([load], within_s=60)
        self._collect(window, used)

    def _window(self) -> Window:
        """From the first moment at which all games play, for as long as was asked."""
        with self.progress.step("all games have a round ahead"):
            deadline = time.monotonic() + FIRST_ROUND_WITHIN_S
            while (since := self.ledger.next_common_opening()) is None:
                if time.monotonic() > deadline:
                    raise StepFailed(f"Not every game had rounds after {FIRST_ROUND_WITHIN_S:.0f} s.")
                time.sleep(0.5)
        return Window(since=since, until=since + self.options.seconds)

    def _watch(self) -> Watch:
        pids = {one.name: one.process.pid for one in self.there.running}
        with redis.Redis.from_url(self.there.redis_url) as client:
            pids["valkey"] = int(client.info("server")["process_id"])
        return Watch(pids, self.there.postgres_pid, self.there.superuser_url)

    def _listener(self, window: Window) -> list[str]:
        urls = {"redis_url": self.there.redis_url, "database_url": self.there.database_url}
        job = {**urls, **asdict(window), "out": str(self._file("heard"))}
        return python("bench.scaling.listener", self._write("listen", job))

    def _load(self, window: Window, people: Sequence[Mapping[str, Any]]) -> list[str]:
        asked = {name: getattr(self.options, name) for name in ("rate", "slips", "connections")}
        where = {"host": "127.0.0.1", "port": self.there.port, "database_url": self.there.database_url}
        files = {"progress": str(self._file("load-progress")), "out": str(self._file("load-result"))}
        job = {**asked, **where, **files, "operators": list(people), "since": window.since, "until": window.until}
        return python("bench.scaling.load", self._write("load", job))

    def _sleep_until(self, moment: float) -> None:
        with self.progress.step("the first boundary"):
            time.sleep(max(moment - self.ledger.now(), 0))

    def _observe(self, window: Window, watch: Watch) -> None:
        """A line every ten seconds until the end of the window, or until a process has died."""
        before = 0.0
        while (left := window.until - self.ledger.now()) > 0 and not self.there.dead():
            time.sleep(min(STEP_S, left))
            now = self.ledger.now()
            cpu = cpu_of_all(watch.usage())
            self.progress.say(self._line(window, now, (cpu - before) / STEP_S))
            before = cpu
        self.outcome.seconds = min(self.ledger.now(), window.until) - window.since

    def _line(self, window: Window, now: float, cores: float) -> str:
        recent = Window(since=max(window.since, now - 30), until=now)
        closes = [delay for at, delay in self.ledger.steps(recent)["closed"] if at >= now - STEP_S]
        done = self.ledger.states(Window(since=window.since, until=now)).get("revealed", 0)
        bets = _read(self._file("load-progress"))
        answer = bets.get("answer") or {}
        return (
            f"  {now - window.since:5.0f} s  {done:6} rounds  close +{Delays.of(closes).worst:4.0f} ms  "
            f"{self.ledger.unsettled():5} to settle  {bets.get('accepted', 0):8} bets  "
            f"p99 {answer.get('p99') or 0:5.0f} ms  {sum(bets.get('refused', {}).values()):5} refused  "
            f"{bets.get('waiting', 0):5} wait  {cores:4.2f} cores (machine {psutil.cpu_percent():3.0f} %)"
        )

    def _finish(self, window: Window) -> None:
        """Give the rounds of the window time to be revealed."""
        deadline = time.monotonic() + FINISH_WITHIN_S
        while time.monotonic() < deadline and not self.there.dead():
            if not set(self.ledger.states(window)) - {"revealed", "void"}:
                return
            time.sleep(0.5)

    def _collect(self, window: Window, used: Mapping[str, Usage]) -> None:
        outcome, longest = self.outcome, max(self.options.intervals) * 1000
        outcome.steps = self.ledger.steps(window)
        outcome.states = self.ledger.states(window)
        outcome.rounds = sum(outcome.states.values())
        outcome.participations = self.ledger.participations(window)
        revealed = [delay for _, delay in outcome.steps["revealed"]]
        outcome.not_revealed_in_time = count_over(revealed, longest) + outcome.rounds - len(revealed)
        outcome.heard = _read(self._file("heard"))
        outcome.load = _read(self._file("load-result"))
        outcome.cpu_total_s = cpu_of_all(used)
        outcome.processes = [_as_line(name, usage) for name, usage in used.items()]

    def _file(self, name: str) -> Path:
        return self.there.home.path / f"{name}.json"

    def _write(self, name: str, job: Mapping[str, Any]) -> str:
        self._file(name).write_text(json.dumps(job))
        return str(self._file(name))


def _as_line(name: str, usage: Usage) -> Process:
    return Process(
        name=name, processes=usage.processes, cpu_s=round(usage.cpu_s, 1), memory_mb=round(usage.memory_mb, 1)
    )


def _read(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text())) if file.exists() else {}


def _wait_for_all(working: Sequence[Running], *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    for one in working:
        try:
            code = one.process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired as error:
            raise StepFailed(f"{one.name} took longer than {within_s:.0f} s.\n{children.tail(one.log)}") from error
        if code:
            raise StepFailed(f"{one.name} ended with code {code}.\n{children.tail(one.log)}")


def _check(there: Installation, progress: Progress, outcome: Outcome) -> None:
    """All invariants while everything still runs, as an operator of the platform would check them."""
    began, log = time.monotonic(), there.home.log("check")
    log.unlink(missing_ok=True)
    with (
        progress.step("invariants"),
        there.started("check", programs.manage("check_invariants", "--json")) as one,
        contextlib.suppress(subprocess.TimeoutExpired),
    ):
        one.process.wait(CHECK_WITHIN_S)
    outcome.took = {**outcome.took, "check of the invariants": round(time.monotonic() - began, 1)}
    with contextlib.suppress(ValueError, IndexError):
        found = json.loads(log.read_text().strip().splitlines()[-1])
        outcome.invariants = {each["code"]: each["count"] for each in found}


def _statements(there: Installation) -> list[dict[str, Any]]:
    with psycopg.connect(there.superuser_url) as connection:
        rows = connection.execute(_SLOWEST).fetchall()
    return [{"query": query, "calls": calls, "total_s": total, "mean_ms": mean} for query, calls, total, mean in rows]


_SLOWEST = """
    SELECT left(regexp_replace(replace(query, '|', '/'), '\\s+', ' ', 'g'), 110), sum(calls)::bigint,
           sum(total_exec_time)::float8 / 1000, sum(total_exec_time)::float8 / sum(calls)
    FROM (SELECT regexp_replace(query, 'op_[a-z0-9_]+', 'op_x', 'g') AS query, calls, total_exec_time
          FROM pg_stat_statements WHERE toplevel) all_of_them
    GROUP BY query ORDER BY 3 DESC LIMIT 40
"""
