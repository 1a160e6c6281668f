"""`python -m keno_platform.keno`, and `./keno`: one command for an installation, from its start to its doctor."""

import argparse
import sys
from collections.abc import Sequence

from keno_platform.keno.output import Output
from keno_platform.keno.verbs import VERBS, Verb, run

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of the verb: 0 when all is well, 1 when it found something wrong, 2 for a wrong line."""
    parser, by_name = _parser()
    options, rest = parser.parse_known_args(arguments)
    verb = by_name[options.verb]
    if verb.main is not None and rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    output = Output(as_json=options.json)
    if options.json and not verb.knows_json:
        parser.error(f"`{verb.name}` has no --json")
    try:
        return run(verb, options, rest, output)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return 1


def _parser() -> tuple[argparse.ArgumentParser, dict[str, Verb]]:
    parser = argparse.ArgumentParser(
        prog="keno",
        description="One command for an installation of the Keno platform.",
        epilog="Without DATABASE_URL and the like in the environment, the local installation is meant.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in VERBS:
        # Whoever does it explains its own arguments.
        one = verbs.add_parser(
            verb.name, help=verb.does, description=verb.does, add_help=verb.main is not None, allow_abbrev=False
        )
        one.set_defaults(json=False)
        if verb.main is not None or verb.knows_json:
            one.add_argument("--json", action="store_true", help="one JSON document instead of lines")
        if verb.add_arguments:
            verb.add_arguments(one)
    return parser, {verb.name: verb for verb in VERBS}


if __name__ == "__main__":
    sys.exit(main())
