"""
`make chaos`: hurt an installation of its own for SECONDS, and see that nothing is lost and nothing doubled.

Exits 0 when all is well, 1 when something speaks against it, 2 when it was used wrongly.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from keno_platform.local.home import Home
from keno_platform.local.testing import temporary_home
from tests.faults import course, report
from tests.faults.course import Options
from tests.faults.plan import ALL, FaultUnknown

RESULTS = Path("build") / "chaos"


def main() -> int:
    asked = _parse()
    if asked.list:
        print("\n".join(sorted({one.name for one in ALL}, key=lambda name: (int(name.split()[0][1:]), name))))
        return 0
    seed = asked.seed if asked.seed is not None else course.new_seed()
    RESULTS.mkdir(parents=True, exist_ok=True)
    trace = RESULTS / f"trace-{seed}.jsonl"
    if asked.replay is None:
        trace.unlink(missing_ok=True)
    options = Options(
        seconds=asked.seconds, seed=seed, faults=asked.faults, replay=asked.replay,
        trace=trace if asked.replay is None else None, within_s=asked.within, together=asked.together,
        relentless=asked.relentless,
    )  # fmt: skip
    print(f"seed {seed}; done again by: make chaos REPLAY={trace}", flush=True)
    try:
        with temporary_home() as directory:
            outcome = course.run(Home(asked.home or directory), options, tell=_tell)
    except FaultUnknown as unknown:
        print(unknown, file=sys.stderr)
        return 2
    (RESULTS / f"outcome-{seed}.json").write_text(json.dumps(outcome.as_json(), indent=2, default=str))
    print(f"\n{report.summary(outcome)}")
    return 1 if outcome.against() else 0


def _tell(line: str) -> None:
    print(f"{time.strftime('%X')} {line}", flush=True)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long it is hurt (300)")
    parser.add_argument("--seed", type=int, help="of the plan and the load; a new one otherwise")
    parser.add_argument("--faults", type=_names, default=(), help="numbers or names, with commas; all otherwise")
    parser.add_argument("--replay", type=Path, help="the trace of an earlier run, to be done again")
    parser.add_argument("--together", type=int, default=2, help="at most so many faults at once (2)")
    parser.add_argument("--relentless", action="store_true", help="one step after the other; be well at the end")
    parser.add_argument("--within", type=float, default=course.WELL_WITHIN_S, help="be well again so many s after (60)")
    parser.add_argument("--home", type=Path, help="keep everything in this directory; else in one that is removed")
    parser.add_argument("--list", action="store_true", help="name the faults, and do nothing")
    return parser.parse_args()


def _names(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


if __name__ == "__main__":
    sys.exit(main())
