"""What the documents name is there: files, commands, addresses, variables; and what must be named is."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from keno_platform.asgi import sockets
from keno_platform.environment.catalogue import BY_NAME, VARIABLES
from keno_platform.environment.page import page
from tests.docs.snippets import DOCUMENTS, ROOT

NAMES = [str(document.relative_to(ROOT)) for document in DOCUMENTS]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
_PATH = re.compile(
    r"(?<![/\w])((?:keno_platform|play|reports|reconciliation|bets|banker|rounds|wallet|players|webhooks|calls|operators"
    r"|access|approvals|configuration|localization|audit|anchors|fairness|keno_kit|sdk|examples|tests|requirements|docs|contracts|bench)/[\w./-]*\w)"
)
_MAKE = re.compile(r"(?<![\w.])make ([a-z][a-z-]*[a-z])\b")
_MANAGE = re.compile(r"manage\.py (\w+)")
_LOCAL = re.compile(r"keno_platform\.local (\S+)")
_ADDRESS = re.compile(r"`(?:[A-Z]+ )?(/[a-z.][\w./{}-]*)[^`]*`|<http://[^/>]+(/[^>]*)>")
_VARIABLE = re.compile(r"\b(?:KENO_[A-Z_]+|DATABASE_URL|REDIS_URL)\b")
NOT_ADDRESSES = {"/api/v1", "/api/v1/", "/ws/v1", "/root", "/tmp"}  # noqa: S108
PLACES = ("/var/", "/etc/", "/dev/", "/run/", "/opt/", "/usr/", "/srv/", "/mnt/", "/tmp/")  # noqa: S108  # on a machine


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose_of(name: str) -> str:
    return _FENCE.sub("", text_of(name))


def anchors_of(document: Path) -> set[str]:
    """The anchors of a document's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.M))


@pytest.mark.parametrize("name", NAMES)
def test_every_relative_link_leads_somewhere(name: str) -> None:
    document, broken = ROOT / name, []
    for link in _LINK.findall(prose_of(name)):
        address, _, anchor = unquote(link).partition("#")
        if "://" in address:
            continue
        target = (document.parent / address).resolve() if address else document
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("name", NAMES)
def test_every_file_that_is_named_exists(name: str) -> None:
    named = {path for path in _PATH.findall(prose_of(name)) if "." in Path(path).name or path.startswith("tests/")}
    near = (ROOT, (ROOT / name).parent, ROOT / "tests")
    gone = (path for path in named if not any((place / path).exists() for place in near))
    # A page of routes names them without the slash in front.
    assert sorted(path for path in gone if not _is_answered(f"/{path}")) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_make_target_and_command_exists(name: str) -> None:
    text = text_of(name)
    assert set(_MAKE.findall(" ".join(re.findall(r"`[^`]*`", text)))) <= make_targets()
    assert set(_MANAGE.findall(text)) <= set(get_commands())


def test_every_verb_of_the_local_runner_exists() -> None:
    verbs = {verb.strip("`") for name in NAMES for verb in _LOCAL.findall(text_of(name))}
    asked = subprocess.run(
        [sys.executable, "-m", "keno_platform.local", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert verbs
    assert sorted(verb for verb in verbs if not re.search(rf"\b{verb}\b", asked.stdout)) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_address_that_is_named_is_answered(name: str) -> None:
    named = {short or long for short, long in _ADDRESS.findall(prose_of(name))} - NOT_ADDRESSES
    named = {address for address in named if not address.startswith(PLACES)}
    assert sorted(address for address in named if not _is_answered(address)) == []


def _is_answered(address: str) -> bool:
    """Whether there is a view or a socket for it; documents leave out `/api/v1` once they have said so."""
    for one in ("0190a000-0000-7000-8000-000000000000", "1", "savanna"):
        path = re.sub(r"\{\w+\}", one, address)
        if _is_known(path) or _is_known(f"/api/v1{path}") or _is_socket(path):
            return True
    return False


def _is_socket(path: str) -> bool:
    return any(route.pattern.match(path.lstrip("/")) for route in sockets.routes)


def _is_known(path: str) -> bool:
    for one in (path, f"{path}/"):
        try:
            resolve(one)
        except Resolver404:
            continue
        return True
    return False


def test_the_settings_read_exactly_the_variables_of_the_catalogue() -> None:
    read = set(re.findall(r'ENVIRONMENT\["(\w+)"\]', text_of("keno_platform/settings.py")))
    unread = {"KENO_ACCEPTED_RISKS"}  # which only the reading itself looks at
    # Backups are made where no platform runs, by programs that read these by themselves.
    alone = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "keno_platform" / "recovery").glob("*.py"))
    unread |= set(re.findall(r"\bKENO_(?:BACKUP|POSTGRES)_\w+", alone))
    assert read | unread == set(BY_NAME)
    assert text_of("keno_platform/settings.py").count("os.environ") == 1


def test_the_page_of_settings_is_the_one_that_the_catalogue_makes() -> None:
    assert text_of("docs/settings.md") == page(), "run `manage.py write_settings_page`"


@pytest.mark.parametrize("name", NAMES)
def test_no_variable_is_named_that_nobody_reads(name: str) -> None:
    sources = [*(ROOT / "keno_platform").rglob("*.py"), ROOT / "compose.yaml", ROOT / "Makefile"]
    texts = [path.read_text(encoding="utf-8") for path in sources]
    known = {found for text in texts for found in _VARIABLE.findall(text)}
    known |= {f"{variable.name}_FILE" for variable in VARIABLES if variable.secret}
    assert set(_VARIABLE.findall(text_of(name))) <= known


def test_every_decision_is_listed() -> None:
    listed = set(_LINK.findall(text_of("docs/decisions/README.md")))
    assert listed == {path.name for path in (ROOT / "docs" / "decisions").glob("0*.md")}


def test_every_invariant_is_explained() -> None:
    from reports.invariants import ALL

    explained = text_of("docs/money.md")
    covered = set()
    for first, last in re.findall(r"\bI(\d+)(?: to I(\d+))?", explained):
        covered |= set(range(int(first), int(last or first) + 1))
    assert {int(re.match(r"I(\d+)", one.code)[1]) for one in ALL} <= covered  # type: ignore[index]


@pytest.mark.parametrize("picture", ["architecture.svg", "life-of-a-round.svg", "life-of-a-transaction.svg"])
def test_pictures_have_a_background_and_words_for_those_who_cannot_see_them(picture: str) -> None:
    drawing = text_of(f"docs/pictures/{picture}")
    assert 'role="img"' in drawing
    assert "<title" in drawing
    assert "<desc" in drawing
    assert 'fill="#fbfcfd"' in drawing


def test_every_test_that_is_named_exists() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = {test for name in NAMES for test in re.findall(r"`(test_\w+)`", text_of(name))}
    assert named
    assert sorted(test for test in named if f"def {test}(" not in sources) == []
