"""The page without scripts in a real browser that runs none: a round from the launch to the result, by itself."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.chromium import Page
from tests.browser.conftest import Site

pytestmark = pytest.mark.usefixtures("committed")
PICTURES = os.environ.get("PICTURES")
"""A directory in which what was seen is kept; without it, nothing is."""


def keep(page: Page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.picture(Path(PICTURES) / f"{name}.png")


def without_scripts(page: Page, *, width: int = 360, height: int = 740, **features: str) -> None:
    page.show(width=width, height=height, **features)
    page.send("Emulation.setScriptExecutionDisabled", value=True)


def enter(page: Page, site: Site, player: str, *, language: str = "en") -> None:
    """From the operator's launch address to the game, with no more than one press."""
    page.open(site.launch(player, language=language))
    page.until("location.pathname === '/lite' && document.querySelector('form[action=\"/lite/enter\"]')")
    page.click("form[action='/lite/enter'] button")
    page.until("document.querySelector('.board')")


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl"), ("am", "ltr")])
def test_a_round_is_played_with_scripts_off(
    site: Site, page: Page, unique: Callable[[str], str], language: str, direction: str
) -> None:
    without_scripts(page, prefers_color_scheme="dark" if language == "am" else "light")
    enter(page, site, unique("p"), language=language)
    assert page.value("document.documentElement.dir") == direction
    assert page.value("document.querySelectorAll('.board input').length") == 80
    # The numbers run as on a keypad, whatever the language: 1 is left of 2.
    left = "(n => document.querySelector(`.board input[value='${n}']`).getBoundingClientRect().left)"
    assert page.value(f"{left}(1) < {left}(2)")
    keep(page, f"lite-{language}-game")
    for number in (7, 21, 63):
        page.click(f".board input[value='{number}']")
    keep(page, f"lite-{language}-picked")
    page.click("form[action='/lite/bets'] button.go")
    # A bet between two rounds is refused, and the form keeps what was ticked: it is sent again.
    page.until(BET + " || document.querySelector('.reasons')")
    for _ in range(5):
        if page.value(BET):
            break
        page.until("location.pathname.startsWith('/lite') && document.querySelectorAll('.board :checked').length === 3")
        page.click("form[action='/lite/bets'] button.go")
        page.listen(1.5)
    page.until(f"{BET} && document.querySelector('.numbers')?.children.length === 3")
    keep(page, f"lite-{language}-waiting")
    page.until(f"{BET} && document.querySelectorAll('.numbers').length === 2", seconds=30)
    page.until("!document.querySelector('meta[http-equiv=refresh]')", seconds=30)
    keep(page, f"lite-{language}-result")
    for name in ("history", "results", "paytable", "limits"):
        page.click(f"nav a[href='/lite/{name}']")
        page.until(f"location.pathname === '/lite/{name}' && document.querySelector('footer')")
        assert page.value("document.documentElement.scrollWidth") <= 360
        keep(page, f"lite-{language}-{name}")
    assert [one for one in page.problems if "409 (Conflict)" not in one] == []
    assert not [one for one in page.requests if re.search(r"\.(js|woff2?)\b", urlsplit(one).path) and "/lite" in one]


BET = "location.pathname.startsWith('/lite/bets/')"


def test_everything_that_is_pressed_is_large_enough(site: Site, page: Page, unique: Callable[[str], str]) -> None:
    without_scripts(page, width=352)
    enter(page, site, unique("p"))
    small = page.value(
        "[...document.querySelectorAll('button, select, .board label, nav a, #stake, #typed')]"
        ".map((e) => ({html: e.outerHTML.slice(0, 60), box: e.getBoundingClientRect()}))"
        ".filter(({box}) => box.height < 44 || box.width < 40)"
        ".map(({html, box}) => `${html} ${box.width}x${box.height}`)"
    )
    assert small == []
    columns = "new Set([...document.querySelectorAll('.board label')].map((e) => e.offsetLeft)).size"
    assert page.value(columns) == 8
    page.show(width=700, height=900)
    assert page.value(columns) == 10


def test_the_language_is_changed_and_the_game_left(site: Site, page: Page, unique: Callable[[str], str]) -> None:
    without_scripts(page)
    enter(page, site, unique("p"))
    page.value("document.querySelector('#language').value = 'fr'")
    page.click("form[action='/lite/language'] button")
    page.until("document.documentElement.lang === 'fr'")
    page.click("form[action='/lite/leave'] button")
    page.until("!document.querySelector('nav') && document.querySelector('h2')")
    assert page.problems == []


def test_the_menu_of_the_client_leads_there_with_the_same_session(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    page.show(width=360, height=740)
    page.open(site.launch(unique("p"), language="fr", money="321.00"))
    page.until("document.querySelector('#play') && balance.textContent !== '–'")
    page.click("#menu")
    page.until("document.querySelector('#lite')")
    page.click("#lite")
    page.until("location.pathname === '/lite' && document.querySelector('.board')")
    assert page.value("document.documentElement.lang") == "fr"
    assert "321" in page.value("document.body.textContent")
    assert page.problems == []
