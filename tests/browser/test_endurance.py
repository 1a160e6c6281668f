"""
Many rounds in one page: a scripted player bets on each, and nothing piles up, nothing fails, and the countdown stays
the server's. A few rounds here; two hundred by `make endurance`.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.browser.chromium import Page
from tests.browser.conftest import Site, _driven, _served, _shop
from tests.browser.test_play import BETTABLE, bets_of

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.proof]
BETTING_S, PAUSE_S = 3, 1
WARM = 8
"""Rounds before the first look at the memory: by then everything is loaded, and lists are as long as they get."""
DRIFT_MAX_MS = 100
HEAP_MORE_MAX, NODES_MORE_MAX, LISTENERS_MORE_MAX = 600_000, 800, 20
"""Bytes, nodes and listeners that any number of rounds may leave behind: lists that fill up and are cut."""
RECORD = """
    window.counted = [];
    document.addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
      const round = document.getElementById('round'), seconds = document.getElementById('seconds');
      const told = seconds && round.dataset.phase === 'open' && seconds.textContent;
      const last = window.counted.at(-1);
      if (told && (!last || last[1] !== told)) window.counted.push([Date.now(), told]);
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true }));
"""
"""Each second of the countdown as it is shown, with this machine's time, which is the server's too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the page holds after its garbage is gone."""

    heap: int
    nodes: int
    listeners: int


@pytest.fixture(scope="module")
def count() -> int:
    return int(os.environ.get("ROUNDS", "12"))


@pytest.fixture(scope="module")
def quick_site(
    chromium: int, count: int, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A game with short rounds, enough for this and for a slow start."""
    with django_db_blocker.unblock():
        slug = f"long-{uuid4().hex[:8]}"
        operator, game = _shop(slug, betting_s=BETTING_S, pause_s=PAUSE_S, rounds=2 * count + 30)
        try:
            with _driven(), _served(tmp_path_factory.mktemp("web") / "log") as port:
                yield Site(operator=operator, game=game, address=f"http://{operator.slug}.localhost:{port}")
        finally:
            type(game).objects.filter(pk=game.pk).update(active=False)


def held(page: Page) -> Held:
    page.send("HeapProfiler.collectGarbage")
    page.send("HeapProfiler.collectGarbage")
    found = {one["name"]: one["value"] for one in page.send("Performance.getMetrics")["metrics"]}
    return Held(heap=int(found["JSHeapUsedSize"]), nodes=int(found["Nodes"]), listeners=int(found["JSEventListeners"]))


def play_one(page: Page) -> None:
    """One bet on the round that is open, to its end."""
    page.click("#quick")
    page.until(f"place.dataset.state === 'ready' && {BETTABLE}")
    number = page.text("#round-number")
    page.click("#place")
    page.until("place.dataset.state === 'accepted'")
    page.until(f"document.querySelector('#round-number').textContent !== {number!r}")


def drifts_ms(page: Page, site: Site) -> list[float]:
    """How far each step of the countdown was from its moment. The first number of a round may come in mid-second."""
    from rounds.models import Round

    rounds = Round.objects.filter(game=site.game)
    closes = [moment.timestamp() * 1000 for moment in rounds.values_list("closes_at", flat=True)]
    counted = [(shown_ms, int(told)) for shown_ms, told in page.value("window.counted")]
    steps = [now for before, now in pairwise(counted) if now[1] == before[1] - 1]
    return [min((shown_ms - (close - 1000 * told) for close in closes), key=abs) for shown_ms, told in steps]


def test_rounds_leave_nothing_behind_and_the_countdown_does_not_drift(
    quick_site: Site, chromium: int, page: Page, count: int, tmp_path: Path
) -> None:
    player = f"p-{uuid4().hex[:8]}"
    page.send("Performance.enable")
    page.before_every_load(RECORD)
    page.show(width=360, height=740, prefers_reduced_motion="reduce")
    page.open(quick_site.launch(player, money="100000.00"))
    page.until("document.querySelector('#play') && balance.textContent !== '–'")
    for _ in range(WARM):
        play_one(page)
    before = held(page)
    for _ in range(count):
        play_one(page)
    after = held(page)
    shown = drifts_ms(page, quick_site)
    drift = f"{min(shown):.0f} to {max(shown):.0f} ms in {len(shown)} steps"
    print(f"\n{count} rounds: {before} to {after}; countdown off by {drift}")
    assert len(bets_of(quick_site, player)) == WARM + count
    assert page.problems == []
    assert max(map(abs, shown)) <= DRIFT_MAX_MS
    assert after.heap - before.heap <= HEAP_MORE_MAX
    assert after.nodes - before.nodes <= NODES_MORE_MAX
    assert after.listeners - before.listeners <= LISTENERS_MORE_MAX
