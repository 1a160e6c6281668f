"""Trying all scenarios against one wallet, in order."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import uuid4

from keno_kit import money
from keno_kit.conformance.calling import Exchange, Wallet, session
from keno_kit.conformance.scenario import Scenario
from keno_kit.conformance.scenarios import SCENARIOS
from keno_kit.conformance.trial import AT_ONCE, Broken, Trial, Unusable
from keno_kit.sandbox.asks import Call
from keno_kit.signing import Ed25519Signer, Signer

UNITS_NEEDED = 60
"""The player needs so many times the amount: some scenarios take money and leave it taken."""
CONNECTIONS = 4 * AT_ONCE


class CannotRun(Exception):
    """The run has no ground to stand on: no wallet, no such player, no money. The text says what to do."""


class State(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    BLOCKED = "not judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one scenario; `text` says how the rule was broken, or why it could not be judged."""

    scenario: Scenario
    state: State
    text: str = ""
    exchanges: tuple[Exchange, ...] = ()
    duration_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Against what, as whom, and with how much."""

    url: str
    signer: Signer
    player: str
    currency: str
    unit: int
    deadline_s: float = 2.0

    @property
    def form(self) -> str:
        return "ed25519" if isinstance(self.signer, Ed25519Signer) else "hmac"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that ended."""

    terms: Terms
    verdicts: tuple[Verdict, ...]
    started_at: datetime
    finished_at: datetime
    calls: int

    def count(self, state: State) -> int:
        return sum(one.state == state for one in self.verdicts)

    @property
    def passed(self) -> bool:
        return self.count(State.PASSED) == len(self.verdicts)


async def run(
    terms: Terms, *, scenarios: Iterable[Scenario] = SCENARIOS, told: Callable[[Verdict], None] = lambda _: None
) -> Run:
    """
    Try the scenarios, one after the other, and tell each verdict as it comes.

    A call whose plain good case has no readable answer is not tried further: scenarios that use it are not judged.

    :raises CannotRun: nobody answers, the player is not there, or has not enough money.
    """
    started = datetime.now(UTC)
    unusable: dict[Call, str] = {}
    verdicts = []
    made = [0]
    async with session(at_once=CONNECTIONS, made=made) as connections:
        wallet = Wallet(
            url=terms.url.rstrip("/"), signer=terms.signer, deadline_s=terms.deadline_s, session=connections, made=made
        )
        await _check_ground(_trial(terms, wallet), terms)
        for scenario in scenarios:
            missing = sorted(scenario.uses & set(unusable))
            if missing and not scenario.form:
                verdict = Verdict(scenario=scenario, state=State.BLOCKED, text=unusable[missing[0]])
            else:
                verdict = await _try(scenario, _trial(terms, wallet), unusable)
            verdicts.append(verdict)
            told(verdict)
    finished = datetime.now(UTC)
    return Run(terms=terms, verdicts=tuple(verdicts), started_at=started, finished_at=finished, calls=wallet.calls)


def _trial(terms: Terms, wallet: Wallet) -> Trial:
    return Trial(wallet=wallet, player=terms.player, currency=terms.currency, unit=terms.unit, session_id=str(uuid4()))


async def _try(scenario: Scenario, trial: Trial, unusable: dict[Call, str]) -> Verdict:
    started = time.perf_counter()
    state, text = State.PASSED, ""
    try:
        await scenario.run(trial)
    except Broken as error:
        state, text = State.FAILED, str(error)
        if scenario.proves is not None and isinstance(error, Unusable) and error.call == scenario.proves:
            unusable[scenario.proves] = f"{scenario.proves} is not answered as it must be; see {scenario.name}"
    finally:
        strays = {exchange.call for exchange in trial.exchanges} - scenario.uses
        assert not strays, f"{scenario.name} uses {strays}, and does not say so"  # noqa: S101 - a mistake of the kit
    return Verdict(
        scenario=scenario,
        state=state,
        text=text,
        exchanges=tuple(trial.exchanges),
        duration_ms=(time.perf_counter() - started) * 1000,
    )


async def _check_ground(trial: Trial, terms: Terms) -> None:
    """What must be true before any scenario can say anything."""
    exchange = await trial.ask_balance()
    if not exchange.status and not exchange.timed_out:
        raise CannotRun(f"Nobody answers at {exchange.url}: {exchange.failure}")
    try:
        answer = trial.readable(exchange)
    except Unusable:
        return  # a scenario will say so
    if answer.get("status") == "refused":
        raise CannotRun(_advice(str(answer.get("code")), terms))
    try:
        there = trial.amount_in(answer, "balance")
    except Broken:
        return
    needed = UNITS_NEEDED * terms.unit
    if answer.get("status") == "ok" and there < needed:
        raise CannotRun(
            f"The player {terms.player!r} has {money.render(there, currency=terms.currency)} {terms.currency};"
            f" the run needs {money.render(needed, currency=terms.currency)}. Give it money, or say --amount."
        )


def _advice(code: str, terms: Terms) -> str:
    advice = {
        "signature_invalid": f"Give the wallet the public key {terms.signer.key_id!r}, or the shared secret.",
        "player_not_found": "Name a test player with --player.",
        "session_invalid": "Name a test player with --player whose token needs no launched session.",
        "currency_mismatch": "Say the player's currency with --currency.",
    }
    said = f"The wallet refuses the balance of {terms.player!r} in {terms.currency} with {code}."
    return f"{said} {advice.get(code, '')}".rstrip()
