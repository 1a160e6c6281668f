"""
The client in nine languages on the narrowest phone: no button is too small for its words, nothing sticks out, and
Ethiopic letters are there even where the machine has none.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from localization.selectors import texts_for
from operators.models import Operator
from tests.browser.chromium import Page, browser, find_program, page_of
from tests.browser.conftest import Site

pytestmark = pytest.mark.usefixtures("committed")

LANGUAGES = [code for code, _ in settings.LANGUAGES]
NARROWEST = {"width": 320, "height": 640}
SCREENS = ("history", "statistics", "paytable", "rules", "tutorial", "fairness", "responsible", "settings")
PLAYING = "document.querySelector('#play') && document.querySelector('#balance').textContent !== '–'"
OVERFLOWING = """
    [...document.querySelectorAll('button, a, summary, select, label, legend, [role=tab]')]
      .filter(e => e.checkVisibility() && !e.closest('.unseen') && e.clientWidth > 1)
      .filter(e => {
        const box = e.getBoundingClientRect();
        return e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1
          || box.right > innerWidth + 1 || box.left < -1;
      })
      .map(e => `${e.tagName} ${e.id || e.className}: ${e.textContent.trim().slice(0, 60)}`)
"""
"""What has more to show than it has room for, or leaves the page at a side."""
WHOLE_WORDS = """
    (() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('button, button * { overflow-wrap: normal !important; word-break: normal !important }');
      document.adoptedStyleSheets = [sheet];
    })()
"""
"""From now on a button's word that is too long for it sticks out instead of being broken."""
STICKING_OUT = """
    document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
      .filter(e => e.checkVisibility() && !e.closest('.unseen'))
      .filter(e => { const box = e.getBoundingClientRect(); return box.right > innerWidth + 1 || box.left < -1 })
      .filter(e => !e.closest('.wins li'))
      .map(e => `${document.documentElement.scrollWidth} ${e.outerHTML.slice(0, 90)}`)
"""
DRAWN_ALIKE = """
    (() => {
      const paper = document.createElement('canvas').getContext('2d');
      paper.font = getComputedStyle(document.body).font;
      return new Set([...'ተሰጩሜዐጨ'].map(one => paper.measureText(one).width)).size === 1;
    })()
"""
"""Whether Ethiopic letters are shown as boxes, which are all of one width."""


def opened(page: Page, site: Site, player: str, language: str) -> None:
    page.show(**NARROWEST, prefers_reduced_motion="reduce")
    page.send("Emulation.setScrollbarsHidden", hidden=True)  # as on a phone
    page.open(site.launch(player, language=language))
    page.until(PLAYING)


def picture(page: Page, name: str) -> None:
    """Kept where PICTURES says, for people to look at."""
    if folder := os.environ.get("PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.picture(Path(folder) / f"{name}.png")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_button_is_too_small_for_its_words_on_the_narrowest_phone(
    site: Site, page: Page, unique: Callable[[str], str], language: str
) -> None:
    opened(page, site, unique("p"), language)
    texts = texts_for(locale=language, operator_id=site.operator.pk)
    assert page.value("document.documentElement.lang") == language
    page.value(WHOLE_WORDS)
    page.value("document.querySelectorAll('main details').forEach(one => { one.open = true })")
    page.click("#quick")
    found = {"game": page.value(OVERFLOWING) + page.value(STICKING_OUT)}
    picture(page, f"narrow-game-{language}")
    for name in SCREENS:
        page.value(f"location.hash = '#/{name}'")
        page.until(f"document.querySelector('#screen-{name} .screen')")
        page.until("!document.querySelector('dialog .loading, dialog [aria-busy=true]')")
        page.value("document.querySelectorAll('dialog details').forEach(one => { one.open = true })")
        assert page.text(f"#screen-{name} h2") == texts[f"menu.{name}"]
        found[name] = page.value(OVERFLOWING) + page.value(STICKING_OUT)
        picture(page, f"narrow-{name}-{language}")
        page.value("location.hash = '#/'")
        page.until("!document.querySelector('dialog')")
    assert {name: some for name, some in found.items() if some} == {}
    assert page.problems == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_sticks_out_of_the_pages_without_scripts_and_of_the_one_that_verifies(
    site: Site, page: Page, unique: Callable[[str], str], language: str
) -> None:
    page.show(**NARROWEST)
    page.send("Emulation.setScrollbarsHidden", hidden=True)
    page.open(f"{site.address}/verify?lang={language}")
    page.until("document.readyState === 'complete' && document.querySelector('h1')")
    found = {"verify": page.value(OVERFLOWING) + page.value(STICKING_OUT)}
    picture(page, f"narrow-verify-{language}")
    page.open(site.launch(unique("p"), language=language).replace("/?", "/lite?"))
    page.until("document.querySelector('form[action=\"/lite/enter\"]')")
    page.click("form[action='/lite/enter'] button")
    page.until("document.querySelector('.board')")
    for name in ("lite", "lite/limits", "lite/history", "lite/paytable"):
        page.open(f"{site.address}/{name}")
        page.until(f"location.pathname === '/{name}' && document.querySelector('footer')")
        found[name] = page.value(OVERFLOWING) + page.value(STICKING_OUT)
        picture(page, f"narrow-{name.replace('/', '-')}-{language}")
    assert {name: some for name, some in found.items() if some} == {}


@pytest.mark.parametrize(("order", "first_is_left"), [("ltr", True), ("mirrored", False)])
def test_in_arabic_the_page_is_mirrored_and_the_board_as_the_operator_has_it(
    site: Site, page: Page, unique: Callable[[str], str], order: str, first_is_left: bool
) -> None:
    Operator.objects.filter(pk=site.operator.pk).update(board_order=order)
    try:
        opened(page, site, unique("p"), "ar")
        assert page.value("document.documentElement.dir") == "rtl"
        left = "document.querySelector('[data-number=\"{}\"]').getBoundingClientRect().left"
        assert page.value(f"{left.format(1)} < {left.format(2)}") is first_is_left
        picture(page, f"board-{order}")
        page.value("document.querySelector('[data-number=\"11\"]').focus()")
        page.press("ArrowRight")
        reached = page.value("document.activeElement.dataset.number")
        assert reached == ("12" if first_is_left else "10")
    finally:
        Operator.objects.filter(pk=site.operator.pk).update(board_order="ltr")


def test_a_text_that_staff_sets_is_shown_at_the_clients_next_start(
    site: Site, page: Page, unique: Callable[[str], str]
) -> None:
    from localization.services import remove_text, set_text

    change: dict[str, Any] = {"locale": "sw", "key": "board.clear", "operator_id": site.operator.pk, "actor": "test"}
    opened(page, site, unique("p"), "sw")
    before = page.text("#clear")
    set_text(value="Futa namba", **change)
    try:
        opened(page, site, unique("p"), "sw")
        assert before != "Futa namba"
        assert page.text("#clear") == "Futa namba"
    finally:
        remove_text(**change)


@pytest.fixture
def poor(tmp_path: Path, monkeypatch: Any) -> Iterator[Page]:
    """A page of a browser that finds one font on its machine, with Latin letters alone."""
    program = find_program()
    latin = next(iter(sorted(Path("/usr/share/fonts").rglob("DejaVuSans.ttf"))), None)
    if program is None or latin is None:
        pytest.skip("needs a Chromium and the font DejaVu Sans on this machine")
    fonts = tmp_path / "fonts"
    fonts.mkdir()
    (fonts / latin.name).symlink_to(latin)
    config = tmp_path / "fonts.conf"
    config.write_text(f"<fontconfig><dir>{fonts}</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(config))
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(browser(program, tmp_path / "profile"))
        yield stack.enter_context(page_of(port))


@pytest.mark.parametrize("language", ["am", "ti"])
def test_letters_that_the_machine_lacks_are_lent_to_it(
    site: Site, poor: Page, unique: Callable[[str], str], language: str
) -> None:
    opened(poor, site, unique("p"), "en")
    assert poor.value(DRAWN_ALIKE), "this machine has Ethiopic letters after all"
    assert not any("woff2" in address for address in poor.requests)
    opened(poor, site, unique("p"), language)
    poor.until(f"!{DRAWN_ALIKE.strip()}")
    picture(poor, f"lent-{language}")
    assert sum("woff2" in address for address in poor.requests) == 1


def test_a_machine_that_has_the_letters_fetches_no_font(site: Site, page: Page, unique: Callable[[str], str]) -> None:
    opened(page, site, unique("p"), "am")
    if page.value(DRAWN_ALIKE):
        pytest.skip("this machine has no Ethiopic letters")
    assert not any("woff2" in address for address in page.requests)
