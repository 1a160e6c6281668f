"""What the documents say one can type really works, on a live server."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.conftest import Installation
from tests.docs.snippets import DOCUMENTS, ROOT, faults_in_running, snippets_of

RUNNABLE = [document for document in DOCUMENTS if snippets_of(document)]
MUST_RUN = ("README.md", "docs/integration.md", "docs/fairness.md", "docs/operations.md")


def test_every_marked_snippet_works_as_written(installation: Installation) -> None:
    # One test for all documents: each worker that got one would start an installation of its own.
    with ThreadPoolExecutor() as pool:
        faults = pool.map(lambda one: faults_in_running(one, directory=_room(installation, one)), RUNNABLE)
    assert [fault for document in faults for fault in document] == []

    # The addresses that the README says to open in a browser.
    for operator in installation.demo["operators"]:
        entered = _ask(installation, "/demo", host=operator["domain"])
        assert entered.status == 302
        assert "/?launch=" in entered.headers["Location"]
        assert _ask(installation, "/", host=operator["domain"]).status == 200
    assert _ask(installation, "/admin/", host="localhost").headers["Location"].startswith("/admin/login/")


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
