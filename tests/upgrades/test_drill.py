"""
An upgrade while rounds are played and bets are placed: no bet fails, and nobody waits long for a lock.

`make upgrade-drill` has OPERATORS (200) of them.
"""

import json
import os
import re
import time
from dataclasses import dataclass

import psycopg
import pytest

from tests.upgrades.installation import FEW, Played, played
from tests.upgrades.next_version import MIGRATIONS, TENANT_MIGRATIONS
from tests.upgrades.playing import Backends
from tests.upgrades.waiting import Waits

OPERATORS = int(os.environ.get("OPERATORS", "200"))
WAIT_MAX_S = 1.0
"""What `manage.py upgrade` waits for a lock unless told otherwise: nobody behind it waits longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a drill has shown."""

    operators: int
    upgrade_s: float
    said: str
    bets: int
    bets_meanwhile: int
    failed: int
    resent: int
    slowest_bet_ms: int
    longest_wait_ms: int
    """For a lock that the upgrade held or waited for, of anybody else, by the server's own account."""
    looks: int


def drill(own: Played, *, jobs: int) -> Figures:
    for program in own.describe(web=1):
        if program.name in FEW:
            own.start(program)
    with own.backends() as backends, Waits(own.there.superuser_url) as waits:
        backends.wait_for(40, patience_s=180)
        before, began = backends.accepted.total(), time.time()
        ended = own.manage("upgrade", "--jobs", str(jobs), directory=own.next_version, name="upgrade")
        took, meanwhile = time.time() - began, backends.accepted.total() - before
        assert ended.code == 0, ended.err
        backends.wait_for(40, patience_s=180)
        slowest = backends.slowest_since(began)
    own.wait_until_paid()
    return _figures(own, backends, waits, took=took, meanwhile=meanwhile, slowest=slowest, said=ended.out)


def _figures(
    own: Played, backends: Backends, waits: Waits, *, took: float, meanwhile: int, slowest: float, said: str
) -> Figures:
    assert backends.failed == []
    checked = own.manage("check_invariants", directory=own.next_version)
    assert checked.code == 0, checked.out
    assert own.troubles() == []
    return Figures(
        operators=len(own.people),
        upgrade_s=round(took, 1),
        said=said.strip(),
        bets=backends.accepted.total(),
        bets_meanwhile=meanwhile,
        failed=len(backends.failed),
        resent=backends.resent,
        slowest_bet_ms=round(slowest * 1000),
        longest_wait_ms=round(waits.longest_s * 1000),
        looks=waits.looks,
    )


def assert_everywhere(own: Played) -> None:
    """Every schema has what the next version brings."""
    with psycopg.connect(own.there.database_url) as connection:
        for one in own.people:
            schema = f"op_{one['slug']}"
            [count] = connection.execute(
                f"SELECT count(*) FROM {schema}.django_migrations WHERE name LIKE '09%'"
            ).fetchone() or (0,)
            assert count == TENANT_MIGRATIONS, schema
            connection.execute(f"SELECT segment FROM {schema}.players_player LIMIT 1")
            connection.execute(f"SELECT channel FROM {schema}.bets_bet LIMIT 1")


@pytest.mark.proof
def test_six_operators_are_upgraded_while_they_play_and_no_bet_fails() -> None:
    with played(operators=6) as own:
        found = drill(own, jobs=2)
        assert_everywhere(own)
    assert re.search(rf"public: {TENANT_MIGRATIONS} migrations; 6 operators' schemas", found.said), found.said
    assert len(MIGRATIONS) == 5
    assert found.bets_meanwhile > 0
    assert found.failed == 0
    assert found.longest_wait_ms < WAIT_MAX_S * 1000


@pytest.mark.proof
def test_many_operators_are_upgraded_while_they_play_and_no_bet_fails() -> None:
    with played(operators=OPERATORS, players=2, intervals=(5, 6, 10)) as own:
        found = drill(own, jobs=4)
        assert_everywhere(own)
    print(json.dumps({name: getattr(found, name) for name in Figures.__slots__}, indent=2))
    assert found.bets_meanwhile > OPERATORS
    assert found.failed == 0
    assert found.longest_wait_ms < WAIT_MAX_S * 1000
