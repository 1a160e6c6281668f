"""The command line: every verb of `keno` and every command of `manage.py`, as they explain themselves."""

import argparse
from collections.abc import Callable

from docs.site.reference.markdown import block, prose, table
from docs.site.structure import PROJECT

COLUMNS = 100
DJANGOS = (
    *("help", "version", "verbosity", "settings", "pythonpath", "traceback"),
    *("no_color", "force_color", "skip_checks"),
)
"""Arguments that every command has."""


def verbs_page() -> str:
    """Every verb of `keno`."""
    from keno_platform.keno.verbs import VERBS

    rows = [(f"`keno {verb.name}`", prose(verb.does), "yes" if verb.knows_json else "") for verb in VERBS]
    own = "\n".join(
        f"## keno {verb.name}\n\n{block(_usage(f'keno {verb.name}', verb.add_arguments), 'text')}"
        for verb in VERBS
        if verb.add_arguments
    )
    head = (
        "# The command line\n\n`./keno` in the project's folder. Where no environment is given, the installation that"
    )
    head += " `keno up` has started on this machine is meant."
    return f"{head}\n\n{table(('verb', 'what it does', '`--json`'), rows)}\n{own}"


def _usage(name: str, add_arguments: Callable[[argparse.ArgumentParser], None]) -> str:
    parser = argparse.ArgumentParser(prog=name, formatter_class=_Wide)
    add_arguments(parser)
    return parser.format_help()


class _Wide(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=COLUMNS)


def commands_page() -> str:
    """Every command of manage.py that is the project's own."""
    from django.core.management import get_commands, load_command_class

    own = {name: str(app) for name, app in get_commands().items() if (PROJECT / str(app)).is_dir()}
    parts = []
    for name, app in sorted(own.items()):
        command = load_command_class(app, name)
        parser = command.create_parser("manage.py", name)
        shown = [one for one in parser._actions if not _is_djangos(one)]
        heads = ("argument", "meaning", "default")
        parts.append(f"## {name}\n\n{prose(command.help)}\n\n{table(heads, [_argument(one) for one in shown])}")
    return "# Commands\n\n`manage.py COMMAND`, with the platform's environment.\n\n" + "\n".join(parts)


def _is_djangos(action: argparse.Action) -> bool:
    return action.dest in DJANGOS


def _argument(action: argparse.Action) -> tuple[str, str, str]:
    names = ", ".join(f"`{one}`" for one in action.option_strings) or f"`{action.metavar or action.dest}`"
    default = "" if action.default in (None, False, argparse.SUPPRESS, [], ()) else f"`{action.default}`"
    shown = "" if str(PROJECT) in default else default
    return names, prose(action.help or ""), shown
