"""
The desk's pages in a browser: nothing serious for axe in light and dark, no page wider than a phone, worked through by
keyboard, and nothing that the page's policy refuses. With PICTURES=dir each page is kept as a picture.
"""

import importlib.resources
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from desk.addresses import story_of
from flags.models import Flag, RuleCode
from operators.tenancy import tenant_context
from tests.admin.desk import Played, list_address
from tests.browser.chromium import Page
from tests.browser.conftest import _served, chromium, page
from tests.support import staff
from wallet.models import Transaction

__all__ = ["chromium", "page"]
pytestmark = pytest.mark.usefixtures("committed")
AXE = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
SERIOUS = ("serious", "critical")
SCREENS = {"desktop": (1440, 1000), "phone": (390, 844)}


@pytest.fixture(scope="module")
def web(
    chromium: int, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The real web server on the test's database; asked for after the browser."""
    with django_db_blocker.unblock(), _served(tmp_path_factory.mktemp("web") / "log") as port:
        yield f"http://localhost:{port}"


@pytest.fixture
def at_work(page: Page, web: str, superuser: User, played: dict[str, Played]) -> Page:
    """A super-admin's browser, in the books of alpha."""
    name, value = "sessionid", staff.browser_session(superuser)
    page.send("Network.setCookie", name=name, value=value, url=web, httpOnly=True)
    operator = played["alpha"].operator
    with tenant_context(operator):
        player = played["alpha"].player
        Flag.objects.get_or_create(
            rule=RuleCode.TEMPO, subject=f"player:{player.pk}", defaults={"player": player, "evidence": {"bets": 9}}
        )
    page.open(f"{web}{reverse('admin:operators_pick')}")
    page.until(f"document.querySelector('button[value=\"{operator.pk}\"]')")
    page.value(f"document.querySelector('button[value=\"{operator.pk}\"]').click()")
    page.until("document.querySelector('.tenant-bar strong')")
    return page


def addresses(played: dict[str, Played]) -> dict[str, str]:
    own = played["alpha"]
    [won] = [bet for bet in own.bets if bet.picks == (own.round.numbers_drawn[0],)]
    return {
        "home": reverse("admin:index"),
        "inbox": reverse("desk-inbox"),
        "bet": story_of("bet", won.pk),
        "round": story_of("round", own.round.pk),
        "player": story_of("player", own.player.token),
        "search": f"{reverse('desk-search')}?q={played['beta'].bets[0].pk}",
        "nothing-found": f"{reverse('desk-search')}?q=nothing",
        "gone": story_of("round", 999_999_999),
        "list": f"{list_address(Transaction)}?count=1",
    }


def go(page: Page, web: str, address: str, *, width: int, height: int, scheme: str) -> None:
    page.show(width=width, height=height, prefers_color_scheme=scheme)
    page.open(f"{web}{address}")
    page.until(f"document.readyState === 'complete' && location.pathname === '{address.partition('?')[0]}'")
    page.until("getComputedStyle(document.documentElement).display !== 'none'")
    page.until(f"document.documentElement.classList.contains('dark') === {str(scheme == 'dark').lower()}")
    page.listen(0.2)


def faults(page: Page) -> list[str]:
    """What axe finds that is serious or worse, each with where it is."""
    page.send("Runtime.evaluate", expression=AXE)
    answer = page.send(
        "Runtime.evaluate", expression="axe.run(document, {resultTypes: ['violations']})", awaitPromise=True,
        returnByValue=True,
    )  # fmt: skip
    found = answer["result"]["value"]["violations"]
    return [_said(one) for one in found if one["impact"] in SERIOUS]


def _said(one: Any) -> str:
    places = [node["target"] for node in one["nodes"]][:3]
    return f"{one['id']} ({one['impact']}): {places} {one['nodes'][0]['failureSummary'][:200]}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", list(SCREENS))
def test_every_page_of_the_desk_is_accessible_fits_and_breaks_no_policy(
    at_work: Page, web: str, played: dict[str, Played], scheme: str, screen: str
) -> None:
    width, height = SCREENS[screen]
    folder = Path(os.environ["PICTURES"]) if "PICTURES" in os.environ else None
    found: dict[str, list[str]] = {}
    for name, address in addresses(played).items():
        go(at_work, web, address, width=width, height=height, scheme=scheme)
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            at_work.picture(folder / f"{name}-{screen}-{scheme}.png")
        if own := faults(at_work):
            found[name] = own
        assert at_work.value("document.documentElement.scrollWidth - innerWidth") <= 0, (name, "is too wide")
    assert found == {}, json.dumps(found, indent=2)
    refused = [problem for problem in at_work.problems if "Content Security Policy" in problem]
    assert refused == []


def test_the_inbox_is_worked_through_with_j_k_and_enter(at_work: Page, web: str, played: dict[str, Played]) -> None:
    go(at_work, web, reverse("desk-inbox"), width=1440, height=1000, scheme="light")
    rows = at_work.value("document.querySelectorAll('[data-keys] > li').length")
    assert rows >= 1
    at_work.press("j")
    assert at_work.value("document.querySelectorAll('[data-here]').length") == 1
    at_work.press("j")
    at_work.press("k")
    where = at_work.value("[...document.querySelectorAll('[data-keys] > li')].findIndex(li => 'here' in li.dataset)")
    assert where == 0
    assert at_work.value("document.activeElement.closest('li') === document.querySelector('[data-here]')")
    at_work.press("Enter", text="\r")
    at_work.until("!location.pathname.endsWith('/inbox/')")


def test_control_k_leads_to_the_one_search_from_every_page(at_work: Page, web: str, played: dict[str, Played]) -> None:
    for address in (list_address(Transaction), reverse("desk-inbox")):
        go(at_work, web, address, width=1440, height=1000, scheme="light")
        for kind in ("keyDown", "keyUp"):
            at_work.send("Input.dispatchKeyEvent", type=kind, key="k", code="KeyK", modifiers=2)
        assert at_work.value("document.activeElement.id") == "desk-search-box"
    at_work.send("Input.insertText", text=str(played["alpha"].bets[0].pk))
    at_work.press("Enter", text="\r")
    at_work.until(f"location.pathname === '{story_of('bet', played['alpha'].bets[0].pk)}'")
