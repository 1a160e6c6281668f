"""The brand preview in the staff's site: the real client, in looks that are not saved, at the size of two devices."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from websockets.sync.client import connect

from operators.models import Operator
from play.demo import ensure_house
from rounds.models import Game
from tests.browser.chromium import MESSAGE_MAX, Page
from tests.browser.conftest import Site
from tests.support.rounds import Timing, commit_rounds, new_game
from tests.support.staff import browser_session

pytestmark = pytest.mark.usefixtures("committed")
YELLOW, PURPLE = "#ffd000", "#6b2fa0"


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.picture(Path(folder) / f"{name}.png")


def log_in(page: Page, user: User, origin: str) -> None:
    """What the pages of logging in would have done: a staff session, and its cookie in the browser."""
    page.send("Network.setCookie", name=settings.SESSION_COOKIE_NAME, value=browser_session(user), url=origin)


@pytest.fixture
def shared_game(committed: None) -> Iterator[Game]:
    """A game that the play-money house can play, with rounds for a minute and a half."""
    ensure_house()
    game = new_game()
    Game.objects.filter(pk=game.pk).update(active=True)
    commit_rounds(game, count=15, timing=Timing(opens_in=1, betting=4, pause=2))
    yield game
    Game.objects.filter(pk=game.pk).update(active=False)


def frames(chromium: int, host: str) -> list[dict[str, Any]]:
    """The frames of this host that the browser shows, each a page to look into."""
    shown = httpx.get(f"http://127.0.0.1:{chromium}/json/list", timeout=10).json()
    return [one for one in shown if one["type"] == "iframe" and host in one["url"]]


def in_each(chromium: int, host: str, *holds: str) -> None:
    """Until each of the two frames has what the expressions say."""
    found = frames(chromium, host)
    assert len(found) == 2
    for one in found:
        with connect(one["webSocketDebuggerUrl"], max_size=MESSAGE_MAX, compression=None) as socket:
            inside = Page(socket)
            for expression in holds:
                inside.until(expression)
            assert inside.problems == []


def test_staff_see_the_client_in_looks_that_are_not_saved(
    site: Site, shared_game: Game, chromium: int, page: Page, unique: Callable[[str], str]
) -> None:
    origin = site.address.replace(f"{site.operator.slug}.", "")
    log_in(page, User.objects.create_superuser(unique("boss")), origin)
    page.show(width=1500, height=1250)
    page.open(f"{origin}/admin/operators/operator/{site.operator.pk}/dress/")
    page.until("document.querySelectorAll('iframe').length === 2 && document.readyState === 'complete'")
    host = f"{site.operator.slug}.localhost"
    brand = "getComputedStyle(document.documentElement).getPropertyValue('--brand')"
    playable = "document.querySelectorAll('#board button, [role=grid] button').length >= 80"
    page.listen(1)
    in_each(chromium, host, f"{brand} === '{YELLOW}'", playable)
    keep(page, "preview-saved")

    page.value(f"document.querySelector('[name=primary_color]').value = '{PURPLE}'")
    page.value("document.querySelector('[name=name]').value = 'Simba Keno'")
    page.value("document.querySelector('[name=logo_url]').value = '/static/play/savanna.svg'")
    page.value("document.querySelector('[name=preview_theme]').value = 'dark'")
    page.value("document.querySelector('[name=preview_language]').value = 'ar'")
    page.click("button[name=preview]")
    page.until("document.body.textContent.includes('Not saved yet.') && document.readyState === 'complete'")
    page.listen(1)
    in_each(
        chromium,
        host,
        f"{brand} === '{PURPLE}'",
        "document.documentElement.dataset.theme === 'dark'",
        "document.documentElement.dir === 'rtl'",
        "document.body.textContent.includes('Simba Keno')",
        playable,
    )
    keep(page, "preview-tried")
    assert page.problems == []
    stored = Operator.objects.get(pk=site.operator.pk)
    assert (stored.primary_color, stored.name) == (YELLOW, site.operator.name)
