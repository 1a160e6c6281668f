"""
`python -m keno_kit conformance`: try the rules of the wallet API against a wallet's address. Ends with 0 when all
hold, 1 when some do not, 2 when the run could not be made.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from keno_kit import keys, money
from keno_kit.conformance import page, report
from keno_kit.conformance.running import CannotRun, Run, Terms, run
from keno_kit.conformance.scenarios import SCENARIOS

PLAYER = "test-player"


def add_to(commands: Any) -> None:
    one = commands.add_parser("conformance", help="try the rules against a wallet", description=__doc__)
    one.add_argument("--wallet", required=True, metavar="URL", help="the address below which the four calls are")
    signed = one.add_mutually_exclusive_group(required=True)
    signed.add_argument("--key", type=Path, metavar="FILE", help="Ed25519 private key: key.json, PEM or base64")
    signed.add_argument("--hmac-secret", metavar="SECRET", help="the shared secret, in base64")
    one.add_argument("--key-id", help="what the wallet knows the key as")
    one.add_argument("--player", metavar="TOKEN", default=PLAYER, help=f"a test player with some money ({PLAYER})")
    one.add_argument("--currency", default="KES")
    one.add_argument("--amount", help="what scenarios move; 1 unit")
    one.add_argument("--deadline-s", type=float, default=2.0, help="for each answer")
    one.add_argument("--only", metavar="NAME", action="append", help="these scenarios only; repeatable")
    one.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
    one.add_argument("--html", type=Path, metavar="FILE", help="write the report as a page")
    one.set_defaults(run=try_wallet)


def try_wallet(chosen: argparse.Namespace) -> int:
    """Run, report, and say by the exit code how it ended."""
    terms = _terms(chosen)
    scenarios = [one for one in SCENARIOS if chosen.only is None or one.name in chosen.only]
    if chosen.only and (unknown := set(chosen.only) - {one.name for one in SCENARIOS}):
        raise ValueError(f"there is no scenario {', '.join(sorted(unknown))}")
    colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    terminal = report.Terminal(out=sys.stdout, total=len(scenarios), colours=colours)
    print(f"{len(scenarios)} scenarios against {terms.url} as {terms.player}, signed with {terms.form}.", flush=True)
    try:
        ended = asyncio.run(run(terms, scenarios=scenarios, told=terminal.tell))
    except CannotRun as error:
        print(error, file=sys.stderr)
        return 2
    terminal.finish(ended)
    _write(ended, chosen)
    return 0 if ended.passed else 1


def _terms(chosen: argparse.Namespace) -> Terms:
    if chosen.key is not None:
        signer: Any = keys.load_signer(chosen.key, key_id=chosen.key_id)
    else:
        signer = keys.hmac_signer(chosen.hmac_secret, key_id=chosen.key_id)
    exponent = money.exponent_of(chosen.currency)
    unit = 10**exponent if chosen.amount is None else money.parse(chosen.amount, currency=chosen.currency)
    if unit < 1:
        raise ValueError("--amount is more than zero")
    return Terms(
        url=chosen.wallet.rstrip("/"),
        signer=signer,
        player=chosen.player,
        currency=chosen.currency,
        unit=unit,
        deadline_s=chosen.deadline_s,
    )


def _write(ended: Run, chosen: argparse.Namespace) -> None:
    made = report.as_json(ended)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{chosen.json}  sha256 of the report: {made['sha256']}")
    if chosen.html is not None:
        chosen.html.write_text(page.as_html(made), encoding="utf-8")
        print(chosen.html)
