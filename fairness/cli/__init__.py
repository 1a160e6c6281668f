"""
The verifier on the command line. `python -m fairness verify --help` says what it takes, and `python -m fairness record`
checks the record of events, `python -m fairness bets` all bets of a player in a time.

It needs the folder `fairness` and Python alone; for beacons' signatures a library (`pyblst` or `py_ecc`).
"""

import argparse
import sys
from collections.abc import Sequence

from fairness.checks import Knowledge, Outcome, examine, open_case
from fairness.checks.day import anchors_of
from fairness.cli import arguments, inputs
from fairness.cli.day import DayReport, verify_day
from fairness.cli.inputs import Source
from fairness.cli.period import verify_bets
from fairness.cli.record import verify_record
from fairness.cli.report import Text, as_json, round_summary, verdict_of
from fairness.documents import RoundDocument
from fairness.errors import FairnessError, InputInvalid, SourceUnreadable

PASSED, FAILED, UNREADABLE = 0, 1, 2


def main(given: Sequence[str]) -> int:
    """One run. Returns 0 when all checks passed, 1 when one failed, 2 when something could not be read."""
    chosen = arguments.parse(given)
    try:
        if chosen.command == "evidence":
            return _save_evidence(chosen)
        if chosen.command == "record":
            return verify_record(chosen)
        if chosen.command == "bets":
            return verify_bets(chosen)
        source = inputs.source_of(chosen)
        known = inputs.knowledge_of(chosen, source)
        return (_verify_day if source.is_day else _verify_one)(chosen, source, known)
    except (SourceUnreadable, InputInvalid) as fault:
        print(f"fairness: {fault}", file=sys.stderr)
        return UNREADABLE
    except KeyboardInterrupt:
        return 130


def _verify_one(chosen: argparse.Namespace, source: Source, known: Knowledge) -> int:
    data, bet = source.read(), inputs.read_bet(chosen)
    outcomes: dict[str, Outcome] = {}
    document: RoundDocument | None = None
    text = None if chosen.json else Text()
    failure: FairnessError | None = None
    try:
        case = open_case(document=data, bet=bet, known=known)
        document = case.document
        if text:
            text.round(document)
        for check, outcome in examine(case):
            outcomes[check.id] = outcome
            if text:
                text.outcome(check, outcome)
    except (SourceUnreadable, InputInvalid):
        raise
    except FairnessError as caught:
        failure = caught
    _tell_one(text, document, outcomes, failure)
    return FAILED if failure else PASSED


def _tell_one(
    text: Text | None, document: RoundDocument | None, outcomes: dict[str, Outcome], failure: FairnessError | None
) -> None:
    if text is None:
        print(as_json(round_summary(document, outcomes, failure)))
    elif failure is not None:
        text.failure(failure)
    else:
        text.summary(outcomes)


def _verify_day(chosen: argparse.Namespace, source: Source, known: Knowledge) -> int:
    report, failure = DayReport(), None
    try:
        verify_day(source, known, report)
    except (SourceUnreadable, InputInvalid):
        raise
    except FairnessError as caught:
        failure = caught
    if chosen.json:
        counts = {id: dict(counted) for id, counted in report.tally.counts.items()}
        facts = {"rounds": report.rounds, "void": report.void, "checks": counts, "complete": report.whole}
        print(as_json(facts | {"failed_at": report.failed_at if failure else None} | verdict_of(failure)))
    else:
        _tell_day(report, failure)
    return FAILED if failure else PASSED


def _tell_day(report: DayReport, failure: FairnessError | None) -> None:
    text = Text()
    text.note(f"{report.rounds:,} rounds, {report.void:,} of them void\n")
    for line in report.tally.lines():
        text.note(line)
    if failure is not None:
        text.failure(failure, where=f" in {report.failed_at}")
        return
    text.note("\nNo number is left out, no round is shown twice, the closes follow each other.")
    if report.whole is None:
        text.note(
            "Whether these are all the committed rounds of the day takes the house's list of roots: give its address."
        )
    else:
        counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in report.whole.items())
        text.note(f"Complete: every committed round is shown and has one result, as far as that is due ({counts}).")


def _save_evidence(chosen: argparse.Namespace) -> int:
    data = inputs.read_place(chosen.source)
    try:
        document = RoundDocument.parse(data)
    except FairnessError as refusal:
        raise SourceUnreadable(f"{chosen.source}: {refusal}") from refusal
    anchors = anchors_of(document)
    print(inputs.save_evidence(chosen, [(one.transaction, one.contract, one.seq) for one in anchors]))
    return PASSED
