"""People at the lottery's pages, on telephones: what each does by what is seen, and what every screen is held to."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

T = TypeVar("T")
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
TOO_SMALL = """
    [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')]
      .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.matches('.skip, .box input, .item span a'))
      .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
      .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
      .map(([html, box]) => `${html}: ${box.width} x ${box.height}`)
"""
"""What is pressed is as large as a thumb. A box is pressed by its label."""
WIDTH = "document.documentElement.scrollWidth"


def apart(work: Callable[[], T]) -> T:
    """What needs the database, on a thread of its own: this one belongs to the browser."""
    from django.db import connections

    def run() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as one:
        return one.submit(run).result()


@dataclass(slots=True, kw_only=True)
class Person:
    """A member with a telephone."""

    name: str
    password: str
    secret: str | None
    context: BrowserContext
    page: Page
    pictures: Path | None
    language: str
    address: str
    troubles: list[str] = field(default_factory=list)
    looked: int = 0

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", lambda message: self._hear(message))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.troubles.append(message.text)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def press(self, selector: str) -> None:
        self.page.locator(selector).first.click()

    def fill(self, selector: str, text: str) -> None:
        self.page.locator(selector).first.fill(text)

    def unfold(self, summary: str) -> None:
        """Open a step that asks before it is done."""
        self.page.locator(f"details:has({summary}) > summary").first.click()

    def look(self, what: str) -> None:
        """A picture where one is asked for; and every screen fits, can be pressed, and can be read by everybody."""
        self.looked += 1
        self.page.wait_for_load_state("load")  # a press waits until the next page begins, not until it is there
        if self.pictures:
            shot = self.pictures / f"lottery-{self.language}-{self.name}-{self.looked:02}-{what}.png"
            self.page.screenshot(path=shot, full_page=True)
        assert self.page.evaluate(WIDTH) <= PHONE["viewport"]["width"], what
        assert self.page.evaluate(TOO_SMALL) == [], what
        found = Axe().run(self.page).response["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        assert [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in serious] == [], what


def arrive(
    browser: Browser,
    *,
    name: str,
    password: str,
    secret: str | None,
    pictures: Path | None,
    language: str,
    address: str,
    **looks: Any,
) -> Person:
    """Somebody at the way in, in a language."""
    context = browser.new_context(**PHONE, timezone_id="Africa/Addis_Ababa", reduced_motion="reduce", **looks)
    context.set_default_timeout(20_000)
    page = context.new_page()
    person = Person(
        name=name.partition("-")[0],
        password=password,
        secret=secret,
        context=context,
        page=page,
        pictures=pictures,
        language=language,
        address=address,
    )
    person.open("/lottery")
    if language != "en":
        page.select_option("main #language", language)
        person.press("main form[action='/lottery/language'] button")
        page.wait_for_selector(f"html[lang={language}]")
    return person


def arrives(person: Person, request: Any) -> int:
    """The call as the browser would make it, by another way; what the server said."""
    host, port = person.address.removeprefix("http://").split(":")
    kept = "; ".join(f"{one['name']}={one['value']}" for one in person.context.cookies())
    headers = {"Host": f"{host}:{port}", "Origin": person.address, "Cookie": kept}
    headers["Content-Type"] = request.headers["content-type"]
    where = f"http://127.0.0.1:{port}/lottery/slips/hand-in"
    return httpx.post(where, content=request.post_data_buffer, headers=headers, timeout=20).status_code
