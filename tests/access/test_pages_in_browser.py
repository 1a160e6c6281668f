"""
Every page of the staff's site in a browser: it breaks no rule of its own policy and throws nothing. The long proof
opens each on a phone and on a desktop, in light and dark: nothing is serious for axe, and no page is wider than its
screen. With PICTURES=dir each is kept as a picture.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from access.models import Role
from desk.addresses import story_of
from operators.models import Operator
from tests.access.addresses import Place
from tests.access.test_every_address import asked, record_of, stocked, who
from tests.admin.desk import Played
from tests.browser.chromium import Page
from tests.browser.conftest import _served, chromium, page
from tests.desk.test_browser import SCREENS, faults
from tests.support import staff

__all__ = ["chromium", "page", "stocked"]
pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.proof]
NO_PAGES = {"download", "errors", "history", "jsi18n", "log_out_elsewhere", "logout", "plot", "proof", "search"}
"""Addresses that answer with a file or a part of a page, or only do something;
Django\'s history is one page for all tables."""
PAGES_MIN = 120


@pytest.fixture(scope="module")
def web(
    chromium: int, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The real web server on the test's database; asked for after the browser."""
    with django_db_blocker.unblock(), _served(tmp_path_factory.mktemp("web") / "log") as port:
        yield f"http://localhost:{port}"


@pytest.fixture
def at_work(page: Page, web: str, stocked: dict[str, Operator], unique: Callable[[str], str]) -> Page:
    """A super-admin's browser, in the books of alpha."""
    boss: User = staff.new_member(unique("boss"), Role.SUPER_ADMIN).user
    page.send("Network.setCookie", name="sessionid", value=staff.browser_session(boss), url=web, httpOnly=True)
    operator = stocked["alpha"]
    page.open(f"{web}{reverse('admin:operators_pick')}")
    page.until(f"document.querySelector('button[value=\"{operator.pk}\"]')")
    page.value(f"document.querySelector('button[value=\"{operator.pk}\"]').click()")
    page.until("document.querySelector('.tenant-bar strong')")
    return page


def addresses(stocked: dict[str, Operator], played: dict[str, Played]) -> Iterator[tuple[str, str]]:
    """Every page by its name, with the newest record of alpha's where it is about one."""
    own = played["alpha"]
    stories = {
        "desk-bet": story_of("bet", own.bets[0].pk),
        "desk-round": story_of("round", own.round.pk),
        "desk-player": story_of("player", own.player.token),
    }
    for place in asked():
        if Role.SUPER_ADMIN not in who(place) or place.kind in NO_PAGES:
            continue
        address = stories.get(str(place.name)) or _address(place, stocked["alpha"])
        if address is not None:
            yield str(place.name), address


def _address(place: Place, operator: Operator) -> str | None:
    if not (place.label and place.of_record):
        return place.address()
    record = record_of(place.label, operator)
    return None if record is None else place.address(record.pk)


def go(page: Page, address: str) -> None:
    """Open it, or what it leads to."""
    page.value("window.isOld = true")
    page.open(address)
    page.until("!window.isOld && document.readyState === 'complete'")


def test_no_page_breaks_its_policy_or_throws(
    at_work: Page, web: str, stocked: dict[str, Operator], played: dict[str, Played]
) -> None:
    wrong: dict[str, list[str]] = {}
    opened = 0
    for name, address in addresses(stocked, played):
        before = len(at_work.problems)
        go(at_work, f"{web}{address}")
        opened += 1
        if found := at_work.problems[before:]:
            wrong[name] = found
    assert wrong == {}, json.dumps(wrong, indent=2)
    assert opened >= PAGES_MIN


@pytest.mark.proof
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", list(SCREENS))
def test_every_page_is_accessible_and_fits(
    at_work: Page, web: str, stocked: dict[str, Operator], played: dict[str, Played], screen: str, scheme: str
) -> None:
    width, height = SCREENS[screen]
    folder = Path(os.environ["PICTURES"]) / "staff" if "PICTURES" in os.environ else None
    at_work.show(width=width, height=height, prefers_color_scheme=scheme)
    wrong: dict[str, list[str]] = {}
    for name, address in addresses(stocked, played):
        go(at_work, f"{web}{address}")
        at_work.until(f"document.documentElement.classList.contains('dark') === {str(scheme == 'dark').lower()}")
        at_work.listen(0.1)
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            at_work.picture(folder / f"{name}-{screen}-{scheme}.png")
        found = faults(at_work)
        wide = at_work.value("document.documentElement.scrollWidth - innerWidth")
        found += [f"{wide} pixels too wide"] if wide > 0 else []
        if found:
            wrong[name] = found
    assert wrong == {}, json.dumps(wrong, indent=2)
