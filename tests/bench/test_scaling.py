"""The scale run: its arithmetic, its verdict, and a small one from its beginning to its end."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.rows import bulk, placement
from bench.scaling import arithmetic, report
from bench.scaling.arithmetic import Measured
from bench.scaling.figures import Delays, count_over, percentile
from bench.scaling.report import Outcome, Process
from bench.scaling.watching import Usage, cpu_of_all
from keno_platform.local.programs import PROJECT
from keno_platform.local.testing import temporary_home

ASKED = {"command": "python -m bench.scale", "cores": 2, "began": "today", "operators": 2, "games": 3}
START_WITHIN_S = 120


@pytest.mark.parametrize(
    ("count", "per_cent", "place"),
    [(100, 50, 50), (100, 99, 99), (100, 99.9, 100), (1000, 99.9, 999), (1, 50, 1), (3, 50, 2), (2, 50, 1)],
)
def test_a_percentile_is_the_value_that_so_many_per_cent_do_not_exceed(count: int, per_cent: float, place: int) -> None:
    assert percentile([float(n) for n in range(1, count + 1)], per_cent) == place


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.1, 100))
def test_a_percentile_was_measured_and_has_its_share_below_it(values: list[float], per_cent: float) -> None:
    found = percentile(sorted(values), per_cent)
    assert found in values
    assert sum(value <= found for value in values) >= per_cent / 100 * len(values) - 1e-5
    assert sum(value < found for value in values) < per_cent / 100 * len(values) + 1e-5


def test_nothing_measured_is_no_number_and_never_a_good_one() -> None:
    nothing = Delays.of([])
    assert nothing.count == 0
    assert math.isnan(nothing.worst)
    assert nothing.as_json()["p99"] is None


def test_a_close_exactly_at_the_limit_is_in_time_and_one_behind_it_is_late() -> None:
    assert count_over([249.9, 250.0, 250.1], 250.0) == 1


def _outcome(**changed: Any) -> Outcome:
    fine = {"steps": {"closed": [(0.0, 10.0)]}, "rounds": 1, "invariants": {"I1": 0}, "seconds": 10.0}
    return Outcome(asked=ASKED, **{**fine, **changed})


def test_a_run_in_which_everything_was_in_time_and_holds_has_no_faults() -> None:
    assert _outcome().faults == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"steps": {"closed": [(0.0, 250.5)]}}, "1 closes later"),
        ({"rounds": 2}, "1 rounds never closed"),
        ({"invariants": {"I1": 0, "I2": 3}}, "1 invariants broken"),
        ({"invariants": None}, "1 invariants broken or not checked"),
        ({"load": {"refused": {"maintenance": 2, "round_not_open": 7}}}, "2 bets met an error"),
        ({"load": {"refused": {"TimeoutError": 3}}}, "3 bets met an error"),
        ({"died": ["web"]}, "1 processes ended"),
        ({"rounds": 0, "steps": {}}, "without any round"),
    ],
)
def test_each_thing_that_is_wrong_fails_the_run(changed: dict[str, Any], told: str) -> None:
    [fault] = _outcome(**changed).faults
    assert told in fault


def test_the_slowest_round_of_each_ten_seconds_is_what_the_picture_shows() -> None:
    points = [(100.0, 5.0), (104.0, 9.0), (109.9, 7.0), (110.0, 1.0), (131.0, 2.0)]
    assert report.worst_by_time(points) == [(0.0, 9.0), (10.0, 1.0), (30.0, 2.0)]
    assert report.middle_by_time(points) == [(0.0, 7.0), (10.0, 1.0), (30.0, 2.0)]


def test_the_parts_of_postgres_are_not_counted_beside_its_sum() -> None:
    used = {"web": Usage(cpu_s=3), "postgres for web": Usage(cpu_s=2), "postgres in all": Usage(cpu_s=2.5)}
    assert cpu_of_all(used) == 5.5


def test_page_and_document_say_the_same_and_have_no_single_measurements(tmp_path: Path) -> None:
    outcome = _outcome(
        load={"accepted": 1234, "refused": {"round_not_open": 5}, "answer_ms": {"p50": 3.0}, "times": [(0.0, 3.0)]},
        processes=[Process(name="web", processes=1, cpu_s=5.0, memory_mb=100.0)],
    )
    report.write(outcome, tmp_path)
    document, page = json.loads((tmp_path / "scale.json").read_text()), (tmp_path / "scale.md").read_text()
    assert document["ok"] is True
    assert document["bets"]["accepted"] == 1234
    assert "times" not in document["bets"]
    assert "1,234 (123 a second)" in page
    assert "5 round_not_open" in page
    assert "| web | 1 | 5.0 | 0.50 | 100 |" in page
    for picture in ("scale-rounds.png", "scale-bets.png"):
        assert picture in page
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")


def _start(home: Path, *arguments: str) -> "subprocess.Popen[str]":
    ours = ("KENO_", "DATABASE_URL", "REDIS_URL", "PYTEST_")
    return subprocess.Popen(
        [sys.executable, "-m", "bench.scale", "--home", str(home), "--out", str(home / "results"), *arguments],
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if not name.startswith(ours)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_small_run_plays_bets_checks_and_leaves_nothing_behind() -> None:
    size = ["--operators", "2", "--games", "2", "--players", "3", "--makers", "1"]
    size += ["--intervals", "4", "--minutes", "0.25", "--rate", "20"]
    with temporary_home() as home:
        process = _start(home, *size)
        printed, _ = process.communicate(timeout=600)
        assert (home / "results" / "scale.json").exists(), printed
        found = json.loads((home / "results" / "scale.json").read_text())
        assert _processes_of(home) == []
    # Whether it is in time depends on what else this machine does; that it says so does not.
    assert process.returncode == (1 if found["faults"] else 0), printed
    assert [fault for fault in found["faults"] if "closes later" not in fault] == [], printed
    assert found["rounds"] >= 3, printed
    assert found["bets"]["accepted"] > 0, printed
    assert found["participations"] > 0
    assert set(found["invariants"].values()) == {0}
    assert found["rows_ms"]["closed"]["count"] == found["rounds"] == found["rows_ms"]["revealed"]["count"]
    assert found["announced_ms"]["closed"]["count"] >= found["rounds"], "every close was heard"
    cpu = {one["name"]: one["cpu_s"] for one in found["processes"]}
    assert {"web", "rounds", "settlement", "beat", "valkey", "postgres in all", "load"} <= cpu.keys()
    assert 0 < cpu["postgres in all"] < found["cpu_seconds"]


def test_a_run_that_is_asked_to_stop_stops_all_that_it_has_started() -> None:
    with temporary_home() as home:
        process = _start(home, "--operators", "2", "--games", "1")
        deadline = time.monotonic() + START_WITHIN_S
        while not (home / "logs" / "migrate.log").exists():
            assert process.poll() is None, process.stdout and process.stdout.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert {"postgres", "valkey-server"} <= {one.name() for one in _processes_of(home)}
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=60)
        assert process.returncode == 130, printed
        assert "Stopped" in printed
        assert _processes_of(home) == []


def _processes_of(home: Path) -> list[psutil.Process]:
    """Whatever works in this directory, or on the servers in it."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.cwd()]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(str(home.resolve()) in word for word in words):
            found.append(process)
    return found


def test_the_arithmetic_of_large_installations_is_done_on_what_was_measured() -> None:
    measured = Measured(
        rows=[
            {
                "name": f"{arithmetic.SINGLE}64 connections)",
                "value": 9_000,
                "figures": {"web_cpu_us_per_bet": 80.0, "postgres_cpu_us_per_bet": 60.0},
            },
            {"name": f"{arithmetic.TICKED}: all close", "value": 25.0, "figures": {}},
        ],
        scale={
            "rounds": 1000,
            "participations": 500,
            "sizes": {"bytes_a_round": 900, "wal_bytes": 2_000_000},
            "bets": {"accepted": 1000},
            "processes": [
                {"name": "rounds", "cpu_s": 2.0},
                {"name": "postgres for rounds", "cpu_s": 3.0},
                {"name": "settlement", "cpu_s": 0.5},
                {"name": "settlement-2", "cpu_s": 0.25},
                {"name": "postgres for settlement", "cpu_s": 0.25},
            ],
        },
    )
    rounds = {what: computed for what, _, computed in arithmetic.rounds_table(measured)}
    assert rounds["rounds"] == "115.7 a second, 1,157 games"
    assert rounds["tick"] == "0.58 cores"  # 5 ms a round
    assert rounds["all boundaries at once"] == "116 ms"
    assert rounds["rounds' rows"] == "9.0 GB a day"
    bets = {what: computed for what, _, computed in arithmetic.bets_table(measured)}
    assert bets["web, bets one by one"] == "8.0 cores"
    assert bets["PostgreSQL, bets one by one"] == "6.0 cores"
    assert bets["settlement, each bet a pair of its own"] == "200 cores"  # 2 ms a pair
    assert bets["write-ahead log"] == "200 MB a second, 17,280 GB a day"
    assert bets["web, bulk calls of 500"] == "? cores", "what was not measured is not computed"


def test_the_rows_that_the_arithmetic_goes_by_are_those_of_the_benchmarks() -> None:
    assert placement.NAME.startswith(arithmetic.SINGLE)
    assert bulk.NAME.startswith(arithmetic.BULK)
