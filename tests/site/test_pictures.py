"""The site in a browser: nothing is asked of other hosts, no page is wider than its screen; pictures for people."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Page, browser, find_program, page_of
from tests.site.building import build

pytestmark = pytest.mark.proof
PAGES = (
    *("index.html", "README.html", "docs/concepts.html", "docs/glossary.html", "docs/runbooks.html"),
    *("docs/integration.html", "docs/money.html", "reference/api/bets.html", "reference/errors.html"),
    *("docs/architecture.html", "code/fairness/draw.py.html"),
)
SCREENS = {"phone": (390, 844), "desktop": (1360, 900)}


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("site")
    built = build(output)
    assert built.returncode == 0, built.stderr
    return output / "html"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    program = find_program()
    if program is None:
        pytest.skip("needs a Chromium on this machine (Debian: apt-get install chromium)")
    with browser(program, tmp_path_factory.mktemp("chromium") / "profile") as port, page_of(port) as tab:
        yield tab


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_pages_fit_their_screen_and_ask_nobody_else(html: Path, page: Page, screen: str, scheme: str) -> None:
    width, height = SCREENS[screen]
    page.show(width=width, height=height, prefers_color_scheme=scheme)
    for name in PAGES:
        page.requests.clear()
        page.open((html / name).as_uri())
        page.until("document.readyState === 'complete'")
        assert page.value("document.documentElement.scrollWidth") <= width, name
        assert [one for one in page.requests if not one.startswith(("GET file:", "GET data:"))] == []
        assert page.problems == []
        _keep(page, f"{name.removesuffix('.html').replace('/', '-')}-{screen}-{scheme}")


def _keep(page: Page, name: str) -> None:
    """Kept where PICTURES says, for people to look at."""
    if folder := os.environ.get("PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.picture(Path(folder) / f"site-{name}.png")


def test_what_is_searched_for_is_found_without_a_server(html: Path, page: Page) -> None:
    page.show(width=1360, height=900)
    page.open((html / "search.html").as_uri() + "?q=paytable")
    page.until("document.querySelectorAll('#search-results li a').length > 3", seconds=30)
