"""`python -m fairness bets`: checking that these are all bets of a player in a time, and that none is missing."""

import argparse
import os
import time

from fairness.checks import Knowledge
from fairness.checks.times import text_of_ms
from fairness.cli import inputs
from fairness.cli.report import Text, as_json, verdict_of
from fairness.errors import FairnessError, InputInvalid, SourceUnreadable
from fairness.fetching import origin_of
from fairness.messages import BetLeaf
from fairness.period import Found, verify_period

BYTES_MAX = 1 << 33
WITHIN_S = 3600.0
PASSED, FAILED = 0, 1


def verify_bets(chosen: argparse.Namespace) -> int:
    """
    One run over a document. Returns 0 when it proves itself, else 1.

    :raises SourceUnreadable: something could not be read.
    """
    address = inputs.is_address(chosen.source)
    token = os.environ.get(inputs.TOKEN_VARIABLE, "") if address else ""
    data = inputs.read_place(chosen.source, limit=BYTES_MAX, within_s=WITHIN_S, token=token)
    known = _known(chosen, origin_of(chosen.source) if address else None)
    found: Found | None = None
    failure: FairnessError | None = None
    try:
        found = verify_period(data.splitlines(), known)
    except (SourceUnreadable, InputInvalid):
        raise
    except FairnessError as caught:
        failure = caught
    _tell(chosen, found, failure)
    return FAILED if failure else PASSED


def _known(chosen: argparse.Namespace, origin: str | None) -> Knowledge:
    trusted = inputs.keys_of(chosen.key) if chosen.key else inputs.published_keys(origin)
    return Knowledge(
        now_ms=time.time_ns() // 1_000_000,
        keys=trusted.keys if trusted else None,
        allow_signed_only=chosen.allow_signed_only,
        without_bls=chosen.without_bls,
    )


def _tell(chosen: argparse.Namespace, found: Found | None, failure: FairnessError | None) -> None:
    if chosen.json:
        print(as_json((_facts(found) if found else {}) | verdict_of(failure)))
        return
    text = Text()
    if failure is not None or found is None:
        text.failure(failure or FairnessError())
        return
    head = found.head
    text.note(f"player {head.player_token} of operator {head.operator_id}")
    text.note(f"from {text_of_ms(head.from_ms)} to before {text_of_ms(head.to_ms)}\n")
    for leaf in found.bets:
        text.note(_line(leaf))
    text.note(
        f"\n{len(found.bets):,} bets in {found.rounds:,} rounds of {found.games} games. No round of that time is left"
        f" out, and every leaf of each is here: {len(found.bets) + found.others:,} opened, {found.closed:,} closed."
    )
    if found.ended:
        text.note(f"That {found.ended} games had no later round is the house's word.")
    if found.closed:
        text.note("That the closed ones are other operators' is the house's word: opened for the provider, none is.")


def _line(leaf: BetLeaf) -> str:
    numbers = " ".join(f"{number:02d}" for number in leaf.picks)
    stake = f"{leaf.stake_minor} minor units of {leaf.currency}"
    return f"{text_of_ms(leaf.accepted_ms)}  {leaf.bet_id}  round {leaf.round_number}  {stake}  on {numbers}"


def _facts(found: Found) -> dict[str, object]:
    return {
        "bets": [str(leaf.bet_id) for leaf in found.bets],
        "rounds": found.rounds,
        "games": found.games,
        "opened": len(found.bets) + found.others,
        "closed": found.closed,
    }
