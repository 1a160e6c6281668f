"""The queries of check_invariants see what they are there for."""

import random
from collections.abc import Callable, Iterator

import pytest

from audit.invariants import INVARIANTS
from audit.services.sealing import anchor_latest
from tests.audit import scratch, seal_tamperings, tamperings


@pytest.fixture(scope="module")
def record(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    with django_db_blocker.unblock(), scratch.superuser_in_a_copy():  # type: ignore[attr-defined]
        scratch.make_record(random.Random(3))
        anchor_latest()
        yield


@pytest.fixture(autouse=True)
def database(record: None, django_db_blocker: object) -> Iterator[None]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield


def broken() -> set[str]:
    return {one.code for one in INVARIANTS if scratch.rows(one.violations)}


def test_an_honest_record_breaks_none() -> None:
    assert broken() == set()


def switched_off(rng: random.Random) -> None:
    scratch.execute("ALTER TABLE public.audit_leaf DISABLE TRIGGER append_only")


CASES: list[tuple[str, Callable[[random.Random], object]]] = [
    ("I25-none-passed-over", tamperings.entry_added_to_the_past),
    ("I25-places-without-gaps", tamperings.leaf_removed),
    ("I25-checkpoints-in-line", seal_tamperings.checkpoint_removed),
    ("I25-checkpoints-in-line", seal_tamperings.checkpoint_put_at_the_end_again),
    ("I25-anchored-as-sealed", seal_tamperings.anchor_tampered),
    ("I27-record-is-append-only", switched_off),
]


@pytest.mark.parametrize(("code", "wrong"), CASES)
def test_each_sees_what_it_is_there_for(code: str, wrong: Callable[[random.Random], object]) -> None:
    for seed in range(4):
        with scratch.tampering():
            wrong(random.Random(seed))
            found = broken()
        assert code in found
    assert broken() == set()
