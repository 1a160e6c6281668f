"""Telling what the checks came to: as text for people, or as one JSON object for programs."""

import json
import os
import sys
import textwrap
from collections import Counter
from collections.abc import Mapping
from typing import TextIO

from fairness.checks import CHECKS, Check, Outcome, State
from fairness.cli.advice import advice_for
from fairness.documents import RoundDocument
from fairness.errors import FairnessError

_WIDTH = 110
_STYLES = {"passed": "32", "skipped": "33", "FAILED": "1;31", "title": "1"}


class Text:
    """A report as text, with colours only where it goes to a terminal."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._coloured = self._out.isatty() and not os.environ.get("NO_COLOR")

    def round(self, document: RoundDocument) -> None:
        """Name the round under examination."""
        self._line(self._styled(f"Round {document.round_id} of {document.game}, {document.status}", "title") + "\n")

    def outcome(self, check: Check, outcome: Outcome) -> None:
        """One check, with what it saw."""
        self._head(check, outcome.state.value, outcome.reason)
        for name, value in outcome.evidence.items():
            self._wrapped(f"{name.replace('_', ' ')}: {_shown(value)}", indent=6)

    def failure(self, failure: FairnessError, *, where: str = "") -> None:
        """The check that failed, what it means, and what to do next."""
        check = next((one for one in CHECKS if one.id == failure.check), None)
        name = type(failure).__name__
        if check is not None:
            self._head(check, "FAILED", name)
            self._wrapped(str(failure), indent=6)
        place = f"check {check.number} ({check.id})" if check else failure.check or "this"
        self._line("\n" + self._styled(f"FAILED{where} at {place}: {name}", "FAILED"))
        if check is None:
            self._wrapped(str(failure), indent=2)
        self._wrapped(f"Meaning: {(type(failure).__doc__ or '').strip()}", indent=2)
        self._wrapped(f"What to do: {advice_for(failure)}", indent=2)

    def summary(self, outcomes: Mapping[str, Outcome]) -> None:
        """How many passed, and what was skipped for which reason."""
        skipped = {id: one for id, one in outcomes.items() if one.state is State.SKIPPED}
        passed = len(outcomes) - len(skipped)
        self._line("\n" + self._styled(f"{passed} checks passed, {len(skipped)} skipped, none failed.", "passed"))
        for id, one in skipped.items():
            self._wrapped(f"{id} was skipped: {one.reason}", indent=2)

    def note(self, text: str) -> None:
        """A line of its own."""
        self._line(text)

    def _head(self, check: Check, state: str, reason: str) -> None:
        shown = self._styled(f"{state:<8}", state)
        self._line(f"{check.number:3}  {check.id:<22}{shown}{reason}".rstrip())

    def _wrapped(self, text: str, *, indent: int) -> None:
        margin = " " * indent
        self._line(
            textwrap.fill(text, _WIDTH, initial_indent=margin, subsequent_indent=margin + "  ", break_on_hyphens=False)
        )

    def _styled(self, text: str, style: str) -> str:
        return f"\033[{_STYLES[style]}m{text}\033[0m" if self._coloured else text

    def _line(self, text: str) -> None:
        print(text, file=self._out)


class Progress:
    """How far a day has come, on one line of a terminal; elsewhere nothing is written."""

    def __init__(self, total: int) -> None:
        self._total, self._shown = total, sys.stderr.isatty()

    def at(self, done: int) -> None:
        """So many rounds are done."""
        if self._shown and (done % 20 == 0 or done == self._total):
            end = "\n" if done == self._total else ""
            print(f"\r{done:,} of {self._total:,} rounds", end=end, file=sys.stderr, flush=True)


def as_json(value: Mapping[str, object]) -> str:
    """One JSON object, as text."""
    return json.dumps(value, indent=1, default=str)


def round_summary(
    document: RoundDocument | None, outcomes: Mapping[str, Outcome], failure: FairnessError | None
) -> dict[str, object]:
    """What the checks of one round came to, for programs."""
    return {
        "round_id": document.round_id if document else None,
        "game": document.game if document else None,
        "status": document.status.value if document else None,
        "checks": [
            {
                "number": check.number,
                "id": check.id,
                "outcome": outcomes[check.id].state.value,
                "reason": outcomes[check.id].reason,
                "evidence": dict(outcomes[check.id].evidence),
            }
            for check in CHECKS
            if check.id in outcomes
        ],
        **verdict_of(failure),
    }


def verdict_of(failure: FairnessError | None) -> dict[str, object]:
    """The verdict for programs: `failure` names check and error."""
    if failure is None:
        return {"verdict": "passed", "failure": None}
    named = {"check": failure.check, "error": type(failure).__name__, "message": str(failure)}
    return {"verdict": "failed", "failure": named | {"advice": advice_for(failure)}}


class Tally:
    """How often each check passed or was skipped, over many rounds."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {check.id: Counter() for check in CHECKS}

    def add(self, outcomes: Mapping[str, Outcome]) -> None:
        """Count one round."""
        for id, one in outcomes.items():
            self.counts[id][one.state.value if not one.reason else f"{one.state.value}: {one.reason}"] += 1

    def lines(self) -> list[str]:
        """One line for each check."""
        return [
            f"{check.number:3}  {check.id:<22}"
            + "; ".join(f"{count:,} {what}" for what, count in self.counts[check.id].most_common(4))
            for check in CHECKS
        ]


def _shown(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
