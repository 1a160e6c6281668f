"""
Whoever is the database's superuser can change, remove, add, reorder and back-date as he likes, past every trigger: it
is found, and named, every time.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator

import pytest
from django.db import transaction

from audit import services as audit
from audit.services.sealing import anchor_latest
from audit.verification import Fault
from tests.audit import scratch, seal_tamperings, tamperings
from tests.audit.horizon import seal_all
from tests.audit.tamperings import Tampering

COUNT = int(os.environ.get("KENO_TAMPERINGS", "5000"))
SEED = 20261121


@pytest.fixture(scope="module")
def record(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    with django_db_blocker.unblock(), scratch.superuser_in_a_copy():  # type: ignore[attr-defined]
        scratch.make_record(random.Random(SEED))
        anchor_latest()
        assert scratch.found() == []
        yield


@pytest.fixture(autouse=True)
def database(record: None, django_db_blocker: object) -> Iterator[None]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield


def test_an_honest_record_has_nothing_wrong_with_it() -> None:
    assert scratch.found(scratch.kept_now()) == []


@pytest.mark.parametrize("tampering", seal_tamperings.ALL, ids=lambda one: one.__name__)
def test_every_kind_of_tampering_is_found_and_named(tampering: Tampering) -> None:
    kept = scratch.kept_now()
    for seed in range(5):
        with scratch.tampering():
            names = tampering(random.Random(seed))
            findings = scratch.found(kept)
        assert names & scratch.named(findings), (names, [str(one) for one in findings[:5]])
    assert scratch.found(kept) == []


def test_of_random_tamperings_none_is_missed() -> None:
    tamper_at_random(250)


@pytest.mark.proof
def test_of_thousands_of_random_tamperings_none_is_missed() -> None:
    tamper_at_random(COUNT)


def tamper_at_random(count: int) -> None:
    rng, kept, tried, missed = random.Random(SEED), scratch.kept_now(), Counter[str](), list[object]()
    for number in range(count):
        tampering = rng.choice(seal_tamperings.ALL)
        with scratch.tampering():
            names = tampering(random.Random(f"{SEED}-{number}"))
            findings = scratch.found(kept)
        tried[tampering.__name__] += 1
        if not names & scratch.named(findings):
            missed.append((number, tampering.__name__, names, [str(one) for one in findings[:3]]))
    print(f"\n{count:,} tamperings of {len(tried)} kinds tried, {len(missed)} missed: {dict(tried)}")
    assert missed == []


def test_a_cut_of_the_end_shows_only_to_who_kept_a_checkpoint() -> None:
    """The limit: without an outside copy, or the chain, the newest seconds can be taken back."""
    kept = scratch.kept_now()
    with scratch.tampering():
        seal_tamperings.history_cut(random.Random(1))
        assert scratch.found() == []
        assert [one.fault for one in scratch.found(kept)] == [Fault.HISTORY_CUT]


def test_an_entry_that_was_put_in_with_an_old_date_is_found_when_it_is_sealed() -> None:
    [(number,)] = scratch.rows("SELECT pg_current_xact_id()::text::bigint")
    assert isinstance(number, int)
    made = tamperings.insert_entry(random.Random(1), transaction=number, hours_ago=3, log=None)
    assert seal_all() == 1
    [finding] = scratch.found()
    assert finding.fault == Fault.ENTRY_BACKDATED
    assert f"entry {made}" in finding.subjects


def test_a_history_that_goes_on_from_an_older_state_is_a_fork() -> None:
    """Cut, and sealed anew with other entries and the house's own key: a kept checkpoint contradicts it."""
    kept = scratch.kept_now()
    scratch.execute("SET session_replication_role = replica")
    seal_tamperings.history_cut(random.Random(2))
    scratch.execute("SET session_replication_role = DEFAULT")
    for _ in range(5):
        with transaction.atomic():
            audit.record("round.voided", description="another history")
        assert seal_all() == 1
    faults = {one.fault for one in scratch.found(kept)}
    assert Fault.HISTORY_FORKED in faults
