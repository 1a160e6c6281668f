"""
A whole installation under the load of a large one: many operators, many games, bets of all on all.

`python -m bench.scale --operators 200 --games 250 --minutes 10` starts servers and processes of its own in a temporary
directory (or --home, whose operators are used again), makes operators, players and games, lets all games run for real,
places bets over HTTP, and checks every invariant at the end. It ends with code 1 when a round closed later than 250 ms
after its time, a process died, or an invariant is broken. What it found stands in bench/results/scale.md.
"""

import argparse
import contextlib
import os
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from bench.scaling import report
from bench.scaling.installation import StepFailed
from bench.scaling.run import Options, run
from keno_platform.local import children
from keno_platform.local.home import Home, HomeInUse
from keno_platform.local.sizes import SizeInvalid, choose
from keno_platform.local.testing import temporary_home

RESULTS = Path(__file__).resolve().parent / "results"


class Stopped(BaseException):
    """Ctrl-C, or another polite request to end."""


def main(arguments: list[str] | None = None) -> int:
    """Run, write what was found, and return the code to end with."""
    parsed = _parse(arguments)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _stop)
    try:
        options = _options(parsed)
        with _home(parsed.home) as home:
            outcome = run(home, options)
    except (StepFailed, children.ServerFailed, HomeInUse, LookupError, SizeInvalid) as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except Stopped:
        print("\nStopped, and everything that was started with it.", file=sys.stderr)
        return 130
    report.write(outcome, parsed.out)
    print(f"\n{report.as_page(outcome, {})}\nWritten: {parsed.out / 'scale.md'}, {parsed.out / 'scale.json'}")
    print("ok" if not outcome.faults else f"FAILED: {'; '.join(outcome.faults)}")
    return 1 if outcome.faults else 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Stopped


@contextlib.contextmanager
def _home(given: Path | None) -> Iterator[Home]:
    if given is None:
        with temporary_home() as path:
            yield Home(path)
    else:
        yield Home(given.resolve())


def _options(parsed: argparse.Namespace) -> Options:
    sizes = choose(
        {
            "KENO_WEB_PROCESSES": str(parsed.web or ""),
            "KENO_SETTLEMENT_WORKERS": str(parsed.settlement or ""),
        }
    )
    return Options(
        operators=parsed.operators,
        games=parsed.games,
        seconds=parsed.minutes * 60,
        rate=parsed.rate,
        slips=parsed.slips,
        connections=parsed.connections,
        players=parsed.players,
        intervals=[int(each) for each in parsed.intervals.split(",")],
        makers=parsed.makers,
        sizes=sizes,
        profile=parsed.profile,
        command=f"python -m bench.scale {shlex.join(sys.argv[1:])}".strip(),
    )


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    cores = os.cpu_count() or 1
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--operators", type=int, default=200)
    parser.add_argument("--games", type=int, default=250)
    parser.add_argument("--minutes", type=float, default=10.0, help="measured, after everything runs")
    parser.add_argument("--rate", type=float, default=100.0, help="bets a second while betting is open")
    parser.add_argument("--slips", type=int, default=1, help="bets in one request; more than 1: a bulk call")
    parser.add_argument("--connections", type=int, default=64, help="of the load to the web")
    parser.add_argument("--players", type=int, default=20, help="of each operator")
    parser.add_argument("--intervals", default="10", help="seconds of a game, in turns: 10 or 8,9,10,11,12")
    parser.add_argument("--web", type=int, help="web processes (as KENO_WEB_PROCESSES)")
    parser.add_argument("--settlement", type=int, help="settlement workers (as KENO_SETTLEMENT_WORKERS)")
    parser.add_argument("--makers", type=int, default=max(2, cores), help="processes that make operators")
    parser.add_argument("--profile", action="store_true", help="count SQL statements, and profile workers (costs time)")
    parser.add_argument("--home", type=Path, help="a directory to keep: its operators and games are used again")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where scale.md and scale.json go")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
