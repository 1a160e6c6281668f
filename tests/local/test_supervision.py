"""supervisord over small programs: what ends is started again, and nothing is left at the end."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from keno_platform.local import children, postgres, supervision, valkey
from keno_platform.local.home import SOCKET_PATH_BYTES_MAX, Home
from keno_platform.local.programs import describe_platform, describe_postgres, describe_valkey
from keno_platform.local.sizes import choose
from keno_platform.local.supervision import Group, Program, Supervisor

SLEEP = "import time; time.sleep(600)"
GREET = f"print('started', flush=True); {SLEEP}"
ENVIRONMENT = dict(os.environ)


def _python(name: str, code: str, home: Home, **environment: str) -> Program:
    command = [sys.executable, "-c", code]
    return Program(name=name, group=Group.PROGRAMS, command=command, directory=home.path, environment=environment)


def _pid(supervisor: Supervisor, name: str) -> int:
    return next((each.pid for each in supervisor.list_processes() if each.name == name), 0)


def _count_greetings(home: Home, name: str) -> int:
    log = home.log(name)
    return log.read_text().count("started") if log.exists() else 0


def _wait(condition: Callable[[], bool], what: str, *, patience_s: float = 10) -> None:
    children.wait_until(condition, what=what, alive=lambda: True, log=None, patience_s=patience_s)


def test_a_killed_program_is_started_again_within_five_seconds(home: Home) -> None:
    with supervision.running(home, [_python("sleeper", GREET, home)], environment=ENVIRONMENT) as supervisor:
        supervisor.start_group(Group.PROGRAMS)
        _wait(lambda: _count_greetings(home, "sleeper") == 1, "the program")
        os.kill(_pid(supervisor, "sleeper"), signal.SIGKILL)
        _wait(lambda: _count_greetings(home, "sleeper") == 2, "the program again", patience_s=5)


def test_a_program_that_fails_at_once_is_never_given_up(home: Home) -> None:
    count = home.path / "count"
    failing = f"open({str(count)!r}, 'a').write('.'); raise SystemExit(1)"
    with supervision.running(home, [_python("failing", failing, home)], environment=ENVIRONMENT) as supervisor:
        supervisor.start_group(Group.PROGRAMS)
        # supervisord's own rule would give up after three retries, at one, two and three seconds.
        _wait(lambda: count.exists() and len(count.read_text()) >= 5, "the fifth start", patience_s=20)
        assert {each.state for each in supervisor.list_processes()} <= {"STARTING", "RUNNING", "EXITED"}


def test_one_program_is_stopped_and_started_by_its_name_and_the_other_goes_on(home: Home) -> None:
    both = [_python("one", GREET, home), _python("other", GREET, home)]
    with supervision.running(home, both, environment=ENVIRONMENT) as supervisor:
        supervisor.start_group(Group.PROGRAMS)
        _wait(lambda: _count_greetings(home, "one") == _count_greetings(home, "other") == 1, "both programs")
        before = _pid(supervisor, "other")
        supervisor.stop("one")
        supervisor.stop("one")  # harmless
        assert _pid(supervisor, "one") == 0
        supervisor.start("one")
        _wait(lambda: _count_greetings(home, "one") == 2, "the program again")
        running = _pid(supervisor, "one")
        supervisor.start("one")  # likewise
        assert _pid(supervisor, "one") == running
        assert _pid(supervisor, "other") == before
        with pytest.raises(LookupError):
            supervisor.start("nobody")


def test_programs_wait_to_be_told_and_servers_do_not(home: Home) -> None:
    broker = valkey.prepare(home=home.valkey, port=home.choose_port("valkey"))
    programs = [describe_valkey(broker), _python("program", SLEEP, home)]
    with supervision.running(home, programs, environment=ENVIRONMENT) as supervisor:
        _wait(lambda: valkey.answers(broker), "Valkey")
        assert _pid(supervisor, "program") == 0


def test_servers_stop_after_the_programs_and_no_process_is_left(home: Home) -> None:
    database = postgres.prepare(home=home.postgres, port=home.choose_port("postgres"), durable=False)
    programs = [_python("program", GREET, home), describe_postgres(database)]
    with supervision.running(home, programs, environment=ENVIRONMENT) as supervisor:
        _wait(lambda: postgres.answers(database), "PostgreSQL")
        supervisor.start_group(Group.PROGRAMS)
        _wait(lambda: _count_greetings(home, "program") == 1, "the program")
        assert supervisor.process is not None
        started = psutil.Process(supervisor.process.pid).children(recursive=True)
    assert not any(each.is_running() for each in started)
    stopped = [line for line in home.log("supervisord").read_text().splitlines() if "stopped: " in line]
    assert [line.split("stopped: ")[1].split()[0] for line in stopped] == ["program", "postgres"]
    assert "database system is shut down" in home.log("postgres").read_text()


@pytest.mark.parametrize("secret", ["plain", "100%(ENV_HOME)s", "a'b\"c, d;e $HOME"])
def test_secrets_reach_programs_unchanged_and_never_the_file(home: Home, secret: str) -> None:
    seen = home.path / "seen"
    code = f"import os; open({str(seen)!r}, 'w').write(os.environ['SECRET']); {SLEEP}"
    environment = {**ENVIRONMENT, "SECRET": secret}
    with supervision.running(home, [_python("reader", code, home)], environment=environment) as supervisor:
        supervisor.start_group(Group.PROGRAMS)
        _wait(lambda: seen.exists() and seen.read_text() == secret, "the secret")
    assert secret not in home.supervisor_config.read_text()


def test_the_seal_key_is_out_of_the_servers_reach(home: Home) -> None:
    database = postgres.prepare(home=home.postgres, port=home.choose_port("postgres"), durable=False)
    environment = {**ENVIRONMENT, "KENO_SEAL_KEY": "00" * 32}
    with supervision.running(home, [describe_postgres(database)], environment=environment) as supervisor:
        _wait(lambda: postgres.answers(database), "PostgreSQL")
        assert psutil.Process(_pid(supervisor, "postgres")).environ()["KENO_SEAL_KEY"] == ""


def test_a_path_with_spaces_and_percent_signs_works(directory: Path) -> None:
    home = Home(directory / "a home at 100%")
    home.make()
    code = f"print({str(home.path)!r}, flush=True); {SLEEP}"
    with supervision.running(home, [_python("printer", code, home)], environment=ENVIRONMENT) as supervisor:
        supervisor.start_group(Group.PROGRAMS)
        log = home.log("printer")
        _wait(lambda: log.exists() and str(home.path) in log.read_text(), "the program's log")


def test_a_path_too_long_for_a_socket_works(directory: Path) -> None:
    home = Home(directory / ("long" * 30))
    home.make()
    assert len(str(home.find_supervisor_socket())) <= SOCKET_PATH_BYTES_MAX
    with supervision.running(home, [_python("sleeper", SLEEP, home)], environment=ENVIRONMENT) as supervisor:
        assert supervisor.answers()


def test_every_process_of_the_platform_is_kept_alive_for_ever(home: Home) -> None:
    text = supervision.render_config(
        home, describe_platform(home, port=8000, sizes=choose({}, cores=2)), socket=home.path / "s"
    )
    programs = text.count("[program:")
    assert programs == 12
    assert text.count("autorestart = true") == text.count("startsecs = 0") == programs
