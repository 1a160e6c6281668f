"""A stranger at /verify: documents dropped, the network cut, and everything is told right, or wrong by its name."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import fairness
from tests.browser.chromium import Page
from tests.browser.conftest import Site
from tests.browser.test_play import BETTABLE

pytestmark = pytest.mark.usefixtures("committed")

VECTORS = json.loads((Path(fairness.__file__).parent / "vectors" / "documents.json").read_text())
ROUND, BET = "keno-10s 2", "keno-10s 2 bet 0"
CHECKS = 13
READY = "globalThis.go && !document.querySelector('#fetch-go').disabled"
DONE = "['passed', 'open', 'failed'].includes(verdict.dataset.state)"
STATES = "[...checks.children].map(row => row.dataset.state)"
SHIFTS = """
    window.shifts = 0;
    new PerformanceObserver(list => {
      for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts += one.value;
    }).observe({type: 'layout-shift', buffered: true});
"""


def genuine() -> dict[str, Any]:
    """A round, a bet in it and the chain's answers, as a house has signed and a chain has kept them."""
    return {"round": VECTORS["documents"][ROUND], "bet": VECTORS["bets"][BET], "chain": VECTORS["evidence"]}


def told(name: str) -> dict[str, Any]:
    """The documents of a case in which the house itself lies: signed by it."""
    [case] = [each for each in VECTORS["cases"] if each["name"] == name]
    parts = {"document": "round", "bet": "bet", "evidence": "chain"}
    documents = {
        "round": json.loads(json.dumps(VECTORS["documents"][case["document"]])),
        "bet": json.loads(json.dumps(VECTORS["bets"][case["bet"] or BET])),
        "chain": json.loads(json.dumps(VECTORS["evidence"])),
    }
    for change in case["changes"]:
        holder = documents[parts[change["of"]]]
        for step in change["path"][:-1]:
            holder = holder[step]
        holder[change["path"][-1]] = change["value"]
    return documents


def written(folder: Path, **documents: Any) -> list[str]:
    """The documents as files."""
    for name, document in documents.items():
        text = document if isinstance(document, str) else json.dumps(document)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return [str(folder / f"{name}.json") for name in documents]


def drop(page: Page, files: list[str]) -> None:
    """Let files fall onto the page, as from the desktop."""
    page.value("document.querySelector('#drop').scrollIntoView({block: 'center'})")
    box = page.value("(r => [r.x + r.width / 2, r.y + 8])(document.querySelector('#drop').getBoundingClientRect())")
    data = {"items": [], "files": files, "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        page.send("Input.dispatchDragEvent", type=kind, x=box[0], y=box[1], data=data)


def cut_network(page: Page) -> None:
    page.send("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)


def check(page: Page) -> None:
    page.click("#go")
    page.until(DONE)


@pytest.fixture
def verifier(site: Site, page: Page) -> Page:
    """The page on a phone, with everything loaded."""
    page.before_every_load(SHIFTS)
    page.show(width=360, height=740, prefers_reduced_motion="reduce")
    page.open(f"{site.address}/verify?lang=en")
    page.until(READY)
    return page


def test_with_the_network_cut_a_genuine_round_with_an_own_bet_passes_every_check(
    verifier: Page, tmp_path: Path
) -> None:
    page, documents = verifier, genuine()
    drop(page, written(tmp_path, round=documents["round"], bet=documents["bet"]))
    page.until("documents.children.length === 2")
    cut_network(page)
    asked = len(page.requests)
    # The chain's answers and the bettor's receipt are pasted, as a phone would do it.
    for text in (json.dumps(documents["chain"]), documents["bet"]["bet"]["leaf"]):
        page.value("paste.focus()")
        page.send("Input.insertText", text=text)
    page.until("documents.children.length === 4 && paste.value === ''")
    check(page)
    assert page.text("#verdict-title") == "Everything is right"
    assert page.value(STATES) == ["passed"] * CHECKS
    assert len(page.requests) == asked, "it asked somebody for something"

    drawn = documents["round"]["reveal"]["numbers"]
    assert page.value("[...numbers.children].map(ball => +ball.textContent)") == drawn
    picks = page.value("[...picks.children].map(ball => +ball.textContent)")
    hits = page.value("[...picks.children].filter(ball => ball.className === 'hit').map(ball => +ball.textContent)")
    assert hits == [pick for pick in picks if pick in drawn]
    assert page.text("#hits") == f"Matches: {documents['bet']['outcome']['hits']}" == f"Matches: {len(hits)}"
    assert page.value("[...legend.children].map(part => part.dataset.state)") == ["passed"] * 5
    evidence = page.value("document.querySelector('[data-check=commit-anchor] dl').textContent")
    assert documents["round"]["commit"]["anchor"]["transaction"] in evidence
    assert "same" in page.value("document.querySelector('[data-check=close-and-bet] dl').textContent")
    # The beacon and the chain of the test are the house's own, and the page says so.
    assert "not public" in page.text("[data-limit=network]")
    assert "local one" in page.text("[data-limit=chain]")
    assert page.value("document.documentElement.scrollWidth <= innerWidth")
    assert page.value("shifts") < 0.05
    assert page.problems == []


@pytest.mark.parametrize(
    ("of", "path", "value", "name"),
    [
        ("round", ("game",), "keno-10z", "DocumentSignatureInvalid"),
        ("bet", ("outcome", "win_minor"), 1, "DocumentSignatureInvalid"),
        ("round", ("commit", "size"), "90", "DocumentMalformed"),
        ("chain", (1, "block", "timestamp"), "0x1", "AnchorMismatch"),
    ],
)
def test_what_was_altered_on_its_way_is_told_by_name(
    verifier: Page, tmp_path: Path, of: str, path: tuple[str | int, ...], value: Any, name: str
) -> None:
    documents = json.loads(json.dumps(genuine()))
    holder = documents[of]
    for step in path[:-1]:
        holder = holder[step]
    if of == "chain":
        transaction = documents["round"]["commit"]["anchor"]["transaction"]
        [holder] = [one["block"] for one in documents["chain"] if one["receipt"]["transactionHash"] == transaction]
    assert holder[path[-1]] != value
    holder[path[-1]] = value
    cut_network(verifier)
    drop(verifier, written(tmp_path, **documents))
    verifier.until(f"{DONE} || documents.children.length === 3")
    if name != "DocumentMalformed":
        check(verifier)
    assert verifier.value("verdict.dataset.state") == "failed"
    assert verifier.text("#verdict-name") == name
    failed = verifier.value(STATES).index("failed")
    assert set(verifier.value(STATES)[failed + 1 :]) <= {"waiting"}, "it went on after the first failure"


def test_one_changed_byte_of_a_genuine_document_is_found(verifier: Page, tmp_path: Path) -> None:
    documents = genuine()
    text = json.dumps(documents["round"])
    seed = documents["round"]["reveal"]["seed"]
    other = ("0" if seed[-1] != "0" else "1").join((seed[:-1], ""))
    altered = text.replace(seed, other)
    assert sum(one != another for one, another in zip(text, altered, strict=True)) == text.count(seed)
    drop(verifier, written(tmp_path, round=documents["round"], chain=documents["chain"]))
    verifier.until("documents.children.length === 2")
    check(verifier)
    assert verifier.value("verdict.dataset.state") == "open", "without a bet one check is left open"
    drop(verifier, written(tmp_path, round=altered))
    verifier.until("verdict.dataset.state === 'none'")
    check(verifier)
    assert verifier.text("#verdict-name") == "DocumentSignatureInvalid"


@pytest.mark.parametrize(
    ("case", "name"),
    [
        ("the last two numbers exchanged", "NumbersNotByDraw"),
        ("another seed", "SeedNotCommitted"),
        ("a late bet", "BetTooLate"),
        ("two CLOSE messages: another one is in the bet's document", "CloseTwice"),
        ("a payout that is too small", "PayoutWrong"),
    ],
)
def test_a_lie_that_the_house_signed_is_told_by_name(verifier: Page, tmp_path: Path, case: str, name: str) -> None:
    [said] = [each["expect"] for each in VECTORS["cases"] if each["name"] == case]
    assert said == name
    cut_network(verifier)
    drop(verifier, written(tmp_path, **told(case)))
    verifier.until("documents.children.length === 3")
    check(verifier)
    assert verifier.text("#verdict-name") == name
    assert len(verifier.text("#verdict-text")) > 20


def test_what_is_no_document_is_refused_and_breaks_nothing(verifier: Page, tmp_path: Path) -> None:
    drop(verifier, written(tmp_path, letter="Dear Sir", list=[1, 2], other={"a": 1}, half='{"commit": '))
    verifier.until("document.querySelector('#status').textContent.includes('half.json')")
    assert verifier.value("go.disabled && documents.children.length === 0")
    assert verifier.problems == []


def test_in_arabic_the_page_is_read_from_right_to_left_and_keeps_its_documents(verifier: Page, tmp_path: Path) -> None:
    page = verifier
    drop(page, written(tmp_path, **genuine()))
    page.until("documents.children.length === 3")
    page.value("language.value = 'ar'; language.dispatchEvent(new Event('change'))")
    page.until(f"document.dir === 'rtl' && {READY} && documents.children.length === 3")
    check(page)
    assert page.text("#verdict-title") == "كل شيء صحيح"
    assert page.value(STATES) == ["passed"] * CHECKS
    assert page.value("document.documentElement.scrollWidth <= innerWidth")
    # Evidence is written as the protocol writes it.
    assert page.value("getComputedStyle(document.querySelector('#checks dl')).direction") == "ltr"
    first, second = page.value("[...numbers.children].slice(0, 2).map(ball => ball.getBoundingClientRect().x)")
    assert first > second


def test_everything_can_be_reached_with_the_keyboard(verifier: Page, tmp_path: Path) -> None:
    page = verifier
    drop(page, written(tmp_path, **genuine()))
    page.until("documents.children.length === 3")
    reached: list[str] = []
    page.value("document.activeElement.blur(); scrollTo(0, 0)")
    for _ in range(9):
        page.send("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        page.send("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached.append(page.value("document.activeElement.id || document.activeElement.localName"))
    assert reached[:9] == ["language", "round", "fetch-go", "files", "paste", "rpc", "summary", "signed-only", "go"]
    page.value("go.focus()")
    page.send("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", text="\r", windowsVirtualKeyCode=13)
    page.send("Input.dispatchKeyEvent", type="keyUp", key="Enter", code="Enter", windowsVirtualKeyCode=13)
    page.until(DONE)
    assert page.text("#verdict-title") == "Everything is right"
    assert page.value("verdict.ariaLive") == "polite"


class _Node(BaseHTTPRequestHandler):
    """A chain's node that gives the answers that were recorded, to pages of any site, as public nodes do."""

    def do_OPTIONS(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((asked["method"], self.headers.get("Referer"), self.headers.get("Cookie")))  # type: ignore[attr-defined]
        result = self._result(asked["method"], asked["params"])
        self._answer(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}).encode())

    def _result(self, method: str, params: list[Any]) -> Any:
        receipts = {one["receipt"]["transactionHash"]: one["receipt"] for one in VECTORS["evidence"]}
        match method:
            case "eth_chainId":
                return VECTORS["evidence"][0]["chain_id"]
            case "eth_getTransactionReceipt":
                return receipts.get(params[0])
            case "eth_getBlockByHash":
                return next(one["block"] for one in VECTORS["evidence"] if one["block"]["hash"] == params[0])
            case "eth_getLogs":
                topics = params[0]["topics"]
                logs = [log for receipt in receipts.values() for log in receipt["logs"]]
                return [log for log in logs if log["topics"][: len(topics)] == topics]
        raise AssertionError(method)

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "content-type")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Silence."""


@pytest.fixture
def node() -> Iterator[ThreadingHTTPServer]:
    from keno_platform.local import ports

    server = ThreadingHTTPServer(("127.0.0.1", ports.find_free()), _Node)
    server.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_chain_is_read_from_the_node_that_the_visitor_names_and_no_other(
    verifier: Page, node: ThreadingHTTPServer, tmp_path: Path
) -> None:
    page, documents = verifier, genuine()
    drop(page, written(tmp_path, round=documents["round"], bet=documents["bet"]))
    page.until("documents.children.length === 2")
    asked = len(page.requests)
    check(page)
    assert page.text("#verdict-title") == "No error found"
    assert page.value("document.querySelector('[data-check=commit-anchor]').dataset.state") == "skipped"
    assert len(page.requests) == asked, "no node was named, and yet somebody was asked"

    address = f"http://127.0.0.1:{node.server_port}/"
    page.value("rpc.focus()")
    page.send("Input.insertText", text=address)
    page.value("contract.value = '0x' + '00'.repeat(20)")
    check(page)
    assert page.text("#verdict-name") == "AnchorNotOnChain", "the visitor knows of another contract"
    page.value(f"contract.value = '{documents['round']['commit']['anchor']['contract']}'")
    check(page)
    assert page.value(STATES) == ["passed"] * CHECKS
    assert {request.split()[1] for request in page.requests[asked:]} == {address}
    assert {told[1:] for told in node.asked} == {(None, None)}, "the node learns of neither page nor cookies"  # type: ignore[attr-defined]

    page.value("rpc.value = 'http://127.0.0.1:9/'")
    check(page)
    assert "gave no answer" in page.text("#status")
    assert page.value("document.querySelector('[data-check=commit-anchor]').dataset.state") == "skipped"


def test_a_player_comes_from_the_game_and_finds_the_own_bet_in_the_round(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    page.show(width=360, height=740, prefers_reduced_motion="reduce")
    page.open(site.launch(unique("p")))
    page.until("!play.hidden && balance.textContent !== '–'")
    page.click('#board [data-number="7"]')
    page.click('#board [data-number="21"]')
    page.until(BETTABLE)
    page.click("#place")
    page.until("place.dataset.state === 'accepted'")
    page.until("document.querySelector('#history li').dataset.status !== 'pending'")
    link = "document.querySelector('#results a')"
    page.until(f"{link} && document.querySelector('#results .hit, #history .hit, #results span')")
    assert page.value(f"[{link}.target, {link}.rel]") == ["_blank", "opener"]
    page.open(str(page.value(f"{link}.href")))
    page.until(f"globalThis.verdict && {DONE}")
    assert page.value("[...picks.children].map(ball => +ball.textContent)") == [7, 21]
    drawn = page.value("[...numbers.children].map(ball => +ball.textContent)")
    assert len(set(drawn)) == 20
    # No chain is running here, and a round that is on none does not pass.
    assert page.text("#verdict-name") == "AnchorMissing"
    assert page.value(STATES)[:3] == ["passed"] * 3
    # Unless the player is content with the house's signature: then it is said at that step, and the rest is checked.
    page.click("#signed-only")
    page.click("#go")
    page.until("verdict.dataset.state === 'open'")
    states = page.value(STATES)
    assert (states[3], set(states[4:10])) == ("skipped", {"passed"})
    assert page.problems == []
    host = site.address.partition("//")[2]
    assert {each for each in page.requests if host not in each and "about:blank" not in each} == set()


def test_over_plain_http_from_elsewhere_the_page_says_why_it_cannot_check(site: Site, page: Page) -> None:
    page.before_every_load("Object.defineProperty(globalThis, 'isSecureContext', {value: false})")
    page.open(f"{site.address}/verify?lang=en")
    page.until("globalThis.insecure && !insecure.hidden")
    assert "https" in page.text("#insecure")
    assert page.value("go.disabled && document.querySelector('#fetch-go').disabled")


def test_an_address_that_came_with_the_link_is_shown_as_such_and_an_own_one_is_remembered(
    site: Site, page: Page
) -> None:
    page.open(f"{site.address}/verify?lang=en")
    page.until(READY)
    page.value("rpc.value = 'https://own.example/'; rpc.dispatchEvent(new Event('change'))")
    page.open(f"{site.address}/verify?lang=en&rpc=https://node.example/")
    page.until(f"location.search && {READY}")
    assert page.value("rpc.value") == "https://node.example/"
    assert page.text("#rpc-hint").startswith("This address came with the link")
    page.open(f"{site.address}/verify?lang=fr")
    page.until(f"document.documentElement.lang === 'fr' && {READY}")
    assert page.value("rpc.value") == "https://own.example/"


def test_a_round_in_the_address_is_fetched_and_checked_at_once(site: Site, page: Page) -> None:
    from rounds.models import Round

    end = time.monotonic() + 30
    while (one := Round.objects.filter(game=site.game, status="revealed").first()) is None:
        assert time.monotonic() < end, "no round was revealed"
        time.sleep(0.2)
    page.show(width=1280, height=900, prefers_color_scheme="dark")
    page.open(f"{site.address}/verify?lang=am&round={one.pk}")
    page.until(f"globalThis.verdict && {DONE}")
    assert page.value("[...numbers.children].map(ball => +ball.textContent)") == one.numbers_drawn
    assert page.value("document.documentElement.lang") == "am"
    page.value("document.querySelector('#round').value = '999999999'")
    page.click("#fetch-go")
    page.until("document.querySelector('#status').textContent.includes('404')")
