"""
A short run of faults on a whole installation, with a seed that is always the same: `make chaos` is the same with a new
seed, for as long as one likes.
"""

import json
from pathlib import Path

from keno_platform.local.home import Home
from keno_platform.local.testing import temporary_home
from tests.faults import course, report
from tests.faults.course import Options

SEED = 20_261
SECONDS = 30.0
LEAST = 5
WITHIN_S = 240.0
"""Other tests run beside this one; `make chaos` asks for 60 s, on a machine of its own, and after each fault."""


def test_an_installation_that_is_hurt_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    with temporary_home() as directory:
        outcome = course.run(
            Home(directory),
            Options(seconds=SECONDS, seed=SEED, trace=trace, within_s=WITHIN_S, relentless=True),
            tell=lambda line: print(line, flush=True),
        )
    print(report.summary(outcome))
    assert outcome.against() == []
    assert outcome.faults.total() >= LEAST
    assert len(trace.read_text().splitlines()) == len(outcome.hurts) - 1  # the last is the recovery from all of them
    assert sum(counts.get("ok", 0) for counts in outcome.operations.values()) > 20
    assert any("broken" in look for look in outcome.looks)
    json.dumps(outcome.as_json(), default=str)
