"""The whole demo as `make run` starts it, and Debian's Chromium, driven by Playwright."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import find_program
from tests.support.installation import installation

RESOLVE = "--host-resolver-rules=MAP *.localhost 127.0.0.1"
"""The demo's hosts stand nowhere; without this the machine would have to know them."""


PATIENCE_MS = 15_000


@pytest.fixture(scope="session")
def program() -> str:
    found = find_program()
    if found is None:
        pytest.skip("needs a Chromium on this machine (Debian: apt-get install chromium)")
    return found


@pytest.fixture(scope="module")
def demo(program: str) -> Iterator[dict[str, Any]]:
    """What scripts need to know of the demo: of one that runs already where DEMO names its file, else of a new one."""
    if "DEMO" in os.environ:
        yield json.loads(Path(os.environ["DEMO"]).read_text())
        return
    with installation() as front:
        yield json.loads(front.home.demo.read_text())


@pytest.fixture(scope="module")
def browser(program: str) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", RESOLVE])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """
    Where pictures go, where PICTURES asks for them. A picture of a whole page makes Chromium lay it out anew, and once
    in many hundred times its presses land beside what they aim at afterwards: no test is to fail of that.
    """
    if "PICTURES" not in os.environ:
        return None
    folder = Path(os.environ["PICTURES"])
    folder.mkdir(parents=True, exist_ok=True)
    return folder
