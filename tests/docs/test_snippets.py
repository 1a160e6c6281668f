"""What the documents say one can type really works, on a live server."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from docs.site.structure import pages as site_pages
from tests.docs.commands import faults_of_line
from tests.docs.conftest import Installation
from tests.docs.snippets import DOCUMENTS, ROOT, Run, command_lines, faults_in_running, run, snippets_of, unmarked

PAGES = sorted({*DOCUMENTS, *(ROOT / page for page in site_pages())})
RUNNABLE = [document for document in DOCUMENTS if snippets_of(document)]
GUIDE = ROOT / "docs" / "integration.md"
FIRST_ANSWER_S, FIRST_SETTLED_BET_S = 180, 600
MUST_RUN = ("README.md", "docs/integration.md", "docs/fairness.md", "docs/operations.md")


def test_every_marked_snippet_works_as_written(installation: Installation) -> None:
    # One test for all documents: each worker that got one would start an installation of its own.
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda one: run(one, directory=_room(installation, one)), RUNNABLE))
    assert [fault for each in runs for fault in each.faults] == []
    _see_the_first_hour(runs[RUNNABLE.index(GUIDE)])

    # The addresses that the README says to open in a browser.
    for operator in installation.demo["operators"]:
        entered = _ask(installation, "/demo", host=operator["domain"])
        assert entered.status == 302
        assert "/?launch=" in entered.headers["Location"]
        assert _ask(installation, "/", host=operator["domain"]).status == 200
    assert _ask(installation, "/admin/", host="localhost").headers["Location"].startswith("/admin/login/")


def _see_the_first_hour(guide: Run) -> None:
    """Whoever follows the guide has the first answer within 3 minutes, and the first settled bet within 10."""
    snippets = snippets_of(GUIDE)
    settled = next(n for n, one in enumerate(snippets) if 'get "bets/$BET_ID"' in one.code)
    assert '"status":"revealed"' in snippets[settled].expects
    assert guide.began_s[1] < FIRST_ANSWER_S, "the first call"
    assert guide.began_s[settled + 1] < FIRST_SETTLED_BET_S, "the first settled bet"


def _room(installation: Installation, document: Path) -> Path:
    """A folder for each document, so that files that snippets write do not meet."""
    room = installation.directory.with_name(f"{installation.directory.name}-{document.stem}")
    room.mkdir(exist_ok=True)
    for name in (".keno", ".venv", "manage.py"):
        (room / name).symlink_to(installation.directory / name)
    return room


def _ask(installation: Installation, path: str, *, host: str) -> HTTPResponse:
    """The answer to a GET on this host name, redirects not followed."""
    connection = HTTPConnection("127.0.0.1", urlsplit(installation.base_url).port or 80, timeout=20)
    with closing(connection):
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
        return answer


@pytest.mark.parametrize("name", MUST_RUN)
def test_these_documents_have_snippets_that_run(name: str) -> None:
    assert snippets_of(ROOT / name)


def test_a_snippet_that_prints_something_else_is_found(tmp_path: Path) -> None:
    document = tmp_path / "wrong.md"
    document.write_text("<!-- run: hello -->\n```sh\necho good day\n```\n")
    [fault] = faults_in_running(document, directory=tmp_path)
    assert "wrong.md:1 should print 'hello'" in fault


def test_a_snippet_that_fails_is_found(tmp_path: Path) -> None:
    document = tmp_path / "wrong.md"
    document.write_text("<!-- run -->\n```sh\ntrue\n```\n\n<!-- run -->\n```python\nraise SystemExit(3)\n```\n")
    [fault] = faults_in_running(document, directory=tmp_path)
    assert "wrong.md:6 ended with 3" in fault


def test_a_mark_apart_from_its_block_is_an_error(tmp_path: Path) -> None:
    document = tmp_path / "apart.md"
    document.write_text("<!-- run -->\n\n```sh\ntrue\n```\n")
    with pytest.raises(ValueError, match="apart from its block"):
        snippets_of(document)


@pytest.mark.parametrize("document", PAGES, ids=lambda one: str(one.relative_to(ROOT)))
def test_every_block_of_commands_runs_or_says_why_not(document: Path) -> None:
    assert unmarked(document.read_text(encoding="utf-8")) == []


def test_a_block_of_commands_without_a_mark_is_found() -> None:
    assert unmarked("Text.\n\n```sh\nrm -rf /\n```\n") == ["rm -rf /"]
    assert unmarked("<!-- not run: because -->\n```sh\nls\n```\n") == ["ls"], "too short for a reason"
    assert unmarked("<!-- not run: it takes a day -->\n```sh\nls\n```\n") == []


@pytest.mark.parametrize("document", PAGES, ids=lambda one: str(one.relative_to(ROOT)))
def test_every_command_line_is_one_that_its_program_understands(document: Path) -> None:
    """Those that do not run, too: a command that has gone, or an option, is found."""
    text = document.read_text(encoding="utf-8")
    faults = {line: fault for line in command_lines(text) if (fault := faults_of_line(line))}
    assert faults == {}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("manage.py void_round 4711", "the following arguments are required"),
        (".venv/bin/python manage.py check_invariants --round 5 --nonsense", "unrecognized arguments"),
        ("manage.py no_such_command", "no command"),
        ("./keno frobnicate", "invalid choice"),
        ("./keno game create", "the following arguments are required"),
        ("python -m keno_platform.local dance", "invalid choice"),
        ("make dinner", "no target"),
    ],
)
def test_a_line_that_nobody_understands_is_found(line: str, said: str) -> None:
    assert said in faults_of_line(line)
