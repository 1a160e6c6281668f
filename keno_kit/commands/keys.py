"""`python -m keno_kit keys DIRECTORY`: a key pair for trying things out."""

import argparse
from pathlib import Path
from typing import Any

from keno_kit.keys import DEFAULT_KEY_ID, make_pair


def add_to(commands: Any) -> None:
    one = commands.add_parser("keys", help="make a key pair to try things out with", description=__doc__)
    one.add_argument("directory", type=Path)
    one.add_argument("--key-id", default=DEFAULT_KEY_ID)
    one.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    private, public = make_pair(chosen.directory, key_id=chosen.key_id)
    print(f"{private}  signs: python -m keno_kit conformance --key {private} ...")
    print(f"{public}  checks: give it to the wallet; python -m keno_kit wallet --keys {public}")
    return 0
