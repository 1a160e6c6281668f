"""
A person at the client, in whatever language and on whatever screen: each step is done by what is seen, the texts are
those of the catalogue in the language that is shown, and every screen leaves a picture.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from django.utils import translation
from playwright.sync_api import ConsoleMessage, FrameLocator, Locator, Page, expect

from localization.catalogue import CLIENT_TEXTS

ROUND_S = 12
"""A round of the demo's game and a little more."""
ACCEPTED = re.compile("accepted|ready")
Shown = Page | FrameLocator


@dataclass(slots=True, kw_only=True)
class Player:
    """Who plays: on this page, in its frame where the operator's page has the game in one."""

    page: Page
    pictures: Path | None
    name: str
    texts: dict[str, str]
    """Of the language that is shown, by key."""
    client: Shown
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", lambda message: self._hear(message))

    def _hear(self, message: ConsoleMessage) -> None:
        """A refusal and a cut of the network are named by the browser by itself; they belong to the journey."""
        if message.type == "error" and not message.text.startswith(("Failed to load resource", "WebSocket connection")):
            self.troubles.append(message.text)

    def t(self, key: str, **values: object) -> str:
        """A text as this player reads it."""
        text = self.texts[key]
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def find(self, selector: str) -> Locator:
        return self.client.locator(selector)

    def picture(self, what: str) -> None:
        """A picture where one is asked for, and what axe has against what is seen on it."""
        if self.pictures:
            self.page.screenshot(path=self.pictures / f"{self.name}-{what}.png")
        body = self.find("body")
        if not body.count():  # the operator's own page, before the game is in it
            return
        for one in Axe().run(body.element_handle().owner_frame()).response["violations"]:
            if one["impact"] in ("serious", "critical"):
                self.troubles.append(f"{what}: {one['id']} at {[node['html'][:160] for node in one['nodes']]}")

    # --- the game ---

    def wait_until_playable(self) -> None:
        expect(self.find("#play")).to_be_visible(timeout=20_000)
        expect(self.find("#balance")).not_to_have_text("–", timeout=20_000)

    def pick(self, numbers: Sequence[int]) -> None:
        """Press these numbers on the board, and no others are picked."""
        clear = self.find("#clear")
        if clear.is_enabled():
            clear.click()
        for number in numbers:
            self.find(f'#board [data-number="{number}"]').click()
        expect(self.find('#board [aria-selected="true"]')).to_have_count(len(numbers))

    def bet(self) -> str:
        """Press the button early in a round; the ticket number that the button shows when it is accepted."""
        button = self.find("#place")
        for _ in range(3):
            self.wait_for_an_early_moment()
            expect(button).to_be_enabled(timeout=2 * ROUND_S * 1000)
            button.click()
            expect(self.find('#place[data-state="accepted"], #outcome:not(:empty)').first).to_be_attached()
            if button.get_attribute("data-state") == "accepted":
                return self.find("#place-text").inner_text().rpartition("#")[2]
        raise AssertionError(f"no bet was accepted: {self.find('#outcome').inner_text()}")

    def wait_for_an_early_moment(self) -> None:
        """Betting is open, and will be for as long as a busy machine needs for a press."""
        expect(self.find('#round[data-phase="open"]')).to_be_visible(timeout=2 * ROUND_S * 1000)
        expect(self.find("#seconds")).to_have_text(re.compile(r"^([3-9]|\d\d)$"), timeout=2 * ROUND_S * 1000)

    def fate_of(self, ticket: str) -> Literal["won", "lost"]:
        """What became of a bet, once it is told."""
        row = self.find(f'#history .bet:has-text("#{ticket}")')
        expect(row).not_to_have_attribute("data-status", "pending", timeout=3 * ROUND_S * 1000)
        status = row.get_attribute("data-status")
        assert status in ("won", "lost")
        return "won" if status == "won" else "lost"

    # --- what opens over it ---

    def open(self, screen: str) -> Locator:
        """By the menu; the screen with everything that it reads."""
        self.find("#menu").click()
        self.find(f'[data-screen="{screen}"]').click()
        shown = self.find(f"#screen-{screen}")
        expect(shown).to_be_visible()
        expect(shown.get_by_role("heading", name=self.t(f"menu.{screen}"), exact=True)).to_be_visible()
        expect(shown.locator('.loading, [aria-busy="true"]')).to_have_count(0, timeout=15_000)
        expect(shown).not_to_contain_text(KEY)
        self.picture(screen)
        return shown

    def close(self, screen: Locator) -> None:
        screen.get_by_role("button", name=self.t("page.close"), exact=True).first.click()
        expect(screen).to_have_count(0)


KEY = re.compile(rf"\b(?:{'|'.join(sorted({key.partition('.')[0] for key in CLIENT_TEXTS}))})\.[a-z]\w+")
"""The name of a text, which is shown where the text itself is missing."""


def texts_in(language: str) -> dict[str, str]:
    """Every text of the client in one language, as the catalogues have it."""
    with translation.override(language):
        return {key: translation.gettext(source) for key, source in CLIENT_TEXTS.items()}
