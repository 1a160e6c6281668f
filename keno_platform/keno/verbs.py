"""Every verb of `keno`: what it does, and who does it."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keno_platform.keno import doctor, surroundings
from keno_platform.keno.output import Output
from keno_platform.keno.surroundings import PROJECT

AddArguments = Callable[[argparse.ArgumentParser], None]
Main = Callable[[argparse.Namespace, Output], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """
    One word behind `keno`. Either `main` does it here, or `command` is what is run with the rest of the line: a program
    of this project, with JSON where it knows `--json`.
    """

    name: str
    does: str
    add_arguments: AddArguments | None = None
    main: Main | None = None
    command: Sequence[str] = ()
    knows_json: bool = False
    needs_platform: bool = True


def _python(module: str, *arguments: str) -> Sequence[str]:
    return (sys.executable, "-m", module, *arguments)


def _manage(name: str) -> Sequence[str]:
    return (sys.executable, str(PROJECT / "manage.py"), name)


def _with_django(module: str, attribute: str) -> Main:
    """What is imported only when it is asked for, with the platform set up."""

    def main(options: argparse.Namespace, output: Output) -> int:
        import importlib

        import django
        from django.core.exceptions import ImproperlyConfigured

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keno_platform.settings")
        try:
            django.setup()
        except ImproperlyConfigured as error:
            output.warn(f"{error}\nOr start an installation on this machine: ./keno up")
            return 2
        done: Main = getattr(importlib.import_module(module), attribute)
        return done(options, output)

    return main


def _when_asked(module: str, attribute: str) -> Main:
    """What is imported only when it is asked for, and needs no platform."""

    def main(options: argparse.Namespace, output: Output) -> int:
        import importlib

        done: Main = getattr(importlib.import_module(module), attribute)
        return done(options, output)

    return main


def _of_programs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("programs", nargs="+", help="as `keno status` lists them")


def _of_sql(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("statement", help="one statement; the session is read only")


def _of_queues(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--empty", metavar="QUEUE", help="drop its messages: wake-ups, found again in the rows")


def _of_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", help="the id of the key, or its first nine characters")
    parser.add_argument("--overlap", type=int, default=3600, metavar="SECONDS", help="the old one stays valid so long")


def _of_game(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True)
    what.add_parser("list", help="every game, and the round that it is at")
    made = what.add_parser("create", help="a new game; its first rounds are committed at once")
    made.add_argument("code", help="small letters, digits and hyphens")
    made.add_argument("name")
    made.add_argument("--interval", type=int, default=10, metavar="SECONDS", help="from round to round")
    made.add_argument("--betting", type=int, default=7, metavar="SECONDS", help="how long bets are taken")
    made.add_argument("--network", default="local", help="beacon: local, quicknet")
    for one in what.choices.values():  # so that it may stand at the end of the line too
        one.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _of_chaos(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("programs", nargs="*", help="which to kill; without any, each in turn")
    parser.add_argument("--within", type=int, default=60, metavar="SECONDS", help="by when all must be well again")


VERBS: tuple[Verb, ...] = (
    Verb(
        name="up",
        does="start everything on this machine, with a demo; Ctrl-C stops it",
        command=_python("keno_platform.local", "run"),
        needs_platform=False,
    ),
    Verb(
        name="status",
        does="what `keno up` has started",
        command=_python("keno_platform.local", "status"),
        needs_platform=False,
    ),
    Verb(name="logs", does="follow its logs", command=_python("keno_platform.local", "logs"), needs_platform=False),
    *(
        Verb(
            name=name,
            does=does,
            add_arguments=_of_programs,
            main=_when_asked("keno_platform.keno.processes", name),
            knows_json=True,
            needs_platform=False,
        )
        for name, does in (
            ("start", "start processes of the local installation that do not run"),
            ("stop", "stop some of them; they stay away until they are started"),
            ("restart", "stop and start some of them, one after the other"),
        )
    ),
    Verb(
        name="sql",
        does="ask the database one question, and change nothing",
        add_arguments=_of_sql,
        main=_with_django("keno_platform.keno.asking", "sql"),
        knows_json=True,
    ),
    Verb(
        name="queues",
        does="how many messages wait in each queue; empty one",
        add_arguments=_of_queues,
        main=_with_django("keno_platform.keno.asking", "queues"),
        knows_json=True,
    ),
    Verb(
        name="doctor",
        does="look at everything; each fault with the line that mends it",
        add_arguments=doctor.add_arguments,
        main=doctor.main,
        knows_json=True,
    ),
    Verb(
        name="operators",
        does="every operator: status, wallet, domain",
        main=_with_django("keno_platform.keno.tables", "operators"),
        knows_json=True,
    ),
    Verb(name="create-operator", does="a new operator, and its first key", command=_manage("create_operator")),
    Verb(
        name="rotate-key",
        does="a successor for an operator's API key",
        add_arguments=_of_key,
        main=_with_django("keno_platform.keno.tables", "rotate_key"),
        knows_json=True,
    ),
    Verb(
        name="game",
        does="list games, or make one",
        add_arguments=_of_game,
        main=_with_django("keno_platform.keno.tables", "game"),
        knows_json=True,
    ),
    Verb(name="void-round", does="void a round that is not drawn; stakes go back", command=_manage("void_round")),
    Verb(
        name="check", does="every invariant, with its violations", command=_manage("check_invariants"), knows_json=True
    ),
    Verb(name="verify", does="the audit record against its seals", command=_manage("verify_audit")),
    Verb(name="reconcile", does="our books beside an operator's", command=_manage("reconcile")),
    Verb(name="migrate", does="tables of public and of every operator", command=_manage("upgrade")),
    Verb(name="backup", does="a verified copy of the database", command=_python("keno_platform.recovery", "backup")),
    Verb(
        name="restore",
        does="a backup into an empty directory, with the betting closed in it",
        command=_python("keno_platform.recovery", "restore"),
        needs_platform=False,
    ),
    Verb(name="reopen", does="after a restore, take an operator's bets again", command=_manage("reopen")),
    Verb(name="ahead", does="epochs and partitions that must stand by now", command=_manage("prepare_ahead")),
    Verb(
        name="chain",
        does="what is on its way to the chain, and alarms",
        command=_manage("chain_status"),
        knows_json=True,
    ),
    Verb(name="metrics", does="serve metrics on a port of their own", command=_manage("serve_metrics")),
    Verb(
        name="chaos",
        does="kill parts of the local installation, and see it come back",
        add_arguments=_of_chaos,
        main=_with_django("keno_platform.keno.chaos", "main"),
        knows_json=True,
    ),
    Verb(name="bench", does="measure, with servers of its own", command=_python("bench"), needs_platform=False),
    Verb(
        name="manage",
        does="any other command of manage.py",
        command=(sys.executable, str(PROJECT / "manage.py")),
    ),
)


def run(verb: Verb, options: argparse.Namespace, rest: Sequence[str], output: Output) -> int:
    """Do it; the exit code."""
    if verb.needs_platform:
        surroundings.take_up(output)
    if verb.main is not None:
        return verb.main(options, output)
    told = ["--json"] if output.as_json and verb.knows_json else []
    line = [*verb.command, *rest, *told]
    return subprocess.run(line, cwd=PROJECT, check=False).returncode  # noqa: S603  # a program of ours, without a shell
