"""The audit of dependencies says so when it could not look, and the list of what we are made of is whole and valid."""

import gzip
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from keno_platform.local import ports
from ops.supply import audit, locks, sbom
from ops.supply.locks import DEPLOYED, NPM, PYTHON, packages_of
from tests.docs.snippets import ROOT

LOCK = "small.lock"
HASH = "--hash=sha256:" + "ab" * 32
Answer = Callable[[str, Any], tuple[int, Any]]


@contextmanager
def service(answer: Answer) -> Iterator[str]:
    """A service for advisories, as OSV and npm have it: POST a question, get JSON."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                raw = gzip.decompress(raw)
            status, told = answer(self.path, json.loads(raw))
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            """What a registry says of a package: npm reads it to say which version mends a fault."""
            name = self.path.strip("/")
            told = {one: {"name": name, "version": one, "dist": {"tarball": "x"}} for one in ("4.17.0", "4.17.21")}
            body = json.dumps({"name": name, "dist-tags": {"latest": "4.17.21"}, "versions": told}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", ports.find_free()), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two small locks: one of Python, one of npm."""
    (tmp_path / LOCK).write_text(f"jinja2==2.4.1 \\\n    {HASH}\nflask==3.1.0 \\\n    {HASH}\n")
    (tmp_path / "page").mkdir()
    packages = {
        "": {"name": "page", "version": "1.0.0", "dependencies": {"lodash": "4.17.0"}},
        "node_modules/lodash": {
            "version": "4.17.0",
            "resolved": "https://registry.npmjs.org/lodash/-/lodash-4.17.0.tgz",
            "integrity": "sha512-" + "A" * 86 + "==",
        },
    }
    told = {"name": "page", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}
    (tmp_path / "page" / "package-lock.json").write_text(json.dumps(told))
    (tmp_path / "page" / "package.json").write_text(
        json.dumps({"name": "page", "version": "1.0.0", "dependencies": {"lodash": "4.17.0"}})
    )
    return tmp_path


def osv(path: str, asked: Any) -> tuple[int, Any]:
    if asked["package"]["name"] != "jinja2":
        return 200, {}
    affected = {
        "package": {"name": "jinja2", "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.8.1"}]}],
    }
    fault = {"id": "PYSEC-2019-217", "summary": "s", "details": "d", "aliases": [], "affected": [affected]}
    return 200, {"vulns": [fault]}


def npm(path: str, asked: Any) -> tuple[int, Any]:
    advisory = {
        "id": 1065,
        "url": "https://github.com/advisories/GHSA-jf85-cpcp-j695",
        "title": "Prototype pollution",
        "severity": "critical",
        "vulnerable_versions": "<4.17.12",
        "cwe": ["CWE-1321"],
        "cvss": {"score": 9.1, "vectorString": ""},
    }
    return (200, {"lodash": [advisory]}) if path.endswith("/advisories/bulk") else (404, {})


class TestTheAudit:
    def test_what_is_known_of_a_python_package_is_found(self, root: Path) -> None:
        with service(osv) as at:
            [found] = audit.audit(LOCK, osv=f"{at}/v1/query", registry=None, root=root).advisories
        assert (found.package, found.name, found.mended_in) == ("jinja2 2.4.1", "PYSEC-2019-217", "2.8.1")

    def test_what_is_known_of_an_npm_package_is_found(self, root: Path) -> None:
        with service(npm) as at:
            result = audit.audit("page/package-lock.json", osv=None, registry=at, root=root)
        assert result.why_not == ""
        assert [one.name for one in result.advisories] == ["https://github.com/advisories/GHSA-jf85-cpcp-j695"]

    @pytest.mark.parametrize("lock", [LOCK, "page/package-lock.json"])
    def test_without_anything_known_it_says_how_much_it_has_looked_up(
        self, root: Path, lock: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with service(lambda path, asked: (200, {})) as at:
            result = audit.audit(lock, osv=f"{at}/v1/query", registry=at, root=root)
        assert audit.report([result], accepted=set()) == 0
        assert f"{result.looked_up} packages, 0 known faults" in capsys.readouterr().out
        assert result.looked_up > 0

    @pytest.mark.parametrize("lock", [LOCK, "page/package-lock.json"])
    @pytest.mark.parametrize("status", [405, 500, None])
    def test_it_fails_where_it_could_not_look(
        self, root: Path, lock: str, status: int | None, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with service(lambda path, asked: (status or 200, {"error": "no"})) as answering:
            at = answering if status else "http://127.0.0.1:1"
            result = audit.audit(lock, osv=f"{at}/v1/query", registry=at, root=root)
        assert result.why_not
        assert audit.report([result], accepted=set()) == 2
        assert "COULD NOT LOOK" in capsys.readouterr().out

    def test_a_fault_is_accepted_for_a_reason_and_for_a_while(self, root: Path, tmp_path: Path) -> None:
        file = tmp_path / "accepted.json"
        file.write_text(json.dumps([{"advisory": "PYSEC-2019-217", "reason": "not reached", "until": "2026-12-01"}]))
        with service(osv) as at:
            result = audit.audit(LOCK, osv=f"{at}/v1/query", registry=None, root=root)
        assert audit.report([result], accepted=set()) == 1
        assert audit.report([result], accepted=audit.accepted_on(date(2026, 12, 1), file=file)) == 0
        assert audit.report([result], accepted=audit.accepted_on(date(2026, 12, 2), file=file)) == 1

    def test_a_lock_without_hashes_or_packages_is_no_lock(self, tmp_path: Path) -> None:
        for text in ("", "jinja2==2.4.1\n"):
            (tmp_path / LOCK).write_text(text)
            result = audit.audit(LOCK, osv=None, registry=None, root=tmp_path)
            assert "without a hash" in result.why_not

    def test_every_lock_of_the_project_is_looked_at(self) -> None:
        known = {Path(one) for one in (*PYTHON, *NPM)}
        found = {path.relative_to(ROOT) for path in (Path(ROOT) / "requirements").glob("*.lock")}
        found |= {path.relative_to(ROOT) for path in Path(ROOT).glob("*/package-lock.json")}
        found |= {path.relative_to(ROOT) for path in Path(ROOT).glob("*/*/package-lock.json")}
        assert found - known == set()

    def test_what_is_accepted_at_present_has_a_reason_and_an_end(self) -> None:
        for one in json.loads(audit.ACCEPTED.read_text()):
            assert one["reason"]
            assert date.fromisoformat(one["until"])


class TestTheList:
    @pytest.mark.parametrize("lock", DEPLOYED)
    def test_it_has_every_package_of_a_lock_and_fits_the_standard(self, lock: str) -> None:
        written = json.loads(sbom.bom_of(lock, version="1.2.3"))
        assert (written["bomFormat"], written["specVersion"]) == ("CycloneDX", "1.6")
        listed = {one["purl"].removeprefix("pkg:").partition("/")[2] for one in written["components"]}
        assert {f"{one.name.replace('@', '%40')}@{one.version}" for one in packages_of(lock)} == listed
        assert written["metadata"]["component"]["version"] == "1.2.3"

    def test_npm_packages_bring_the_hash_that_the_lock_demands(self) -> None:
        written = json.loads(sbom.bom_of("play/client/package-lock.json", version="1"))
        assert all(one["hashes"][0]["alg"] in ("SHA-512", "SHA-1") for one in written["components"])

    def test_the_command_writes_a_file_for_each(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert sbom.main(str(tmp_path)) == 0
        assert len(list(tmp_path.glob("*.cdx.json"))) == len(DEPLOYED)
        assert "packages" in capsys.readouterr().out

    def test_python_is_read_as_pip_reads_it(self) -> None:
        text = (locks.ROOT / "requirements" / "run.lock").read_text()
        pinned = [line for line in text.splitlines() if line[:1].isalnum() and "==" in line]
        assert len(packages_of("requirements/run.lock")) == len(pinned)
