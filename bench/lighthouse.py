"""Lighthouse: the program on this machine, or npm's by the lock in bench/yardsticks/lighthouse."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.harness import ROOT

WORKSHOP = ROOT / "bench" / "yardsticks" / "lighthouse"
SOURCES = ("package.json", "package-lock.json", ".npmrc")
OLDEST_NODE = 18
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
# The operators' hosts stand nowhere; without the rule the machine would have to know them.
CHROME_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage '--host-resolver-rules=MAP *.localhost 127.0.0.1'"
)
INSTALLED_WITHIN_S, LOADED_WITHIN_S = 300, 120


class NotHere(Exception):
    """Lighthouse cannot run on this machine; the text says what to install."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Of 100 points each."""

    performance: float
    accessibility: float
    best_practices: float
    seo: float


class Lighthouse:
    """A program that can be asked."""

    def __init__(self, command: list[str], chromium: str) -> None:
        self._command, self._chromium = command, chromium

    def score(self, address: str) -> Scores:
        """
        What it gives this page, as a phone would load it.

        :raises NotHere: it did not come to an end.
        """
        asked = ["--quiet", "--output=json"]
        asked += [f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={CHROME_FLAGS}"]
        line = [*self._command, address, *asked]
        try:
            said = _run(line, within_s=LOADED_WITHIN_S, CHROME_PATH=self._chromium)
        except NotHere:  # a trace that did not begin with its page: "Please run Lighthouse again", it says
            said = _run(line, within_s=LOADED_WITHIN_S, CHROME_PATH=self._chromium)
        found = json.loads(said)["categories"]
        points = {name.replace("-", "_"): 100.0 * (found[name]["score"] or 0) for name in CATEGORIES}
        return Scores(**points)


@contextmanager
def lighthouse(chromium: str | None) -> Iterator[Lighthouse]:
    """
    Lighthouse with this Chromium.

    :raises NotHere: Chromium, Node or npm is missing, or the packages cannot be installed.
    """
    if chromium is None:
        raise NotHere("needs a Chromium on this machine (Debian: apt-get install chromium)")
    own = shutil.which("lighthouse")
    if own is not None:
        yield Lighthouse([own], chromium)
        return
    with tempfile.TemporaryDirectory() as home:
        yield Lighthouse(_installed(Path(home)), chromium)


def _installed(home: Path) -> list[str]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotHere(f"needs Node {OLDEST_NODE} or newer with npm")
    version = _run([node, "--version"]).strip()
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        raise NotHere(f"needs Node {OLDEST_NODE} or newer; this is {version}")
    for name in SOURCES:
        shutil.copy(WORKSHOP / name, home / name)
    _run([npm, "ci"], directory=home, within_s=INSTALLED_WITHIN_S)
    return [node, str(home / "node_modules" / "lighthouse" / "cli" / "index.js")]


def _run(command: list[str], *, directory: Path = ROOT, within_s: float = 30, **environment: str) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise NotHere(f"`{Path(command[0]).name}` took longer than {within_s:.0f} s") from late
    if done.returncode:
        raise NotHere(f"`{Path(command[0]).name} {command[1]}` failed: {done.stderr.strip()[-300:]}")
    return done.stdout
