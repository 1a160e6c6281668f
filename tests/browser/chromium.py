"""
The machine's own Chromium, driven over its DevTools protocol: what a person at the page would do and see.

Clicks and keys go through the browser's input, so that what covers a button or takes the focus counts.
"""

import base64
import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from keno_platform.local import ports

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The hosts of the test stand nowhere; without this the machine would have to know them.
    "--host-resolver-rules=MAP *.localhost 127.0.0.1",
)
STARTED_WITHIN_S = 20.0
WAIT_S = 20.0
FRAMES_S, STILL_WITHIN_S = 0.05, 2.0
PHONE_MAX = 500
MESSAGE_MAX = 32 * 1024 * 1024


def find_program() -> str | None:
    """The path of a Chromium on this machine."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


@contextlib.contextmanager
def browser(program: str, home: Path) -> Iterator[int]:
    """A running browser with a profile of its own; yields its DevTools port."""
    port = ports.find_free()
    own = [f"--user-data-dir={home}", f"--remote-debugging-port={port}", "about:blank"]
    with (home.parent / "chromium.log").open("wb") as log:
        process = subprocess.Popen([program, *FLAGS, *own], stdout=log, stderr=log)
        try:
            _wait(lambda: _answers(port), what="Chromium to start", seconds=STARTED_WITHIN_S)
            yield port
        finally:
            process.terminate()
            process.wait(10)


class Page:
    """One tab. Problems that the page reports are collected in `problems`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.problems: list[str] = []
        self.requests: list[str] = []
        self._socket = socket
        self._next = 0
        self._cut: Callable[[dict[str, Any]], bool] | None = None
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the protocol and its result."""
        self._next += 1
        number = self._next
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(WAIT_S))
            if message.get("id") == number:
                assert "error" not in message, (method, message["error"])
                return dict(message["result"])
            self._note(message)

    def listen(self, seconds: float) -> None:
        """Take what the browser reports for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                self._note(json.loads(self._socket.recv(left)))

    def show(self, *, width: int, height: int, **features: str) -> None:
        """The size of the screen, and media features such as `prefers_color_scheme="dark"`."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        # On a phone they lie over the page, and take no room from it.
        self.send("Emulation.setScrollbarsHidden", hidden=width < PHONE_MAX)
        media = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.send("Emulation.setEmulatedMedia", features=media)

    def before_every_load(self, script: str) -> None:
        """Run this in the page ahead of its own scripts."""
        self.send("Page.addScriptToEvaluateOnNewDocument", source=script)

    def open(self, address: str) -> None:
        self.send("Page.navigate", url=address)

    def value(self, expression: str) -> Any:
        """What a JavaScript expression is in the page now."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, (expression, answer["exceptionDetails"])
        return answer["result"].get("value")

    def text(self, selector: str) -> str:
        return str(self.value(f"document.querySelector({json.dumps(selector)})?.textContent ?? ''")).strip()

    def until(self, expression: str, *, seconds: float = WAIT_S) -> None:
        """Until the expression is true in the page."""

        def holds() -> bool:
            self.listen(0.03)
            # While a page loads, what it names is not there yet.
            answer = self.send("Runtime.evaluate", expression=f"Boolean({expression})", returnByValue=True)
            return answer["result"].get("value") is True

        try:
            _wait(holds, what=f"the page to have {expression}", seconds=seconds)
        except AssertionError as vain:
            vain.add_note(f"It was {self.value('location.href')}, with {self.problems}: {self.text('body')[:800]}")
            raise

    def click(self, selector: str) -> None:
        """Press what stands at the middle of this element, scrolled into sight."""
        box = self._at_rest(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def _at_rest(self, selector: str) -> list[float]:
        """Where it is when it has stopped moving: a page that has its style sheets only now puts it elsewhere."""
        middle = (
            f"(e => {{ e.scrollIntoView({{block: 'center'}}); const r = e.getBoundingClientRect();"
            f" return [r.x + r.width / 2, r.y + r.height / 2] }})(document.querySelector({json.dumps(selector)}))"
        )
        self.until("document.readyState === 'complete'")
        box, end = self.value(middle), time.monotonic() + STILL_WITHIN_S
        while time.monotonic() < end:
            before = box
            self.listen(FRAMES_S)
            if (box := self.value(middle)) == before:
                break
        return list(box)

    def press(self, key: str, *, text: str = "") -> None:
        for kind in ("keyDown", "keyUp"):
            shown = {"text": text} if text and kind == "keyDown" else {}
            self.send("Input.dispatchKeyEvent", type=kind, key=key, **shown)

    def cut_answers(self, pattern: str, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """From now on the answers of requests like this are lost on their way, after the server has given them."""
        self._cut = wanted
        self.send("Fetch.enable", patterns=[{"urlPattern": pattern, "requestStage": "Response"}])

    def let_answers_through(self) -> None:
        self._cut = None
        self.send("Fetch.disable")

    def picture(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))

    def _note(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        match message.get("method"):
            case "Runtime.exceptionThrown":
                self.problems.append(str(params["exceptionDetails"]))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.problems.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            case "Network.requestWillBeSent":
                self.requests.append(f"{params['request']['method']} {params['request']['url']}")
            case "Fetch.requestPaused":
                self._answer_paused(params)

    def _answer_paused(self, params: dict[str, Any]) -> None:
        lost = self._cut is not None and self._cut(params)
        self._next += 1
        method = "Fetch.failRequest" if lost else "Fetch.continueRequest"
        asked = {"requestId": params["requestId"], **({"errorReason": "ConnectionReset"} if lost else {})}
        self._socket.send(json.dumps({"id": self._next, "method": method, "params": asked}))


@contextlib.contextmanager
def page_of(port: int) -> Iterator[Page]:
    """A new tab of the browser at this port."""
    made = httpx.put(f"http://127.0.0.1:{port}/json/new?about:blank", timeout=10)
    address = made.json()["webSocketDebuggerUrl"]
    with connect(address, max_size=MESSAGE_MAX, compression=None) as socket:
        yield Page(socket)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/json/version", timeout=1).is_success
    except httpx.TransportError:
        return False


def _wait(holds: Callable[[], bool], *, what: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.02)
