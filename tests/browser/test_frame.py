"""
The client inside an operator's page on another origin: the host page of docs/embedding.md, as it stands there, in a
real browser. It hears what happens and is obeyed; a page that the operator did not name gets nothing to show.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from keno_platform.local import ports
from operators.models import Operator
from play.building import MANIFEST
from play.demo import ensure_house
from rounds.models import Game
from tests.browser.chromium import MESSAGE_MAX, Page, _wait, page_of
from tests.browser.conftest import Site
from tests.support.api import call
from tests.support.bets import backend
from tests.support.rounds import new_game

pytestmark = pytest.mark.usefixtures("committed")
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "embedding.md"
PLAYABLE = "document.querySelector('#play') && balance.textContent !== '–'"
BETTABLE = "round.dataset.phase === 'open' && !place.disabled && +bar.style.getPropertyValue('--left') > 0.4"
HOST_SCRIPT = json.loads(MANIFEST.read_text())["src/host.ts"]["file"] if MANIFEST.exists() else ""
SECOND_HOST = """
    globalThis.hostFor = (name, allowed) => void import('/static/play/build/HOST').then(({ Host }) => {
      const hears = { refresh: () => (globalThis[`${name}Asked`] = true) };
      globalThis[name] = new Host(allowed, hears, '');
      globalThis[name].tell('ready', { session_reference: name });
    });
""".replace("HOST", HOST_SCRIPT, 1)
"""One more conversation with the host, in which the browser has not said who that is."""
NO_STORAGE = (
    "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('', 'SecurityError') } })"
)


def host_page() -> bytes:
    """The example of the guide, word for word."""
    [page] = re.findall(r"```html\n(<!doctype html>.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return str(page).encode()


@contextmanager
def _host(headers: dict[str, str]) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/host.html"
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(host_page() if known else b"another page of the operator")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", ports.find_free()), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def page(chromium: int) -> Iterator[Page]:
    """A tab whose frame is gone when the test is over, so that the next test finds its own."""
    with page_of(chromium) as page:
        yield page
        page.open("about:blank")


@pytest.fixture
def casino(site: Site) -> Iterator[str]:
    """The origin of an operator's page that may show the client."""
    with _host({}) as origin:
        allow(site, origin)
        yield origin


def allow(site: Site, *origins: str) -> None:
    Operator.objects.filter(pk=site.operator.pk).update(frame_ancestors=list(origins))


@contextmanager
def frame_of(chromium: int, site: Site) -> Iterator[Page]:
    """The client inside, which the browser runs in a process of its own, as a page to ask."""
    found: list[str] = []

    def there() -> bool:
        targets = httpx.get(f"http://127.0.0.1:{chromium}/json/list", timeout=5).json()
        frames = (one for one in targets if one["type"] == "iframe" and one["url"].startswith(site.address))
        found[:] = [one["webSocketDebuggerUrl"] for one in frames]
        return len(found) == 1

    _wait(there, what="the browser to have one frame of the client", seconds=20)
    with connect(found[0], max_size=MESSAGE_MAX, compression=None) as socket:
        yield Page(socket)


def told(page: Page, kind: str) -> list[dict[str, Any]]:
    """What the host has heard of this type, newest first: it writes everything into its log."""
    heard = (json.loads(line) for line in page.text("#log").splitlines())
    return [message for message in heard if message["type"] == kind]


def hears(page: Page, kind: str, *, times: int = 1) -> dict[str, Any]:
    """The newest message of this type, once there are so many."""
    page.until(f'(log.textContent.match(/"type":"{re.escape(kind)}"/g) ?? []).length >= {times}')
    return told(page, kind)[0]


def launch(site: Site, player: str, **details: str) -> str:
    own, currency = backend(site.operator), site.operator.currency_code
    deposit = {"player_token": player, "amount": "1000.00", "currency": currency, "reference": ""}
    assert own.post("wallet/deposits", deposit).status_code == 201
    opened = own.post("sessions", {"player_token": player, "currency": currency, "language": "en", **details})
    assert opened.status_code == 201, opened.content
    return f"{site.address}/?launch={opened.json()['launch_token']}"


def test_the_host_of_the_guide_hears_a_bet_from_its_opening_to_its_end(
    site: Site, page: Page, chromium: int, casino: str, unique: Callable[[str], str]
) -> None:
    player = unique("p")
    page.show(width=900, height=1000)
    page.open(f"{casino}/host.html#{launch(site, player, session_reference='op-77')}")
    ready = hears(page, "ready")
    assert (ready["source"], ready["version"], ready["mode"], ready["currency"]) == ("keno", 1, "real", "KES")
    assert (ready["session_reference"], ready["language"]) == ("op-77", "en")
    assert hears(page, "balance")["balance"] == "1000.00"
    page.until("game.offsetHeight > 700")
    assert hears(page, "resized")["height"] == page.value("game.offsetHeight")
    with frame_of(chromium, site) as inside:
        inside.until(PLAYABLE)
        assert inside.value("document.documentElement.scrollHeight <= innerHeight")
        for number in (3, 7, 21):
            inside.value(f"document.querySelector('#board [data-number=\"{number}\"]').click()")
        assert hears(page, "round.opened")["game"] == site.game.code
        inside.until(BETTABLE)
        inside.value("place.click()")
        placed = hears(page, "bet.placed")
        assert (placed["picks"], placed["stake"], placed["currency"]) == ([3, 7, 21], "10.00", "KES")
        page.until("log.textContent.includes('990.00')")
        settled = hears(page, "bet.settled")
        assert (settled["bet_id"], settled["round_id"]) == (placed["bet_id"], placed["round_id"])
        [own] = backend(site.operator).get(f"bets?player_token={player}").json()["results"]
        assert (settled["status"], settled["win_amount"]) == (own["status"], own["win_amount"] or "0.00")
        assert inside.problems == []
        assert inside.value("document.cookie") == ""
    assert len(told(page, "bet.settled")) == len(told(page, "bet.placed")) == 1
    assert [one for one in page.problems if f"{casino}/favicon.ico" not in one] == []  # it has none


def test_the_host_pauses_the_game_changes_its_language_and_has_the_balance_read_again(
    site: Site, page: Page, chromium: int, casino: str, unique: Callable[[str], str]
) -> None:
    player = unique("p")
    page.show(width=900, height=1000)
    page.open(f"{casino}/host.html#{launch(site, player)}")
    hears(page, "ready")
    with frame_of(chromium, site) as inside:
        inside.until(PLAYABLE)
        inside.value("quick.click()")
        inside.until(BETTABLE)
        page.click("#pause")
        inside.until("place.disabled && document.querySelector('#place-text').textContent === 'Paused'")
        page.click("#resume")
        inside.until(BETTABLE)
        page.click("#french")
        inside.until("document.documentElement.lang === 'fr' && document.querySelector('#language').value === 'fr'")
        more = {"player_token": player, "amount": "5.00", "currency": "KES", "reference": ""}
        assert backend(site.operator).post("wallet/deposits", more).status_code == 201
        page.click("#refresh")
        page.until("log.textContent.includes('1005.00')")
        # Nonsense changes nothing, and breaks nothing.
        for nonsense in ("{type: 'language', language: 'xx'}", "{type: 'constructor'}", "{type: 5}", "{}"):
            page.value(f"say({nonsense})")
        page.value("game.contentWindow.postMessage(null, '*'); game.contentWindow.postMessage('keno', '*')")
        page.value("say({type: 'hello'})")
        assert hears(page, "ready", times=2)["language"] == "fr"
        assert inside.problems == []


def test_a_button_is_the_hosts_to_handle_and_leads_there_by_itself_where_it_does_not(
    site: Site, page: Page, chromium: int, casino: str, unique: Callable[[str], str]
) -> None:
    other = casino.replace("127.0.0.1", "localhost")
    page.show(width=900, height=1000)
    there = launch(site, unique("p"), lobby_url=f"{other}/lobby", cashier_url=f"{other}/cashier")
    page.open(f"{casino}/host.html#{there}")
    hears(page, "ready")
    with frame_of(chromium, site) as inside:
        inside.until(PLAYABLE)
        shown = "[...document.querySelectorAll('[data-way]')].filter(way => !way.hidden).map(way => way.dataset.way)"
        assert inside.value(shown) == ["lobby", "cashier"]
        press(page, inside, "[data-way=cashier]", until="log.textContent.includes('\"open\"')")
        opened = told(page, "open")[0]
        assert (opened["target"], opened["url"]) == ("cashier", f"{other}/cashier")
        page.listen(1.0)
        assert str(page.value("location.href")).startswith(f"{casino}/host.html"), "the host handled it"
        press(page, inside, "[data-way=lobby]", until="location.pathname === '/lobby'")


def press(page: Page, inside: Page, selector: str, *, until: str) -> None:
    """A real press where the window shows this element of the frame; again while a frame that grows moves it away."""
    for _ in range(5):
        with suppress(AssertionError):
            _press_once(page, inside, selector)
            page.until(until, seconds=3)
            return
    raise AssertionError(f"pressing {selector} had no effect")


def _press_once(page: Page, inside: Page, selector: str) -> None:
    frame = page.value("(r => [r.x, r.y])(game.getBoundingClientRect())")
    box = inside.value(
        f"(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector('{selector}').getBoundingClientRect())"
    )
    for kind in ("mousePressed", "mouseReleased"):
        x, y = frame[0] + box[0], frame[1] + box[1]
        page.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)


def test_a_page_that_the_operator_did_not_name_gets_nothing_to_show_or_hear(
    site: Site, page: Page, casino: str, unique: Callable[[str], str]
) -> None:
    with _host({}) as foreign:
        page.open(f"{foreign}/host.html#{launch(site, unique('p'))}")
        page.listen(0.2)
        page.until("document.readyState === 'complete'")
        page.listen(2.0)
        assert any("frame-ancestors" in problem for problem in page.problems), page.problems
        assert page.text("#log") == ""


def test_in_a_browser_that_forbids_storage_in_frames_it_plays_all_the_same(
    site: Site, page: Page, chromium: int, casino: str, unique: Callable[[str], str]
) -> None:
    page.show(width=900, height=1000)
    page.open(f"{casino}/host.html#{site.address}/")
    assert hears(page, "error")["code"] == "session_missing"
    with frame_of(chromium, site) as inside:
        inside.before_every_load(NO_STORAGE)
        inside.open(launch(site, unique("p")))
        inside.until(f"location.search === '' && {PLAYABLE}")
        inside.value("quick.click()")
        inside.until(BETTABLE)
        inside.value("place.click()")
        inside.until("place.dataset.state === 'accepted'")
        assert inside.problems == []


def test_where_the_browser_does_not_say_who_embeds_the_client_waits_for_a_word_of_an_allowed_host(
    site: Site, page: Page, chromium: int, casino: str
) -> None:
    page.show(width=900, height=1000)
    page.open(f"{casino}/host.html#{site.address}/")
    assert hears(page, "error")["code"] == "session_missing"
    with frame_of(chromium, site) as inside:
        inside.value(SECOND_HOST)
        for name, origin in (("wrong", "https://b.example"), ("right", casino)):
            inside.value(f"hostFor('{name}', ['https://a.example', '{origin}'])")
        inside.until("globalThis.wrong && globalThis.right")
        page.listen(0.5)
        assert told(page, "ready") == []
        page.value("say({ type: 'balance.refresh' })")
        assert hears(page, "ready")["session_reference"] == "right"
        inside.until("globalThis.rightAsked")
        assert not inside.value("globalThis.wrongAsked")


@pytest.mark.parametrize("mode", ["real", "demo"])
def test_a_session_that_the_operator_ends_is_over_in_the_frame_within_five_seconds(
    mode: str, site: Site, page: Page, casino: str, unique: Callable[[str], str]
) -> None:
    ensure_house()
    shared = new_game()
    Game.objects.filter(pk=shared.pk).update(active=True)
    try:
        page.open(f"{casino}/host.html#{launch(site, unique('p'), mode=mode)}")
        ready = hears(page, "ready")
        assert (ready["mode"], ready["currency"]) == (mode, {"real": "KES", "demo": "XTS"}[mode])
        hears(page, "balance")
        page.listen(1.0)  # the socket is up too
        ended = call("DELETE", f"sessions/{ready['session_id']}", credential=backend(site.operator).secret)
        assert ended.status_code == 204
        page.until("log.textContent.includes('session.expired')", seconds=5)
    finally:
        Game.objects.filter(pk=shared.pk).update(active=False)


def test_outside_of_a_frame_nothing_of_it_is_fetched(site: Site, page: Page, unique: Callable[[str], str]) -> None:
    page.open(launch(site, unique("p"), lobby_url="https://casino.example/lobby", brand="Lucky <b>"))
    page.until(PLAYABLE)
    assert not any(HOST_SCRIPT in request for request in page.requests)
    assert page.value("document.querySelector('[data-way=lobby]').href") == "https://casino.example/lobby"
    assert page.text("#brand") == page.value("document.title") == "Lucky <b>"
    assert page.value("document.querySelector('[data-way=cashier]')") is None


def test_who_comes_back_sees_the_bets_that_wait_for_their_draw_even_those_beyond_the_newest(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    player = unique("p")
    page.open(launch(site, player))
    page.until(f"{PLAYABLE} && round.dataset.phase === 'open' && +bar.style.getPropertyValue('--left') > 0.4")
    own = backend(site.operator)
    bet = {"player_token": player, "game": site.game.code, "picks": [1, 2, 3], "stake": "10.00", "currency": "KES"}
    placed = own.post("bets/batch", {"bets": [bet | {"rounds": 9}, *[bet] * 15]})
    assert {one["status"] for one in placed.json()["results"]} == {201}, placed.content
    page.open(launch(site, player))
    page.until(f"!location.search && {PLAYABLE}")
    pending = "document.querySelectorAll('#history li[data-status=pending]').length"
    page.until(f"{pending} > 20")
    assert page.text("#announcer").startswith("Bets that wait for their draw: 2")
    page.value("globalThis.isOld = true")
    page.send("Page.reload")
    page.until(f"!globalThis.isOld && {PLAYABLE} && {pending} > 0")
    page.until(f"{pending} < 9")
    left = own.get(f"bets?player_token={player}&status=pending").json()["results"]
    assert {bet["id"] for bet in left} <= set(
        page.value("[...document.querySelectorAll('[data-bet]')].map(e => e.dataset.bet)")
    )
