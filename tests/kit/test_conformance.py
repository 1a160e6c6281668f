"""The conformance run against the sandbox wallet: all well without faults, and each fault found as it should be."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from keno_kit import mapping
from keno_kit.conformance.running import CannotRun, Run, State, run
from keno_kit.conformance.scenarios import SCENARIOS
from keno_kit.mapping import CASES, Case
from keno_kit.sandbox.faults import FAULTS
from tests.kit.support import on, serving

PATIENT_S, HASTY_S = 10.0, 1.0
"""A deadline that a busy machine keeps, and one that a wallet which never answers does not keep us waiting with."""
HMAC_CASES = ("ignores-signature", "ignores-clock", "strict-clock", "double-apply")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


async def judge(keys: Path, case: Case | None, *, hmac: bool = False, currency: str = "KES", unit: int = 100) -> Run:
    hasty = case is not None and case.fault in mapping.TIMING
    faults = () if case is None else on(case.fault, calls=list(case.calls) or None)
    async with serving(keys, hmac=hmac, faults=faults, currency=currency) as served:
        deadline_s = HASTY_S if hasty else PATIENT_S
        return await run(served.terms(deadline_s=deadline_s, currency=currency, unit=unit))


def names(ended: Run, state: State) -> set[str]:
    return {one.scenario.name for one in ended.verdicts if one.state == state}


def must_be(ended: Run, case: Case) -> None:
    told = {one.scenario.name: one.text for one in ended.verdicts if one.state == State.FAILED}
    assert set(told) == case.fails, told
    tried_anyway = {one.name for one in SCENARIOS if one.form} | case.fails | {"balance-is-told"}
    blocked = {one.name for one in SCENARIOS if one.uses & case.unusable} - tried_anyway
    assert names(ended, State.BLOCKED) == blocked


@pytest.mark.parametrize(("currency", "unit"), [("KES", 100), ("XOF", 1), ("BHD", 1000), ("KES", 37)])
async def test_a_wallet_without_faults_passes_everything(keys: Path, currency: str, unit: int) -> None:
    ended = await judge(keys, None, currency=currency, unit=unit)
    assert names(ended, State.PASSED) == {one.name for one in SCENARIOS}, [one.text for one in ended.verdicts]
    assert ended.passed


async def test_a_wallet_without_faults_passes_everything_in_the_hmac_form(keys: Path) -> None:
    assert (await judge(keys, None, hmac=True)).passed


@pytest.mark.parametrize(
    "case",
    [one for one in CASES if one.fault not in mapping.TIMING],
    ids=lambda one: f"{one.fault}{''.join(one.calls)}",
)
async def test_each_fault_fails_exactly_the_scenarios_that_it_should(keys: Path, case: Case) -> None:
    must_be(await judge(keys, case), case)


async def test_each_fault_of_timing_fails_exactly_the_scenarios_that_it_should(keys: Path) -> None:
    """At the same time, as most of it is waiting."""
    cases = [one for one in CASES if one.fault in mapping.TIMING]
    assert len(cases) == len(mapping.TIMING)
    for ended, case in zip(await asyncio.gather(*(judge(keys, case) for case in cases)), cases, strict=True):
        must_be(ended, case)


async def test_the_comparison_can_fail(keys: Path) -> None:
    """A control: what one fault fails is not taken for what another does."""
    by_fault = {one.fault: one for one in CASES}
    ended = await judge(keys, by_fault["wrong-amount"])
    with pytest.raises(AssertionError):
        must_be(ended, by_fault["wrong-currency"])


@pytest.mark.parametrize("fault", HMAC_CASES)
async def test_faults_are_found_in_the_hmac_form_too(keys: Path, fault: str) -> None:
    [case] = [one for one in CASES if one.fault == fault]
    must_be(await judge(keys, case, hmac=True), case)


def test_every_fault_has_a_case_and_every_scenario_a_fault_that_fails_it() -> None:
    assert {one.fault for one in CASES} == set(FAULTS)
    assert set().union(*(one.fails for one in CASES)) == {one.name for one in SCENARIOS}


def test_there_are_more_scenarios_than_the_best_public_kits_have() -> None:
    assert len(SCENARIOS) >= 36
    assert len({one.name for one in SCENARIOS}) == len(SCENARIOS)


def test_every_scenario_has_a_rule_of_one_sentence() -> None:
    for one in SCENARIOS:
        assert one.rule.endswith("."), one.name
        assert ". " not in one.rule, one.name


async def test_a_run_says_what_it_lacks_instead_of_failing_everything(keys: Path, tmp_path: Path) -> None:
    async with serving(keys) as served:
        terms = served.terms()
        for changed, said in (
            ({"player": "nobody-here"}, "--player"),
            ({"currency": "EUR"}, "--currency"),
            ({"unit": 1_000_000}, "Give it money"),
            ({"url": "http://127.0.0.1:9"}, "Nobody answers"),
        ):
            with pytest.raises(CannotRun, match=said):
                await run(_changed(terms, **changed))
    async with serving(tmp_path) as another:
        with pytest.raises(CannotRun, match="public key"):
            await run(_changed(another.terms(), signer=terms.signer))


def _changed(terms: object, **changes: object) -> object:
    return replace(terms, **changes)  # type: ignore[type-var]
