"""A browser at the player's client on a poor connection, and an operator with a game to open it for."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bench.harness import Web
from bench.setting import make_game, make_operator, open_round

if TYPE_CHECKING:
    from operators.models import Operator
    from tests.browser.chromium import Page

DOWN_KBIT, LATENCY_MS, CPU_TIMES_SLOWER = 400, 400, 4
READY_WITHIN_S = 60.0
MISSING = "needs a Chromium on this machine (Debian: apt-get install chromium)"
INSIDE = {"KENO_ALLOWED_HOSTS": "localhost,.localhost,127.0.0.1"}
WATCH = """
    new MutationObserver((_, watch) => {
      const play = document.getElementById('play'), balance = document.getElementById('balance');
      if (play && !play.hidden && balance && balance.textContent !== '–') {
        window.readyAfterMs = performance.now();
        watch.disconnect();
      }
    }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
"""
"""In the page before its own scripts: when the board stands there, with the player's balance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """An operator on its domain, with a game that is open."""

    operator: "Operator"

    @property
    def host(self) -> str:
        return f"{self.operator.slug}.localhost"

    def launch(self, url: Web) -> str:
        """The address that an operator's site sends a new player with some money to."""
        from operators.tenancy import tenant_context
        from players.services import open_session
        from tests.support.bets import new_player

        player = new_player(self.operator, money=100_000)
        with tenant_context(self.operator):
            _, launch = open_session(operator=self.operator, player=player, language="en", country="")
        return f"http://{self.host}:{urlsplit(url).port}/?launch={launch}"


@contextlib.contextmanager
def open_stage() -> Iterator[Stage]:
    """The game counts as active as long as this lasts: clients show no others."""
    from rounds.models import Game

    operator, _ = make_operator("load")
    game = make_game("load", owner=operator)
    open_round(game)
    mine = Game.objects.filter(pk=game.pk)
    mine.update(active=True)
    try:
        yield Stage(operator=operator)
    finally:
        mine.update(active=False)


@contextlib.contextmanager
def browsing() -> "Iterator[Page | None]":
    """A page of a new browser that notes when the game can be played; None where there is no Chromium."""
    from tests.browser import chromium

    program = chromium.find_program()
    if program is None:
        yield None
        return
    with (
        tempfile.TemporaryDirectory() as home,
        chromium.browser(program, Path(home) / "profile") as port,
        chromium.page_of(port) as page,
    ):
        page.before_every_load(WATCH)
        yield page


def throttle(page: "Page") -> None:
    speed = DOWN_KBIT * 1000 / 8
    page.send(
        "Network.emulateNetworkConditions",
        offline=False,
        latency=LATENCY_MS,
        downloadThroughput=speed,
        uploadThroughput=speed,
    )
    page.send("Emulation.setCPUThrottlingRate", rate=CPU_TIMES_SLOWER)


def open_cold(page: "Page", address: str) -> float:
    """Seconds until the page at this address can be played, nothing of it known to the browser."""
    page.open("about:blank")
    page.send("Network.clearBrowserCache")
    page.send("Network.clearBrowserCookies")
    scheme, host = urlsplit(address)[:2]
    page.send("Storage.clearDataForOrigin", origin=f"{scheme}://{host}", storageTypes="all")  # its worker too
    page.open(address)
    page.until("window.readyAfterMs", seconds=READY_WITHIN_S)
    return float(page.value("window.readyAfterMs")) / 1000
