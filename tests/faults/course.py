"""The course of a run: start, load, hurt and heal until the time is over, ask what nobody knows, check."""

import asyncio
import contextlib
import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from keno_platform.local import children, programs
from keno_platform.local.home import Home
from tests.faults import checking, history, plan, resolving
from tests.faults.checking import Finding
from tests.faults.ground import Ground, ground
from tests.faults.plan import Chosen, Step
from tests.faults.population import GAMES
from tests.faults.report import Hurt, Outcome
from tests.faults.watch import Watch

WELL_WITHIN_S = 60.0
WARM_WITHIN_S = 180.0
STOPPED_WITHIN_S = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for. `replay` is the trace of an earlier run, whose steps are done again instead of drawn."""

    seconds: float
    seed: int
    faults: Sequence[str] = ()
    replay: Path | None = None
    trace: Path | None = None
    together: int = 2
    """At most so many at once."""
    relentless: bool = False
    """Whether the next step waits for nobody to be well: recovery is seen at the end alone."""
    within_s: float = WELL_WITHIN_S
    """So soon after each heal everything must be well."""


@dataclass(slots=True)
class _Course:
    ground: Ground
    options: Options
    outcome: Outcome
    tell: Callable[[str], None]
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        self.watch = Watch(self.ground)

    def hurt_and_heal(self, steps: Iterable[Step], trace: Path) -> None:
        """One step after the other, until the time is over. Stops where something does not become well again."""
        end = time.monotonic() + self.options.seconds
        for step in steps:
            if time.monotonic() + step.pause_s > end and self.options.replay is None:
                return
            time.sleep(step.pause_s)
            plan.write(step, trace)
            hurt = self._take(step)
            self.outcome.hurts.append(hurt)
            self.tell(f"#{step.number:<4} {hurt.describe()}")
            if hurt.waited and hurt.recovered_s is None:
                return

    def _take(self, step: Step) -> Hurt:
        done, missed = list[Chosen](), dict[str, str]()
        with contextlib.ExitStack() as stack:
            for chosen in step.together:
                try:
                    stack.enter_context(plan.BY_NAME[chosen.fault].hurt(self.ground, chosen.parameters))
                    done.append(chosen)
                except Exception as error:  # what cannot be done is said, and not counted
                    missed[chosen.fault] = f"{type(error).__name__}: {error}"
            time.sleep(max((one.hold_s for one in done), default=0.0))
        if self.options.relentless:
            return Hurt(step=step.number, done=done, missed=missed, waited=False)
        return self._see_recovery(Hurt(step=step.number, done=done, missed=missed))

    def see_the_last_recovery(self) -> None:
        """After a relentless run: all of it must be well again, as after any single step."""
        last = self._see_recovery(Hurt(step=len(self.outcome.hurts) + 1, done=[], missed={}))
        self.outcome.hurts.append(last)
        self.tell(f"after the last {last.describe()}")

    def _see_recovery(self, hurt: Hurt) -> Hurt:
        recovered_s = self.watch.wait_until_well(within_s=self.options.within_s)
        return replace(hurt, recovered_s=recovered_s, why=self.watch.why)


def run(home: Home, options: Options, *, tell: Callable[[str], None]) -> Outcome:
    """
    The whole run; everything that it started has been stopped when it returns or raises.

    :raises FaultUnknown: there is no such fault. :raises ground.StepFailed: the installation did not start.
    """
    outcome = Outcome(seed=options.seed, seconds=options.seconds, began=datetime.now(UTC))
    plan.choose_from(options.faults, clocks=True)  # before anything starts
    with ground(home, tell=tell) as there:
        course = _Course(ground=there, options=options, outcome=outcome, tell=tell)
        with _looking_on(there, outcome), _watching(there, outcome), _load(there, options.seed, outcome):
            _warm(course.watch)
            faults = plan.choose_from(options.faults, clocks=there.clocks.can_be_set)
            outcome.left_out = [one.name for one in plan.choose_from(options.faults, clocks=True) if one not in faults]
            steps: Iterator[Step] = (
                plan.read(options.replay)
                if options.replay
                else plan.draw(faults, seed=options.seed, together_max=options.together)
            )
            course.hurt_and_heal(steps, options.trace or home.path / "trace.jsonl")
            if options.relentless:
                course.see_the_last_recovery()
            tell("healed; the load goes on for a moment")
            time.sleep(3)
        _judge(course)
    return outcome


def _warm(watch: Watch) -> None:
    """:raises TimeoutError: it was never well."""
    if watch.wait_until_well(within_s=WARM_WITHIN_S) is None:
        raise TimeoutError(f"not well before the first fault: {watch.why}")


def _judge(course: _Course) -> None:
    there, outcome = course.ground, course.outcome
    files = [there.home.path / "history.jsonl"]
    told = history.read(files)
    unknown = [one for one in told.values() if one.outcome == history.UNKNOWN]
    outcome.operations = history.count(told.values())
    course.tell(f"{len(told)} operations, of which {len(unknown)} are not known")
    for one in asyncio.run(resolving.resolve(there.base_url, there.demo["operators"], told)):
        told[one.operator, one.key] = one
    outcome.resolved = history.count(told[one.operator, one.key] for one in unknown)
    outcome.words = _words(told.values())
    quiet, waiting = resolving.wait_until_quiet(there)
    outcome.findings.append(Finding(claim="everything comes to its end", against=[] if quiet else [waiting]))
    course.tell("quiet" if quiet else f"not quiet: {waiting}")
    outcome.findings.append(checking.check_watched(there.rows, outcome.watched))
    for finding in checking.check_all(there, told, outcome.began):
        outcome.findings.append(finding)
        course.tell(finding.describe())


def _words(operations: Iterable[history.Operation]) -> dict[str, int]:
    """How often each answer was given, of all attempts."""
    counted: dict[str, int] = {}
    for one in operations:
        for word in one.told:
            counted[word] = counted.get(word, 0) + 1
    return dict(sorted(counted.items(), key=lambda pair: -pair[1]))


@contextlib.contextmanager
def _load(there: Ground, seed: int, outcome: Outcome) -> Iterator[None]:
    job, path = there.home.path / "load.json", there.home.path
    described = {
        "base_url": there.base_url,
        "operators": there.demo["operators"],
        "seed": seed,
        "history": str(path / "history.jsonl"),
        "reads": str(path / "reads.json"),
        "storm": str(path / "storm"),
    }
    job.write_text(json.dumps(described))
    with _beside(there, "load", [sys.executable, "-m", "tests.faults.load", str(job)]):
        yield
    outcome.reads = json.loads((path / "reads.json").read_text())


@contextlib.contextmanager
def _looking_on(there: Ground, outcome: Outcome) -> Iterator[None]:
    file = there.home.path / "seen.jsonl"
    with _beside(there, "reader", [sys.executable, "-m", "tests.faults.reader", str(file)]):
        yield
    for line in file.read_text().splitlines() if file.exists() else ():
        outcome.looks.append(json.loads(line))


@contextlib.contextmanager
def _watching(there: Ground, outcome: Outcome) -> Iterator[None]:
    job, out = there.home.path / "watcher.json", there.home.path / "watched.json"
    games = [code for code, *_ in GAMES]
    domain = f"{there.demo['operators'][0]['slug']}.localhost"
    job.write_text(json.dumps({"domain": domain, "port": there.port, "games": games, "out": str(out)}))
    with _beside(there, "watcher", [sys.executable, "-m", "tests.faults.watcher", str(job)]):
        yield
    outcome.watched = json.loads(out.read_text())


@contextlib.contextmanager
def _beside(there: Ground, name: str, command: list[str]) -> Iterator[None]:
    """
    A process beside the installation, for the length of the block.

    :raises ServerFailed: it had ended before, which a witness must not.
    """
    log = there.home.log(name)
    with log.open("wb") as output:
        process = children.start(
            command, output=output, environment=there.past_proxies(name), directory=programs.PROJECT
        )
    try:
        yield
        if process.poll() is not None:
            raise children.ServerFailed(f"{name} has ended by itself.\n{children.tail(log)}")
    finally:
        children.stop(process, patience_s=STOPPED_WITHIN_S)


def new_seed() -> int:
    """One that a person can type."""
    return random.SystemRandom().randrange(1_000_000)
