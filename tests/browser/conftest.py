"""A browser, a web server on the test's database, and an operator with a game whose rounds run as the test plays."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from keno_platform.local import ports
from tests.browser.chromium import Page, browser, find_program, page_of

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 30.0
BETTING_S, PAUSE_S, ROUNDS = 4, 2, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An operator of its own, so that nobody else's live frames have its players' names, with its domain and game."""

    operator: Any
    game: Any
    address: str

    def launch(self, player: str, *, language: str = "en", money: str = "1000.00") -> str:
        """What the operator's site does: money on the player's account, and the address to send the player to."""
        from tests.support.bets import backend

        currency = self.operator.currency_code
        own = backend(self.operator)
        deposit = {"player_token": player, "amount": money, "currency": currency, "reference": ""}
        assert own.post("wallet/deposits", deposit).status_code == 201
        opened = own.post("sessions", {"player_token": player, "currency": currency, "language": language})
        return f"{self.address}/?launch={opened.json()['launch_token']}"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    program = find_program()
    if program is None:
        pytest.skip("needs a Chromium on this machine (Debian: apt-get install chromium)")
    with browser(program, tmp_path_factory.mktemp("chromium") / "profile") as port:
        yield port


@pytest.fixture
def page(chromium: int) -> Iterator[Page]:
    with page_of(chromium) as page:
        yield page


@pytest.fixture(scope="module")
def site(
    chromium: int, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """One for all tests here; asked for after the browser, so that without one nothing is started."""
    with django_db_blocker.unblock():
        operator, game = _shop(f"shop-{uuid4().hex[:8]}")
        try:
            with _driven(), _served(tmp_path_factory.mktemp("web") / "log") as port:
                yield Site(operator=operator, game=game, address=f"http://{operator.slug}.localhost:{port}")
        finally:
            type(game).objects.filter(pk=game.pk).update(active=False)


def _shop(slug: str, *, betting_s: int = BETTING_S, pause_s: int = PAUSE_S, rounds: int = ROUNDS) -> tuple[Any, Any]:
    from operators.services import OperatorTerms, create_operator
    from rounds.models import Game
    from tests.support.rounds import Timing, commit_rounds

    terms = OperatorTerms(
        slug=slug,
        name="Shop <&> Sons",
        currency_code="KES",
        domain=f"{slug}.localhost",
        min_bet=1000,
        max_bet=100_000,
        max_win_per_ticket=10**10,
        primary_color="#ffd000",
    )
    operator, _ = create_operator(terms=terms)
    interval = betting_s + pause_s
    game = Game.objects.create(
        code=slug, name="Shop Keno", owner_id=operator.pk, interval_seconds=interval, betting_seconds=betting_s
    )
    commit_rounds(game, count=rounds, timing=Timing(opens_in=1, betting=betting_s, pause=pause_s))
    return operator, game


class _driven:
    """Rounds go on and are paid in the background, as the workers do it."""

    def __enter__(self) -> None:
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._drive)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _drive(self) -> None:
        from django.db import connections

        from bets.services.settlement import settle_round
        from rounds.selectors import unsettled
        from rounds.services.tick import run_due

        try:
            while not self._end.wait(0.05):
                run_due()
                for round_id, operator_id in unsettled():
                    settle_round(operator_id=operator_id, round_id=round_id)
        finally:
            connections.close_all()


class _served:
    """The real web server, in a process of its own, on the database of the test."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def __enter__(self) -> int:
        from django.db import connection

        port = ports.find_free()
        server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
            "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
            "KENO_DB_POOL_SIZE": "5",
            "KENO_BASE_URL": f"http://localhost:{port}",
        }
        command = [sys.executable, "-m", "uvicorn", "keno_platform.asgi:application", "--port", str(port)]
        command += ["--timeout-graceful-shutdown", "1"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        self._wait(f"http://127.0.0.1:{port}/health/live")
        return port

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)

    def _wait(self, address: str) -> None:
        end = time.monotonic() + READY_WITHIN_S
        while True:
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < end, self._log.read_text()
            with contextlib.suppress(httpx.TransportError):
                httpx.get(address, timeout=2).raise_for_status()
                return
            time.sleep(0.1)
