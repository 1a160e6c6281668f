"""The commands of `python -m keno_kit`."""

import argparse
import sys
from collections.abc import Sequence

from keno_kit import tables
from keno_kit.commands import conformance, keys, wallet


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m keno_kit", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    wallet.add_to(commands)
    conformance.add_to(commands)
    keys.add_to(commands)
    for name, text in tables.TEXTS.items():
        one = commands.add_parser(name, help=f"print the table of {name}", description=text.__doc__)
        one.set_defaults(run=lambda _, text=text: print(text()) or 0)
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except (OSError, ValueError) as error:
        print(f"python -m keno_kit: {error}", file=sys.stderr)
        return 2
