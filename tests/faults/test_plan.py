"""Plans of faults: the same from the same seed, every kind before any comes often, and done again from a trace."""

import random
from itertools import islice
from pathlib import Path

import pytest

from tests.faults import plan
from tests.faults.catalogue.processes import STUMBLING
from tests.faults.plan import ALL, FaultUnknown


def steps(seed: int, count: int, *names: str) -> list[plan.Step]:
    return list(islice(plan.draw(plan.choose_from(names, clocks=True), seed=seed), count))


def test_the_same_seed_draws_the_same_plan_and_another_seed_another() -> None:
    assert steps(5, 60) == steps(5, 60)
    assert steps(5, 60) != steps(6, 60)


def test_every_fault_comes_before_any_comes_for_the_fourth_time() -> None:
    seen: list[str] = []
    for step in steps(11, 400):
        seen += [one.fault for one in step.together]
        if {one.name for one in ALL} <= set(seen):
            break
        assert max(map(seen.count, set(seen))) <= 3
    assert {one.name for one in ALL} <= set(seen)


def test_faults_can_be_chosen_by_number_and_by_name() -> None:
    assert {one.number for one in plan.choose_from(["F10", "F16"], clocks=True)} == {"F10", "F16"}
    assert [one.name for one in plan.choose_from(["F4 broker flushed"], clocks=True)] == ["F4 broker flushed"]
    with pytest.raises(FaultUnknown):
        plan.choose_from(["F10", "F99"], clocks=True)


def test_without_a_way_to_set_clocks_no_plan_has_them() -> None:
    assert not {one.number for one in plan.choose_from([], clocks=False)} & {"F8"}


def test_the_catalogue_has_no_name_twice_and_at_least_twenty_numbers() -> None:
    assert len({one.name for one in ALL}) == len(ALL)
    assert len({one.number for one in ALL}) >= 20


def test_a_trace_that_was_written_is_the_plan_that_it_came_from(tmp_path: Path) -> None:
    drawn = steps(3, 40)
    for step in drawn:
        plan.write(step, tmp_path / "trace.jsonl")
    assert list(plan.read(tmp_path / "trace.jsonl")) == drawn


def test_every_point_of_the_code_is_stumbled_at_by_somebody() -> None:
    from tests.core.test_buggify import points_of_the_code

    assert set(STUMBLING) == points_of_the_code()
    chosen = {
        one.parameters["point"]
        for seed in range(60)
        for step in steps(seed, 8, "F1 killed at a point")
        for one in step.together
    }
    assert chosen == set(STUMBLING)


def test_two_faults_of_one_handle_never_come_together() -> None:
    for seed in range(40):
        for step in steps(seed, 30):
            handles = [plan.BY_NAME[one.fault].hurt for one in step.together]
            assert len(set(handles)) == len(handles)


def test_what_a_fault_draws_can_be_written_down() -> None:
    for one in ALL:
        drawn = dict(one.choose(random.Random(1)))
        assert plan.Chosen(fault=one.name, parameters=drawn, hold_s=0) is not None
        assert all(isinstance(value, str | int | float | bool | list | tuple) for value in drawn.values())
