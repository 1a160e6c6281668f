"""What the benchmarks say is what they measured: ratios, medians, verdicts, the page, the load."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bench import load, plots, report
from bench.books import BooksDiffer, check
from bench.harness import Pair, Row, in_turns, interleave, meets, read_target
from bench.load import Bettor, Lane, Met

NAMES = {"name", "value", "unit", "yardstick", "ratio", "target", "met"}


def test_a_ratio_is_between_medians_so_that_one_bad_repeat_does_not_count() -> None:
    pair = Pair(work=(30.0, 1.0, 20.0), yardstick=(10.0, 9.0, 1000.0))
    assert (pair.value, pair.yardstick_value, pair.ratio) == (20.0, 10.0, 2.0)


def test_work_and_yardstick_take_turns() -> None:
    order: list[str] = []
    pair = interleave(lambda: _note(order, "work", 2.0), lambda: _note(order, "yardstick", 1.0), repeats=3)
    assert order == ["yardstick", "work"] * 3
    assert (pair.work, pair.yardstick) == ((2.0,) * 3, (1.0,) * 3)


def test_each_work_gets_its_own_samples() -> None:
    numbers = iter(range(6))
    taken = in_turns(lambda: float(next(numbers)), lambda: float(next(numbers)), repeats=3)
    assert taken == [(0.0, 2.0, 4.0), (1.0, 3.0, 5.0)]


@pytest.mark.parametrize(
    ("target", "measured", "met"),
    [
        (">= 2.0x", 2.0, True),
        (">= 2.0x", 1.999, False),
        ("p99 <= 25 ms", 25.0, True),
        ("<= 25 ms", 25.01, False),
        (">= 5,000 rounds/s", 4_999, False),
        ("< 5 s", 5.0, False),
    ],
)
def test_a_target_is_met_or_not_at_its_very_bound(target: str, measured: float, met: bool) -> None:
    assert meets(target, measured) is met


def test_a_target_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="comparison"):
        read_target("as fast as possible")


@pytest.mark.parametrize("exponent", [-0.5, 0.0, 1.0, 1.7])
def test_the_exponent_of_growth_is_found(exponent: float) -> None:
    sizes = [1, 10, 100, 1000]
    assert plots.fit_exponent(sizes, [3 * size**exponent for size in sizes]) == pytest.approx(exponent)


def test_a_row_says_in_json_what_the_others_say_and_only_what_it_has() -> None:
    told = report.as_json(row(samples=(1.0, 2.0), figures={"p99_ms": 3.0}))
    assert set(told) == NAMES | {"yardstick_value", "samples", "figures"}
    assert set(report.as_json(row(yardstick="", yardstick_value=None, ratio=None, met=None))) == NAMES


@pytest.mark.parametrize(
    ("changed", "score"),
    [
        ({"target": ">= 2.0x", "ratio": 3.0}, 1.5),
        ({"target": "<= 1.2x", "ratio": 2.4}, 0.5),
        ({"target": "<= 50 ms", "value": 25.0, "ratio": 9.0}, 2.0),
        ({"target": ">= 5,000 rounds/s", "value": 10_000.0}, 2.0),
        ({"target": ">= 2.0x", "ratio": None}, None),
        ({"target": "none", "value": 1.0}, None),
    ],
)
def test_a_bar_is_the_multiple_of_the_target(changed: dict[str, Any], score: float | None) -> None:
    assert report.score_of(row(**changed)) == score


def test_a_run_leaves_a_list_and_a_page_with_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "machine", lambda: "A machine.")
    (tmp_path / "old.png").write_bytes(b"")
    rows = [row(), row(name="slow | odd", met=False, ratio=1.0), row(name="absent", met=None, note="Install it.")]
    report.write(tmp_path, rows, quick=True, command="make bench", began=(tmp_path / "old.png").stat().st_mtime + 60)
    told = json.loads((tmp_path / "latest.json").read_text())
    assert [(one["name"], one["met"]) for one in told] == [("fast", True), ("slow | odd", False), ("absent", None)]
    page = (tmp_path / "README.md").read_text()
    assert "1 targets met, 1 not, 1 without a verdict" in page
    assert "**A quick run**" in page
    assert "| slow \\| odd | 20 bets/s | plain: 10 | 1.00 | >= 2.0x | NOT MET |" in page
    assert "Install it." in page
    assert (tmp_path / "targets.png").read_bytes().startswith(b"\x89PNG")
    assert "old.png" not in page


def test_the_load_counts_what_it_is_answered_and_gives_every_request_a_key_of_its_own(door: "Door") -> None:
    backends = [Bettor(key=key, players=["a", "b"], round_id=7) for key in ("k1", "k2")]
    met = load.run(door.url, [Lane(name="x", bettors=backends, connections=4)], seconds=0.5)["x"]
    refused = met.refused["insufficient_funds"]
    assert met.calls == met.placed + refused == len(door.seen)
    assert refused == sum(int(one["n"]) % 10 == 9 for one in door.seen)
    assert len({one["key"] for one in door.seen}) == met.calls
    callers = [one["caller"] for one in door.seen]
    assert abs(callers.count("Bearer k1") - callers.count("Bearer k2")) <= 4
    assert 0 < met.p50_ms <= met.p95_ms <= met.p99_ms <= met.max_ms
    assert sorted(met.sample) == list(met.sample)


def test_the_load_counts_each_bet_of_a_bulk_call(door: "Door") -> None:
    lane = Lane(name="x", bettors=[Bettor(key="k", players=["a"], round_id=7)], connections=2, bulk=5)
    met = load.run(door.url, [lane], seconds=0.3)["x"]
    assert met.placed == 4 * met.calls > 0
    assert met.refused == {"insufficient_funds": met.calls}


def test_bets_that_are_not_stored_are_no_figure() -> None:
    met = Met(placed=3, calls=3, seconds=1, refused={}, p50_ms=1, p95_ms=1, p99_ms=1, max_ms=1, load_cpu_us=1)
    with pytest.raises(BooksDiffer, match="3 bets were accepted, and 0 are stored"):
        check([], [met])


def row(**changed: Any) -> Row:
    members: dict[str, Any] = {
        "name": "fast",
        "value": 20.0,
        "unit": "bets/s",
        "yardstick": "plain",
        "yardstick_value": 10.0,
        "ratio": 2.0,
        "target": ">= 2.0x",
        "met": True,
    }
    return Row(**members | changed)


def _note(order: list[str], what: str, value: float) -> float:
    order.append(what)
    return value


class Door:
    """A server that takes bets: every tenth is refused, and of a bulk call the last."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.seen: list[dict[str, str]] = []


@pytest.fixture
def door() -> Iterator[Door]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            key = self.headers["Idempotency-Key"]
            seen = {"key": key, "caller": self.headers["Authorization"], "n": str(len(taken.seen))}
            taken.seen.append(seen)
            status, answer = _answer(body, int(seen["n"]))
            raw = json.dumps(answer, separators=(",", ":")).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Nothing is told."""

    server = ThreadingHTTPServer(("127.0.0.1", _free_port()), Handler)
    taken = Door(server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield taken
    server.shutdown()
    thread.join()
    server.server_close()


def _answer(body: dict[str, Any], number: int) -> tuple[int, dict[str, Any]]:
    problem = {"code": "insufficient_funds", "status": 409}
    if "bets" in body:
        placed = [{"status": 201, "bet": bet} for bet in body["bets"][:-1]]
        return 200, {"results": [*placed, {"status": 409, "problem": problem}]}
    assert set(body) == {"round_id", "player_token", "picks", "stake", "currency"}
    assert re.fullmatch(r"\d+\.\d\d", body["stake"])
    assert len(set(body["picks"])) == len(body["picks"]) <= 10
    return (409, problem) if number % 10 == 9 else (201, {"id": number, "status": "pending"})


def _free_port() -> int:
    from keno_platform.local import ports

    return ports.find_free()
