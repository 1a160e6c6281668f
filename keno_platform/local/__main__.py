"""`python -m keno_platform.local`: run the platform on this machine, look at it, borrow its servers."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil

from keno_platform.local import children, codes, leftovers, postgres, programs, testing
from keno_platform.local.home import Home, HomeInUse
from keno_platform.local.run import StepFailed, run
from keno_platform.local.supervision import Supervisor


def main() -> int:
    arguments = _parse()
    home = Home(arguments.home.resolve())
    try:
        match arguments.what:
            case "run":
                run(home, port=arguments.port)
            case "status":
                return _show_status(home)
            case "logs":
                _follow_logs(home, arguments.program)
            case "code":
                print(codes.describe(home))
            case "reset":
                _reset(home)
            case "manage":
                return _manage(home, arguments.command)
            case "with-servers":
                return _run_with_servers(arguments.command)
    except (StepFailed, HomeInUse, children.ServerFailed, LookupError, PermissionError) as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m keno_platform.local", description=__doc__)
    parser.add_argument("--home", type=Path, default=programs.PROJECT / ".keno", help="data, logs and secrets")
    what = parser.add_subparsers(dest="what", required=True)
    run_parser = what.add_parser("run", help="start everything, show finished rounds, stop everything at Ctrl-C")
    run_parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000), help="of the web (PORT)")
    what.add_parser("status", help="what runs")
    logs_parser = what.add_parser("logs", help="follow the logs")
    logs_parser.add_argument("program", nargs="?", help="one program instead of all")
    what.add_parser("code", help="the code that the log-in of the demo's member of staff asks for")
    what.add_parser("reset", help="stop a killed run's processes and remove all data")
    manage_parser = what.add_parser("manage", help="run a manage.py command on what runs here")
    manage_parser.add_argument("command", nargs=argparse.REMAINDER)
    servers_parser = what.add_parser("with-servers", help="run a command with temporary servers of its own")
    servers_parser.add_argument("command", nargs="+")
    return parser.parse_args()


def _show_status(home: Home) -> int:
    try:
        processes = Supervisor(home.find_supervisor_socket()).list_processes()
    except OSError:
        print("Nothing runs here. Start it with `make run`.")
        return 1
    for process in processes:
        print(f"{process.name:<12} {process.state:<10} {process.description}")
    return 0


def _manage(home: Home, command: list[str]) -> int:
    """A command of manage.py with the environment of the one process that has all addresses and secrets."""
    try:
        processes = Supervisor(home.find_supervisor_socket()).list_processes()
    except OSError:
        print("Nothing runs here. Start it with `make run`.", file=sys.stderr)
        return 1
    anchors = next(process.pid for process in processes if process.name == "anchors")
    environment = psutil.Process(anchors).environ() | {"KENO_PROCESS": "manage", "KENO_DB_POOL_SIZE": "0"}
    return subprocess.run(programs.manage(*command), env=environment, check=False).returncode


def _follow_logs(home: Home, program: str | None) -> None:
    logs = [home.log(program)] if program else sorted(home.logs.glob("*.log"))
    missing = [log for log in logs if not log.exists()]
    if missing or not logs:
        raise LookupError(f"No log {missing[0].stem if missing else ''} in {home.logs}.")
    command = ["tail", "-n", "50", "-F", *map(str, logs)]
    os.execvp(command[0], command)  # noqa: S606  # no shell is wanted


def _reset(home: Home) -> None:
    if not home.path.exists():
        return
    with home.held():
        leftovers.require_none_alive(home)
        leftovers.stop(home)
        postgres.remove(home.postgres)
    shutil.rmtree(home.path)


def _run_with_servers(command: list[str]) -> int:
    servers = testing.start_session_servers()
    try:
        return subprocess.run(command, env={**os.environ, **servers.environment}, check=False).returncode
    finally:
        servers.stop()


if __name__ == "__main__":
    sys.exit(main())
