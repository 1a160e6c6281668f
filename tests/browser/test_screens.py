"""
Every screen behind the game, on a small phone, in three scripts: it opens, says something, fits, and is reached by keys
and by a screen reader.
"""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bets.models import Bet
from bets.services.placement import place_slips
from keno_platform.core import clock
from localization.selectors import texts_for
from operators.tenancy import tenant_context
from players.models import RealityCheck, Session
from players.selectors import get_player
from tests.browser.chromium import Page
from tests.browser.conftest import Site
from tests.support.bets import slip
from tests.support.rounds import wait_for

pytestmark = pytest.mark.usefixtures("committed")

SCREENS = ("history", "statistics", "paytable", "rules", "tutorial", "fairness", "responsible", "settings")
OTHERS = ("es", "fr", "om", "pt", "sw", "ti")
"""In `make test-browser` alone: the three before them have all scripts and both directions."""
PLAYING = "document.querySelector('#play') && document.querySelector('#balance').textContent !== '–'"
TOO_SMALL = """
    [...document.querySelectorAll('dialog button, dialog a, dialog select, dialog input, dialog summary')]
      .filter(e => e.checkVisibility() && !e.closest('label.switch, fieldset label'))
      .map(e => [e.textContent || e.name, e.getBoundingClientRect()])
      .filter(([, box]) => box.height < 44 || box.width < 44)
      .map(([text, box]) => `${text}: ${box.width} x ${box.height}`)
"""
"""A radio button and a switch are pressed by their label, which is as large as a finger."""
TOO_WIDE = """
    [...document.querySelectorAll('dialog *')]
      .filter(e => e.checkVisibility() && !e.closest('.unseen'))
      .filter(e => { const b = e.getBoundingClientRect(); return b.right > innerWidth + 1 || b.left < -1 })
      .map(e => e.outerHTML.slice(0, 120))
"""


def opened(page: Page, site: Site, player: str, *, language: str = "en", color: str = "light") -> None:
    """The game of a player, on a phone."""
    page.show(width=360, height=740, prefers_reduced_motion="reduce", prefers_color_scheme=color)
    page.open(site.launch(player, language=language))
    page.until(PLAYING)


HELD = """
    window.held = {};
    const plain = window.fetch;
    window.fetch = async (address, ...rest) => {
      const part = ['/texts/screens/en', '/texts/game/ar'].find(one => String(address).startsWith(one));
      if (part && !(part in window.held)) await new Promise(resolve => { window.held[part] = resolve });
      return plain(address, ...rest);
    };
"""
"""Two parts of the texts wait, when they are asked for first, until they are let go."""


def test_a_language_chosen_while_texts_of_the_old_one_are_on_their_way_is_spoken_everywhere(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    page.before_every_load(HELD)
    opened(page, site, unique("p"))
    page.value("location.hash = '#/history'")
    page.until("'/texts/screens/en' in window.held")
    page.value("""(() => {
        const one = document.querySelector('#language');
        one.value = 'ar';
        one.dispatchEvent(new Event('change', { bubbles: true }));
    })()""")
    page.until("'/texts/game/ar' in window.held")
    page.value("window.held['/texts/screens/en']()")
    page.until("document.querySelector('#screen-history .screen')")
    page.value("window.held['/texts/game/ar']()")
    page.until("document.documentElement.lang === 'ar'")
    texts = texts_for(locale="ar", operator_id=site.operator.pk)
    assert texts["history.period"] in page.text("#screen-history")


def bet_of(site: Site, player: str) -> Bet:
    """One bet of a player, in the first round that takes it."""
    with tenant_context(site.operator):
        own = get_player(player)
    accepted: list[Bet] = []

    def placed() -> bool:
        [answer] = place_slips(operator=site.operator, asks=[slip(site.operator, own, game=site.game.code)])
        if isinstance(answer, list):
            accepted.extend(answer)
        return bool(accepted)

    wait_for(placed, what="a round that takes a bet", every=0.1)
    return accepted[0]


def show(page: Page, name: str) -> None:
    """Open a screen as the menu does, and wait until it has what it reads."""
    page.value(f"location.hash = '#/{name}'")
    page.until(
        f"document.querySelector('#screen-{name} .screen') && !document.querySelector('dialog [aria-busy=true]')"
    )
    page.until("!document.querySelector('dialog .loading')")


def press(page: Page, key: str) -> None:
    """A key that the browser itself answers: it goes by the number that keyboards have for it."""
    code = {"Escape": 27, "ArrowRight": 39}[key]
    for kind in ("keyDown", "keyUp"):
        page.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)


def picture(page: Page, name: str) -> None:
    """Kept where PICTURES says, for people to look at."""
    if folder := os.environ.get("PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.picture(Path(folder) / f"{name}.png")


def unnamed(page: Page) -> list[str]:
    """What a screen reader meets as a control without a name."""
    page.send("Accessibility.enable")
    nodes = page.send("Accessibility.getFullAXTree")["nodes"]
    page.send("Accessibility.disable")
    controls = {"button", "link", "textbox", "combobox", "radio", "switch", "checkbox", "dialog", "meter", "region"}
    return [
        node["role"]["value"]
        for node in nodes
        if not node.get("ignored") and node["role"]["value"] in controls and not node.get("name", {}).get("value")
    ]


@pytest.mark.parametrize(
    "language", ["en", "ar", "am", *(pytest.param(one, marks=pytest.mark.proof) for one in OTHERS)]
)
def test_every_screen_fits_a_phone_and_is_named_for_a_screen_reader(
    site: Site, page: Page, unique: Callable[[str], str], language: str
) -> None:
    player = unique("p")
    opened(page, site, player, language=language, color="dark" if language == "am" else "light")
    bet_of(site, player)
    texts = texts_for(locale=language, operator_id=site.operator.pk)
    for name in SCREENS:
        show(page, name)
        assert page.text(f"#screen-{name} h2") == texts[f"menu.{name}"]
        assert page.value("document.querySelector('dialog .screen').textContent.trim().length") > 40
        picture(page, f"{name}-{language}")
        assert page.value(TOO_WIDE) == [], name
        assert page.value(TOO_SMALL) == [], name
        assert unnamed(page) == [], name
        assert page.value("document.querySelector('dialog').contains(document.activeElement)"), name
        unfilled = r"/\b[a-z]+\.[a-z]+_[a-z]+|\{[a-z]+\}/"
        assert not page.value(f"{unfilled}.test(document.querySelector('dialog').textContent)"), name
        press(page, "Escape")
        page.until("!document.querySelector('dialog')")
    assert page.problems == []


def test_a_screen_that_cannot_be_read_says_so_and_tries_again(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    opened(page, site, unique("p"))
    page.cut_answers("*/statistics*", lambda asked: True)
    page.value("location.hash = '#/statistics'")
    page.until("document.querySelector('dialog [role=alert] button')")
    picture(page, "statistics-lost")
    page.let_answers_through()
    page.click("dialog [role=alert] button")
    page.until("document.querySelectorAll('.heat li').length === 80 || document.querySelector('dialog .nothing')")


def test_the_history_is_filtered_and_says_when_nothing_matches(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    player = unique("p")
    opened(page, site, player)
    show(page, "history")
    assert page.value("document.querySelector('dialog .nothing').textContent.includes('Place a bet')")
    bet = bet_of(site, player)
    press(page, "Escape")
    page.until("!document.querySelector('dialog')")
    show(page, "history")
    page.until(f"document.querySelector('.bets').textContent.includes('{str(bet.pk)[-6:].upper()}')")
    choose(page, "dialog .filters .field:nth-of-type(1) select", "rolled_back")
    page.until("document.querySelector('dialog .nothing button')")
    picture(page, "history-none")
    page.click("dialog .nothing button")
    page.until("document.querySelectorAll('.bets > li').length === 1")


def choose(page: Page, selector: str, value: str) -> None:
    """What a person does with a list of choices, which the protocol cannot open."""
    page.value(
        f"(e => {{ e.value = {json.dumps(value)}; e.dispatchEvent(new Event('change', {{bubbles: true}})) }})"
        f"(document.querySelector({json.dumps(selector)}))"
    )


def test_what_is_chosen_in_the_settings_counts_at_once_and_stays(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    opened(page, site, unique("p"))
    show(page, "settings")
    page.click("dialog .switch input")
    page.until("document.querySelector('dialog .switch + button')")
    page.click("dialog .switch + button")
    page.until("performance.getEntriesByType('resource').some(({ name }) => name.includes('/sound-'))")
    page.click("dialog input[value=dark]")
    page.until("document.documentElement.dataset.theme === 'dark'")
    page.click("dialog input[value=brief]")
    page.until("document.documentElement.dataset.motion === 'brief'")
    press(page, "ArrowRight")
    page.until("document.documentElement.dataset.motion === 'full'")
    page.open(f"{site.address}/#/settings")
    page.send("Page.reload")
    page.until("document.querySelector('#screen-settings .screen')")
    assert page.value("[document.documentElement.dataset.theme, document.documentElement.dataset.motion]") == [
        *("dark", "full")
    ]
    assert page.problems == []


def test_a_limit_is_set_made_looser_later_and_kept_after_all(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    player = unique("p")
    opened(page, site, player)
    show(page, "responsible")
    row = "dialog .limits[aria-labelledby=limits-loss] li:first-child"
    set_limit(page, row, "50")
    page.until(f"document.querySelector('{row} b').textContent.includes('50.00')")
    set_limit(page, row, "80")
    page.until(f"document.querySelector('{row} .waits')")
    assert "50.00" in page.text(f"{row} b")
    picture(page, "responsible-waits")
    page.click(f"{row} .waits button")
    page.until(f"!document.querySelector('{row} .waits')")
    set_limit(page, row, "a lot")
    page.until(f"document.querySelector('{row} [aria-invalid=true]')")
    assert page.problems == []


def set_limit(page: Page, row: str, amount: str) -> None:
    if not page.value(f"Boolean(document.querySelector('{row} form'))"):
        page.click(f"{row} .line button")
        page.until(f"document.querySelector('{row} form input')")
    page.value(f"document.querySelector('{row} form input').select()")
    page.click(f"{row} form input")
    page.value(f"document.querySelector('{row} form input').select()")
    page.send("Input.insertText", text=amount)
    page.click(f"{row} form button[type=submit]")


def test_who_excludes_himself_is_asked_once_more_and_is_out_at_once(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    player = unique("p")
    opened(page, site, player)
    show(page, "responsible")
    button = "dialog .screen > section:nth-last-of-type(2) > button"
    page.click(button)
    page.until("document.querySelectorAll('dialog').length === 2")
    picture(page, "exclusion-asked")
    assert not page.value("document.activeElement.classList.contains('danger')"), "the way back is nearer"
    press(page, "Escape")
    page.until("document.querySelectorAll('dialog').length === 1")
    page.click(button)
    page.until("document.querySelector('dialog dialog .danger')")
    page.click("dialog dialog .danger")
    page.until("document.querySelector('#door-title')?.textContent.startsWith('You are excluded until')")
    picture(page, "excluded")
    refused: Any = site_session(site, player)
    assert (refused.status_code, refused.json()["code"]) == (403, "player_excluded")
    assert not page.value("document.querySelector('dialog, #reopen')")


def test_a_reality_check_is_answered_before_the_game_goes_on(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    player = unique("p")
    opened(page, site, player)
    with tenant_context(site.operator):
        Session.objects.filter(player__token=player).update(
            reality_check_minutes=60, launched_at=clock.now() - timedelta(minutes=61)
        )
    page.send("Page.reload")
    page.until("document.querySelector('#reality .net')")
    picture(page, "reality")
    assert "1:01:" in page.text("#reality")
    press(page, "Escape")
    press(page, "Escape")
    page.listen(0.5)
    assert page.value("document.querySelector('#reality').open"), "it is answered, not put away"
    page.click("#reality .steps button:last-child")
    page.until("!document.querySelector('#reality')")
    with tenant_context(site.operator):
        [answered] = RealityCheck.objects.filter(session__player__token=player)
        assert answered.choice == "continue"
    page.send("Page.reload")
    page.until(PLAYING)
    assert not page.value("document.querySelector('#reality')"), "the next one is due an hour later"
    page.until("/: 1:01:/.test(document.querySelector('.meter').textContent)")
    picture(page, "meter")


def site_session(site: Site, player: str) -> Any:
    from tests.support.bets import backend

    return backend(site.operator).post(
        "sessions", {"player_token": player, "currency": site.operator.currency_code, "language": "en"}
    )
