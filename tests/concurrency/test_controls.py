"""
Locks that a service holds from its look to its deed: with each, of two calls at once one is right; and its control,
in which the lock is off and both are done. See docs/locking.md.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import ProgrammingError

from audit.models import AuditEntry
from operators.models import Operator
from operators.selectors import list_valid_caller_keys
from operators.services import add_caller_key, revoke_caller_key
from operators.services.caller_keys import VALID_MAX, TooManyCallerKeys
from operators.tenancy import tenant_context
from players.services.exclusions import lift_exclusion
from reconciliation import reopening, services
from reconciliation.models import Closure, Difference
from reconciliation.operator_files import rows_of
from reconciliation.services import ReconciliationNotCollecting
from rounds.models import Game
from rounds.services.games import SANDBOX_GAMES_MAX, TooManyGames, create_sandbox_game
from tests.reconciliation.books import row
from tests.support.bets import new_player
from tests.support.protection import shut_out
from tests.support.sandboxes import new_sandbox_operator
from tests.support.threads import at_once
from tests.support.unlocked import two_without_lock

pytestmark = pytest.mark.usefixtures("committed")
Two = Callable[[Callable[[], Any]], list[Any]]


def locked(call: Callable[[], Any]) -> list[Any]:
    return at_once([call, call])


def free_of(mark: str) -> Two:
    return lambda call: two_without_lock(mark, call, call)


def failures(outcomes: list[Any]) -> list[type]:
    return [type(one) for one in outcomes if isinstance(one, BaseException)]


@pytest.fixture(scope="module")
def box(django_db_setup: None, django_db_blocker: Any) -> Operator:
    """An operator of this module's own: a sandbox."""
    with django_db_blocker.unblock():
        return new_sandbox_operator(f"controls-{uuid4().hex[:8]}")


class TestCallerKeys:
    """Counting the valid keys and adding one is one step: the operator's row is held."""

    def add(self, box: Operator, two: Two) -> tuple[list[type], int]:
        for key in list_valid_caller_keys(box):
            revoke_caller_key(key=key, reason="test", actor="test")
        for _ in range(VALID_MAX - 1):
            add_caller_key(operator=box, kind="hmac", label="x", actor="test")
        outcomes = two(lambda: add_caller_key(operator=box, kind="hmac", label="y", actor="test"))
        return failures(outcomes), len(list_valid_caller_keys(box))

    def test_of_two_keys_for_the_last_place_one_gets_it(self, box: Operator) -> None:
        assert self.add(box, locked) == ([TooManyCallerKeys], VALID_MAX)

    def test_control_without_the_operators_lock_there_are_more_than_may_be(self, box: Operator) -> None:
        assert self.add(box, free_of("operators_operator")) == ([], VALID_MAX + 1)


class TestSandboxGames:
    """Counting the games and making one is one step: an advisory lock of the operator's."""

    def make(self, box: Operator, two: Two) -> tuple[list[type], int]:
        own = Game.objects.filter(owner=box, sandbox=True)
        own.update(active=False)
        for _ in range(SANDBOX_GAMES_MAX - 1):
            self._game(box)
        outcomes = two(lambda: self._game(box))
        return failures(outcomes), own.filter(active=True).count()

    def _game(self, box: Operator) -> Game:
        code = f"sandbox-{uuid4().hex[:12]}"
        times = {"interval_seconds": 60, "betting_seconds": 40}
        return create_sandbox_game(operator=box, code=code, name=code, actor="test", **times)

    def test_of_two_games_for_the_last_place_one_gets_it(self, box: Operator) -> None:
        assert self.make(box, locked) == ([TooManyGames], SANDBOX_GAMES_MAX)

    def test_control_without_the_lock_there_are_more_than_may_be(self, box: Operator) -> None:
        assert self.make(box, free_of("pg_advisory_xact_lock")) == ([], SANDBOX_GAMES_MAX + 1)


class TestComparing:
    """A run that collected is compared once: its row is held."""

    def compare(self, box: Operator, two: Two) -> tuple[list[type], int]:
        run = services.begin(operator=box, actor="test")
        listed = [row(uuid4(), "deposit", "5.00")]
        services.put_part(run=run, number=1, rows=list(rows_of(listed)))
        outcomes = two(lambda: services.compare_parts(operator=box, run=run))
        return failures(outcomes), Difference.objects.filter(run=run).count()

    def test_of_two_that_compare_one_run_one_is_refused(self, box: Operator) -> None:
        assert self.compare(box, locked) == ([ReconciliationNotCollecting], 1)

    def test_control_without_the_runs_lock_its_difference_is_found_twice(self, box: Operator) -> None:
        assert self.compare(box, free_of("reconciliation_reconciliationrun")) == ([], 2)


class TestReopening:
    """A closure after a restore ends once, by one name: its row is held."""

    def reopen(self, box: Operator, two: Two) -> list[type]:
        Closure.objects.create(operator=box, reason="test", was_active=True)
        outcomes = two(lambda: reopening.reopen(operator=box, run=None, note="by hand", actor="ann"))
        assert reopening.closure_of(box) is None
        return failures(outcomes)

    def test_of_two_that_reopen_one_is_refused(self, box: Operator) -> None:
        assert self.reopen(box, locked) == [reopening.NotReconciled]

    def test_control_without_its_lock_only_the_trigger_refuses_the_second(self, box: Operator) -> None:
        assert self.reopen(box, free_of("reconciliation_closure")) == [ProgrammingError]


class TestLifting:
    """A break is lifted once and on record once: the player's row is held."""

    def lift(self, operator: Operator, two: Two) -> tuple[list[type], int]:
        player = new_player(operator)
        made = shut_out(operator, player, hours=24, source="operator")

        def call() -> None:
            with tenant_context(operator):
                lift_exclusion(operator=operator, player=player, exclusion_id=made.pk, reason="x", actor="test")

        failed = failures(two(call))
        lifted = AuditEntry.objects.filter(event_type="player.exclusion_lifted", operator_id=operator.pk)
        return failed, lifted.filter(after__exclusion_id=str(made.pk)).count()

    def test_of_two_that_lift_a_break_one_is_on_record(self, operator_a: Operator) -> None:
        assert self.lift(operator_a, locked) == ([], 1)

    def test_control_without_the_players_lock_only_the_trigger_refuses_the_second(self, operator_a: Operator) -> None:
        assert self.lift(operator_a, free_of("players_")) == ([ProgrammingError], 1)
