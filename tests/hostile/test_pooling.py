"""A pooler in transaction mode would mix operators: no process of the platform starts behind one."""

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from keno_platform.database import pooling as self_test
from keno_platform.local import children, ports
from tests.hostile.pooler import SESSION, TRANSACTION, pooling
from tests.support.database import parameters
from tests.support.web import BOUNDED, web_process

pytestmark = pytest.mark.usefixtures("committed")
WITHIN_S = 60


def behind(port: int) -> dict[str, Any]:
    return {**parameters(), "host": "127.0.0.1", "port": port}


def url_of(port: int) -> str:
    given = parameters()
    return f"postgresql://{given['user']}@127.0.0.1:{port}/{given['dbname']}"


def place() -> tuple[str, int]:
    given = parameters()
    return str(given["host"]), int(given["port"])


def test_a_direct_connection_and_a_pooler_in_session_mode_pass() -> None:
    self_test.require_sessions(parameters())
    with pooling(*place(), mode=SESSION) as pooler:
        self_test.require_sessions(behind(pooler.port))


@pytest.mark.parametrize("spare", [0, 1, 2, 3, 8])
@pytest.mark.parametrize("in_turn", [False, True])
def test_a_pooler_in_transaction_mode_is_found_however_many_connections_it_has(in_turn: bool, spare: int) -> None:
    with (
        pooling(*place(), mode=TRANSACTION, first_used_first=in_turn, spare=spare) as pooler,
        pytest.raises(self_test.TransactionPooling, match="session mode"),
    ):
        self_test.require_sessions(behind(pooler.port))


def test_what_it_is_refused_for_happens_behind_it() -> None:
    """The control: one connection reads in the schema that another has chosen."""
    with (
        pooling(*place(), mode=TRANSACTION) as pooler,
        psycopg.connect(**behind(pooler.port), autocommit=True) as one,
        psycopg.connect(**behind(pooler.port), autocommit=True) as other,
    ):
        one.execute("SELECT set_config('search_path', 'op_alpha', false)")
        other.execute("SELECT set_config('search_path', 'op_beta', false)")
        assert one.execute("SELECT current_schema()").fetchone() == ("op_beta",)


def test_a_place_is_tried_once_by_a_process_and_again_after_it_did_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_test, "_tried", set())
    with pytest.raises(psycopg.OperationalError):
        self_test.require_sessions_once({**parameters(), "port": ports.find_free()})
    assert self_test._tried == set()
    self_test.require_sessions_once(parameters())
    assert len(self_test._tried) == 1
    self_test.require_sessions_once({**parameters(), "user": "nobody-who-could-connect"})


WEB = ("uvicorn", "keno_platform.asgi:application", "--no-access-log", *BOUNDED)
WORKER = ("celery", "-A", "keno_platform", "worker", "-Q", "nothing-comes-here", "--pool", "solo", "--without-mingle")
BEAT = ("celery", "-A", "keno_platform", "beat", "-S", "celery.beat:Scheduler")


@pytest.mark.parametrize("command", [WEB, WORKER, BEAT], ids=["web", "worker", "beat"])
def test_no_process_starts_behind_one_and_each_says_why(command: tuple[str, ...], tmp_path: Path) -> None:
    with pooling(*place(), mode=TRANSACTION) as pooler:
        code, told = run([sys.executable, "-m", *command, *_own(command, tmp_path)], pooler.port)
    assert code != 0
    assert "a pooler in transaction or statement mode" in told


def _own(command: tuple[str, ...], directory: Path) -> list[str]:
    if command is WEB:
        return ["--port", str(ports.find_free())]
    return ["--schedule", str(directory / "beat")] if command is BEAT else []


def test_no_command_reads_anything_through_one() -> None:
    with pooling(*place(), mode=TRANSACTION) as pooler:
        code, told = run([sys.executable, "manage.py", "check_invariants"], pooler.port)
    assert code != 0
    assert "a pooler in transaction or statement mode" in told


def run(command: list[str], port: int) -> tuple[int, str]:
    """The exit code of a process with its database behind this port, and what it printed."""
    environment = os.environ | {"DATABASE_URL": url_of(port), "DJANGO_SETTINGS_MODULE": "keno_platform.settings"}
    ended = subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_the_web_starts_and_answers_behind_one_in_session_mode(tmp_path: Path) -> None:
    import httpx

    with (
        pooling(*place(), mode=SESSION) as pooler,
        web_process(tmp_path, DATABASE_URL=url_of(pooler.port)) as web,
    ):
        assert httpx.get(f"{web.address}/api/v1/anchors", timeout=20).status_code == 200


PGBOUNCER = os.environ.get("PGBOUNCER") or shutil.which("pgbouncer")


@pytest.mark.skipif(PGBOUNCER is None, reason="no pgbouncer here: apt install pgbouncer, or PGBOUNCER=/path/to/it")
@pytest.mark.parametrize("mode", ["session", "transaction", "statement"])
def test_the_real_pgbouncer_passes_in_session_mode_alone(mode: str, tmp_path: Path) -> None:
    with pgbouncer(mode, tmp_path) as port:
        if mode == "session":
            self_test.require_sessions(behind(port))
            return
        with pytest.raises((self_test.TransactionPooling, psycopg.Error)) as refused:
            self_test.require_sessions(behind(port))
        assert mode == "statement" or isinstance(refused.value, self_test.TransactionPooling)


@contextmanager
def pgbouncer(mode: str, directory: Path) -> Iterator[int]:
    """A running PgBouncer before the test's database."""
    port, (host, server), given = ports.find_free(), place(), parameters()
    (directory / "users").write_text(f'"{given["user"]}" ""\n')
    (directory / "pgbouncer.ini").write_text(
        textwrap.dedent(f"""
            [databases]
            * = host={host} port={server}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = trust
            auth_file = {directory}/users
            pool_mode = {mode}
            default_pool_size = 10
            ignore_startup_parameters = options
            """)
    )
    directory.chmod(0o755)
    (directory / "users").chmod(0o644)
    command = [str(PGBOUNCER), str(directory / "pgbouncer.ini")]
    if os.geteuid() == 0:
        command[1:1] = ["-u", "nobody"]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        children.wait_until(
            lambda: _answers(port),
            what="pgbouncer",
            alive=lambda: process.poll() is None,
            log=directory / "log",
            patience_s=20,
        )
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    try:
        with psycopg.connect(**behind(port), connect_timeout=2):
            return True
    except psycopg.Error:
        return False
