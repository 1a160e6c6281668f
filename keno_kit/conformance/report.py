"""The report of a run as JSON, under a hash of itself, and as lines for a terminal."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, TextIO

from keno_kit import __version__, money
from keno_kit.conformance.running import Run, State, Verdict

PAGE = "docs/wallet-api.md"
EXCHANGES_SHOWN = 12
"""Of a scenario that failed: the last ones, where it broke."""
_COLOURS = {State.PASSED: "32", State.FAILED: "31;1", State.BLOCKED: "33"}
_MARKS = {State.PASSED: "ok", State.FAILED: "FAILED", State.BLOCKED: "not judged"}


def as_json(run: Run) -> dict[str, Any]:
    """The whole report. `sha256` is over its canonical form without that member."""
    terms = run.terms
    report = {
        "report": "keno wallet conformance",
        "kit_version": __version__,
        "wallet": terms.url,
        "signing": terms.form,
        "key_id": terms.signer.key_id,
        "player_token": terms.player,
        "currency": terms.currency,
        "amount": money.render(terms.unit, currency=terms.currency),
        "deadline_s": str(terms.deadline_s),
        "started_at": run.started_at.isoformat(timespec="milliseconds"),
        "finished_at": run.finished_at.isoformat(timespec="milliseconds"),
        "calls": run.calls,
        "conforms": run.passed,
        "totals": {str(state): run.count(state) for state in State},
        "scenarios": [_scenario(one) for one in run.verdicts],
    }
    return {**report, "sha256": hash_of(report)}


def hash_of(report: dict[str, Any]) -> str:
    """SHA-256 of a report's canonical form: sorted names, no spaces, UTF-8, without its own `sha256`."""
    rest = {name: value for name, value in report.items() if name != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _scenario(verdict: Verdict) -> dict[str, Any]:
    failed = verdict.state == State.FAILED
    return {
        "name": verdict.scenario.name,
        "rule": verdict.scenario.rule,
        "documented_at": link_of(verdict),
        "state": str(verdict.state),
        "text": verdict.text or None,
        "duration_ms": round(verdict.duration_ms),
        "exchanges": [one.as_json() for one in verdict.exchanges[-EXCHANGES_SHOWN:]] if failed else [],
    }


def link_of(verdict: Verdict) -> str:
    return f"{PAGE}#{verdict.scenario.section}"


@dataclass(slots=True, kw_only=True)
class Terminal:
    """Tells a run line by line, with colours and a progress line where somebody looks."""

    out: TextIO
    total: int
    colours: bool
    done: int = field(default=0)

    def tell(self, verdict: Verdict) -> None:
        """One verdict: a line, and what broke beneath it."""
        self.done += 1
        mark = self._coloured(f"{_MARKS[verdict.state]:>10}", _COLOURS[verdict.state])
        self._line(f"{mark}  {verdict.scenario.name}  {self._coloured(f'{verdict.duration_ms:.0f} ms', '2')}")
        if verdict.state == State.FAILED:
            self._tell_failure(verdict)
        if verdict.state == State.BLOCKED:
            self._line(f"{' ' * 12}{verdict.text}")
        if self.colours:
            self.out.write(f"{self.done:>7}/{self.total}")
        self.out.flush()

    def finish(self, run: Run) -> None:
        counts = ", ".join(f"{run.count(state)} {state}" for state in State)
        seconds = (run.finished_at - run.started_at).total_seconds()
        verdict = "The wallet conforms." if run.passed else "The wallet does not conform."
        self._line("")
        colour = _COLOURS[State.PASSED if run.passed else State.FAILED]
        self._line(f"{self._coloured(verdict, colour)} {counts}; {run.calls} calls in {seconds:.1f} s.")

    def _tell_failure(self, verdict: Verdict) -> None:
        indent = " " * 12
        self._line(f"{indent}{verdict.text}")
        self._line(f"{indent}rule:   {verdict.scenario.rule}")
        if verdict.exchanges:
            about_money = [one for one in verdict.exchanges if one.call != "balance"]
            last = (about_money or verdict.exchanges)[-1].as_json()
            answer = last["answer"]
            self._line(
                f"{indent}sent:   {last['request']['method']} {last['request']['url']} {last['request']['body']}"
            )
            said = last["failure"] or f"{answer['status']} {answer['body'][:400]}"
            self._line(f"{indent}answer: {said}")
        self._line(f"{indent}see:    {link_of(verdict)}")

    def _line(self, text: str) -> None:
        start = "\r\x1b[K" if self.colours else ""
        self.out.write(f"{start}{text}\n")

    def _coloured(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colours else text
