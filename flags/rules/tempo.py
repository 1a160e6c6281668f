"""Impossible tempo: more slips in a few seconds than hands can place."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bets import patterns
from configuration.selectors import value
from flags.configured import TEMPO_SECONDS, TEMPO_SLIPS
from flags.findings import Finding, New
from flags.models import RuleCode
from keno_platform.core.clock import to_text

PLAYERS_MAX = 200
"""That are told of in one look, those with the most slips first."""


def find_tempo(new: New) -> Sequence[Finding]:
    """
    Players with as many slips within as few seconds as is configured: five a second for ten seconds, by default. Who
    plays several rounds at once has one slip for all of them.
    """
    slips, seconds = value(TEMPO_SLIPS), value(TEMPO_SECONDS)
    within = timedelta(seconds=seconds)
    found = patterns.bursts(after=new.bets_after, before=new.bets_before, slips=slips, within=within, limit=PLAYERS_MAX)
    return [_finding(one, slips=slips, seconds=seconds) for one in found]


def _finding(one: patterns.Burst, *, slips: int, seconds: int) -> Finding:
    return Finding(
        rule=RuleCode.TEMPO,
        subject=f"player:{one.player_id}",
        player_id=one.player_id,
        evidence={
            "slips": slips - 1 + one.times,
            "from": to_text(one.since),
            "to": to_text(one.until),
            "seconds": _seconds(one.since, one.until),
            "rule": f"{slips} slips within {seconds} seconds",
        },
    )


def _seconds(since: datetime, until: datetime) -> str:
    return f"{(until - since).total_seconds():.3f}"
