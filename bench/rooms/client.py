"""The player's client in use: the first bet on a poor connection, what blocks it, and what 500 rounds leave behind."""

import contextlib
import threading
from collections.abc import Iterable, Iterator
from statistics import median
from typing import TYPE_CHECKING

from bench.browsing import (
    CPU_TIMES_SLOWER,
    DOWN_KBIT,
    INSIDE,
    LATENCY_MS,
    MISSING,
    READY_WITHIN_S,
    Stage,
    browsing,
    open_cold,
    open_stage,
    throttle,
)
from bench.harness import Bench, Row, Web, meets
from bench.setting import make_game, make_operator

if TYPE_CHECKING:
    from tests.browser.chromium import Page

ORDER, SECONDS = 131, 85
QUICK = False
POOR = f"at {DOWN_KBIT} kbit/s, {LATENCY_MS} ms, {CPU_TIMES_SLOWER}x slower CPU"
FIRST_BET = f"from the operator's link to the first accepted bet, in a cold Chromium {POOR}"
LONGEST = f"longest task of the page until then, {POOR}"
HEAP = "memory of the page that 500 rounds leave behind"
TARGET_BET, TARGET_TASK, TARGET_HEAP = "<= 8 s", "<= 200 ms", "<= 500 kB"
WARM, ROUNDS, STEP_S = 30, 500, 0.12
AHEAD_S = 4.0
"""Enough to commit the rounds and to open the page."""
NUMBER = "Number(document.querySelector('#round-number').textContent.replace(/\\D/g, ''))"
LONG_TASKS = """
    window.longTasks = [];
    new PerformanceObserver(list => window.longTasks.push(...list.getEntries().map(one => one.duration)))
      .observe({ type: 'longtask', buffered: true });
"""
BET = """
    (async () => {
      const one = id => document.getElementById(id);
      one('quick').click();
      while (one('place').disabled) await new Promise(requestAnimationFrame);
      one('place').click();
      while (one('place').dataset.state !== 'accepted') await new Promise(requestAnimationFrame);
      window.acceptedAfterMs = performance.now();
    })()
"""


def run(bench: Bench) -> Iterable[Row]:
    with open_stage() as stage, bench.web(**INSIDE) as url, browsing() as page:
        if page is None:
            yield from (_missing(name) for name in (FIRST_BET, LONGEST, HEAP))
            return
        page.before_every_load(LONG_TASKS)
        yield _heap(bench, url, page)
        throttle(page)
        yield from _first_bet(bench, stage, url, page)


def _missing(name: str) -> Row:
    return Row(name=name, value=None, unit="", target="", met=None, note=MISSING)


def _first_bet(bench: Bench, stage: Stage, url: Web, page: "Page") -> Iterator[Row]:
    bets, longest = [], []
    for turn in range(3):
        bench.progress(f"first bet, {turn + 1} of 3")
        open_cold(page, stage.launch(url))
        page.value(f"void {BET.strip()}")
        page.until("window.acceptedAfterMs", seconds=READY_WITHIN_S)
        bets.append(float(page.value("window.acceptedAfterMs")) / 1000)
        longest.append(float(page.value("Math.max(0, ...window.longTasks)")))
    yield Row(
        name=FIRST_BET,
        value=median(bets),
        unit="s",
        target=TARGET_BET,
        met=meets(TARGET_BET, median(bets)),
        samples=tuple(bets),
        note="a script presses Quick pick and Place bet as soon as it can; the target is our own",
    )
    yield Row(
        name=LONGEST,
        value=median(longest),
        unit="ms",
        target=TARGET_TASK,
        met=meets(TARGET_TASK, median(longest)),
        samples=tuple(longest),
    )


def _heap(bench: Bench, url: Web, page: "Page") -> Row:
    """Real rounds, shorter than any player's, so that 500 of them fit into a minute."""
    bench.progress(f"{WARM} rounds, then {ROUNDS}")
    page.send("Performance.enable")
    with _short_rounds() as stage:
        open_cold(page, stage.launch(url))
        page.until(f"{NUMBER} >= {WARM}", seconds=READY_WITHIN_S)
        before = _held(page)
        page.until(f"{NUMBER} >= {WARM + ROUNDS}", seconds=2 * ROUNDS * STEP_S)
        after = _held(page)
    value = (after["JSHeapUsedSize"] - before["JSHeapUsedSize"]) / 1000
    return Row(
        name=HEAP,
        value=value,
        unit="kB",
        target=TARGET_HEAP,
        met=meets(TARGET_HEAP, value),
        figures={
            "heap_before_kb": before["JSHeapUsedSize"] / 1000,
            "heap_after_kb": after["JSHeapUsedSize"] / 1000,
            "nodes_more": after["Nodes"] - before["Nodes"],
            "listeners_more": after["JSEventListeners"] - before["JSEventListeners"],
        },
        note=f"rounds of {STEP_S} s, of which the page hears every change; garbage is collected before each look; "
        "the target is our own",
    )


@contextlib.contextmanager
def _short_rounds() -> Iterator[Stage]:
    """An operator with a game whose rounds follow one another at once, driven by this process."""
    from rounds.models import Game
    from tests.support.rounds import Timing, commit_rounds

    operator, _ = make_operator("short")
    game = make_game("short", owner=operator)
    mine = Game.objects.filter(pk=game.pk)
    mine.update(active=True)
    commit_rounds(game, count=2 * WARM + ROUNDS, timing=Timing(opens_in=AHEAD_S, betting=STEP_S, pause=0.0))
    try:
        with _driven():
            yield Stage(operator=operator)
    finally:
        mine.update(active=False)


@contextlib.contextmanager
def _driven() -> Iterator[None]:
    end = threading.Event()

    def drive() -> None:
        from django.db import connections

        from rounds.services.tick import run_due

        try:
            while not end.wait(STEP_S / 4):
                run_due()
        finally:
            connections.close_all()

    thread = threading.Thread(target=drive)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _held(page: "Page") -> dict[str, float]:
    for _ in range(2):
        page.send("HeapProfiler.collectGarbage")
    return {one["name"]: float(one["value"]) for one in page.send("Performance.getMetrics")["metrics"]}
