"""What the client adds to one bet on one round, and what must hold however it is pressed: in a real browser, live."""

from collections.abc import Callable

import pytest

from tests.browser.chromium import Page
from tests.browser.conftest import Site
from tests.browser.test_play import BETTABLE, PICKS, bets_of, pick

pytestmark = pytest.mark.usefixtures("committed")
PLAYABLE = "document.querySelector('#play') && balance.textContent !== '–'"
CHOSEN = "[...board.querySelectorAll('[aria-selected=true]')].map(c => +c.dataset.number)"


def play(page: Page, address: str, *, width: int = 360, height: int = 740) -> None:
    page.show(width=width, height=height, prefers_reduced_motion="reduce")
    page.open(address)
    page.until(PLAYABLE)


def type_into(page: Page, selector: str, text: str) -> None:
    """Replace what stands in a field, and leave it."""
    page.value(f"document.querySelector('{selector}').select()")
    page.click(selector)
    page.value(f"document.querySelector('{selector}').select()")
    page.send("Input.insertText", text=text)
    page.value("document.activeElement.blur()")


def test_a_press_that_begins_before_the_slip_changes_and_ends_after_it_is_a_bet(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    player = unique("p")
    play(page, site.launch(player))
    pick(page, *PICKS)
    page.until(BETTABLE)
    page.value("place.scrollIntoView({block: 'center'})")
    spot = page.value("(r => [r.x + r.width / 2, r.y + r.height / 2])(possible.getBoundingClientRect())")
    before = page.text("#possible")
    mouse = {"x": spot[0], "y": spot[1], "button": "left", "clickCount": 1}
    page.send("Input.dispatchMouseEvent", type="mousePressed", **mouse)
    # While the button is down, everything that stands in it is written anew.
    page.value("double.click()")
    page.until(f"possible.textContent !== {before!r}")
    page.listen(1.1)
    page.send("Input.dispatchMouseEvent", type="mouseReleased", **mouse)
    page.until("place.dataset.state === 'accepted'")
    [bet] = bets_of(site, player)
    assert bet.stake == 2000
    assert page.problems == []


def test_a_ticket_over_three_rounds_is_three_bets_that_are_all_listed(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    player = unique("p")
    play(page, site.launch(player))
    pick(page, *PICKS)
    page.click("#options")
    page.until("document.querySelector('#rounds')")
    for _ in range(2):
        page.click("#options-dialog .stepper button:last-child")
    page.until("rounds.textContent === '3'")
    assert "30.00" in page.text("#options-dialog section")
    page.click("#options-dialog .cross")
    page.until(f"!document.querySelector('dialog') && options.textContent === '× 3' && {BETTABLE}")
    page.click("#place")
    page.until("place.dataset.state === 'accepted'")
    page.until("document.querySelectorAll('#history li.bet').length === 3")
    own = bets_of(site, player)
    assert len({bet.ticket_id for bet in own}) == 1
    assert len({bet.round_id for bet in own}) == 3
    page.until("balance.textContent.includes('970')")


def test_autobet_bets_once_a_round_until_it_is_stopped(site: Site, page: Page, unique: Callable[[str], str]) -> None:
    player = unique("p")
    play(page, site.launch(player))
    pick(page, *PICKS)
    page.click("#options")
    page.until("document.querySelector('#autobet-start') && !document.querySelector('#autobet-start').disabled")
    page.click("#autobet-start")
    page.until("document.querySelectorAll('#history li.bet').length === 2", seconds=25)
    page.until("options.textContent === '⟳ 2/10'")
    page.until("place.textContent === 'Stop autobet'")
    page.click("#place")
    page.until("options.textContent === '⋯'")
    page.until("document.querySelectorAll('#history li[data-status=pending]').length === 0", seconds=25)
    own = bets_of(site, player)
    assert len({bet.round_id for bet in own}) == len(own) == 2
    assert page.problems == []


def test_numbers_are_typed_kept_as_favourites_and_used_again_after_a_reload(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    play(page, site.launch(unique("p")))
    type_into(page, "#typed", "80, 7 7 99 3 ٢١")
    page.until(f"{CHOSEN}.join() === '3,7,21,80'")
    assert page.value("typed.value") == "3 7 21 80"
    page.click("#options")
    page.until("document.querySelector('#favourite')")
    page.click("#favourite")
    page.until("document.querySelectorAll('.favourite').length === 1")
    page.click("#options-dialog .cross")
    page.until("!document.querySelector('dialog')")
    page.click("#clear")
    page.until(f"{CHOSEN}.length === 0")
    page.value("window.isOld = true")
    page.send("Page.reload")
    page.until(f"!window.isOld && {PLAYABLE}")
    page.click("#options")
    page.until("document.querySelector('.favourite button')")
    page.click(".favourite button")
    page.until(f"!document.querySelector('dialog') && {CHOSEN}.join() === '3,7,21,80'")


def test_what_is_behind_the_game_comes_when_it_is_asked_for(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    play(page, site.launch(unique("p")))
    page.click("#menu")
    page.until("document.querySelectorAll('#menu-dialog [data-screen]').length === 8")
    assert not any("/history-" in request for request in page.requests)
    page.click("[data-screen=history]")
    page.until("document.querySelector('#screen-history') && location.hash === '#/history'")
    page.until("document.querySelector('#screen-history .inside').children.length > 1")
    assert any("/history-" in request for request in page.requests)
    page.click("#screen-history .cross")
    page.until("!document.querySelector('dialog') && !location.hash.includes('history')")
    assert page.problems == []


def test_a_page_without_a_network_says_so_and_starts_again_by_itself(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    play(page, site.launch(unique("p")))
    page.until("navigator.serviceWorker.controller || navigator.serviceWorker.ready.then(() => true)")
    page.value("window.isOld = true")
    page.send("Page.reload")
    page.until(f"!window.isOld && {PLAYABLE} && navigator.serviceWorker.controller")
    offline = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.value("window.isOld = true")
    page.send("Network.emulateNetworkConditions", offline=True, **offline)
    page.send("Page.reload")
    # The page itself is kept on the device; what it says is that there is no connection.
    page.until("!window.isOld && document.querySelector('#door-title')")
    assert page.text("#door-title") == "Connection lost"
    page.send("Network.emulateNetworkConditions", offline=False, **offline)
    page.until(PLAYABLE)
