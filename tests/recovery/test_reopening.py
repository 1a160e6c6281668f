"""After a restore no operator's bets are taken until its books were compared, whoever tries to resume it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from audit.models import AuditEntry
from bets.services.placement import place_slips
from keno_platform.core import ids
from operators.models import Operator
from operators.selectors import get_operator
from operators.services import issue_key, resume_operator, suspend_operator
from reconciliation import reopening, services
from reconciliation.models import Closure, Difference, KnownCluster
from reconciliation.operator_files import rows_of
from reconciliation.reopening import NotReconciled
from rounds.models import Game
from rounds.selectors import database_now
from tests.reconciliation.books import movement, row
from tests.support.bets import Backend, backend, code_of, new_player, slip

pytestmark = pytest.mark.usefixtures("db")


def again(operator: Operator) -> Operator:
    return get_operator(slug=operator.slug)


def compare(operator: Operator, *listed: dict[str, str], **period: Any) -> Any:
    return services.reconcile(operator=operator, rows=rows_of(list(listed)), file_name="x", actor="test", **period)


def test_closed_operators_take_no_bets_and_cannot_be_resumed(operator_a: Operator, standing_game: Game) -> None:
    player = new_player(operator_a, money=100_000)
    assert {"alpha", "beta"} <= set(reopening.close_all(reason="test", point=None))
    assert reopening.close_all(reason="test", point=None) == []  # once is enough

    closed = again(operator_a)
    [answer] = place_slips(operator=closed, asks=[slip(closed, player, game=standing_game.code)])
    assert code_of(answer) == "operator_suspended"
    with pytest.raises(NotReconciled):
        resume_operator(operator=closed, reason="test", actor="test")
    with pytest.raises(DatabaseError, match="not compared"), transaction.atomic():
        Operator.objects.filter(pk=closed.pk).update(status="active")  # past every service
    assert AuditEntry.objects.filter(event_type="operator.suspended", operator_id=closed.pk).exists()


def test_the_api_refuses_to_resume_a_closed_operator_by_name_of_the_reason(operator_a: Operator) -> None:
    _, provider = issue_key(operator=None, label="test", actor="test")
    reopening.close_all(reason="test", point=None)
    answer = Backend(provider).post("operators/alpha/resume", {"reason": "please"})
    assert (answer.status_code, answer.json()["code"]) == (409, "operator_not_reconciled")


def test_a_comparison_of_everything_without_differences_reopens(operator_a: Operator, standing_game: Game) -> None:
    reopening.close_all(reason="test", point=database_now())
    run = compare(operator_a)
    closure = reopening.reopen(operator=operator_a, run=run, note="", actor="ann")

    assert (closure.reopened_by, closure.run_id) == ("ann", run.pk)
    assert again(operator_a).is_active
    player = new_player(operator_a, money=100_000)
    [answer] = place_slips(operator=again(operator_a), asks=[slip(operator_a, player, game=standing_game.code)])
    assert code_of(answer) == "accepted"
    with pytest.raises(NotReconciled, match="not closed"):
        reopening.reopen(operator=operator_a, run=run, note="", actor="ann")


def test_differences_keep_it_closed_until_each_is_explained(operator_a: Operator) -> None:
    reopening.close_all(reason="test", point=database_now())
    ahead = [row(movement(ids.bet_id(), 4), "deposit", "5.00") for _ in range(3)]
    run = compare(operator_a, *ahead)
    assert run.missing_here == 3
    for left in (3, 2, 1):
        with pytest.raises(NotReconciled) as refusal:
            reopening.reopen(operator=operator_a, run=run, note="", actor="ann")
        assert refusal.value.params == {"differences": left}
        unexplained = Difference.objects.filter(run=run, resolved_at__isnull=True)
        services.resolve_difference(difference=unexplained[0], note="booked again", actor="ann")
    reopening.reopen(operator=operator_a, run=run, note="", actor="ann")
    assert again(operator_a).is_active


def test_a_partial_or_another_operators_comparison_is_not_enough(operator_a: Operator, operator_b: Operator) -> None:
    point = database_now()
    reopening.close_all(reason="test", point=point)
    late = compare(operator_a, since=point + timedelta(seconds=1))
    short = compare(operator_a, until=point - timedelta(hours=1))
    for run in (late, short, compare(operator_b)):
        with pytest.raises(NotReconciled):
            reopening.reopen(operator=operator_a, run=run, note="", actor="ann")


def test_a_comparison_from_before_the_closure_is_not_enough(operator_a: Operator) -> None:
    run = compare(operator_a)
    Closure.objects.create(operator=operator_a, reason="x", was_active=True, closed_at=database_now())
    with pytest.raises(NotReconciled, match="before"):
        reopening.reopen(operator=operator_a, run=run, note="", actor="ann")


def test_without_a_comparison_somebody_says_why(operator_a: Operator) -> None:
    reopening.close_all(reason="test", point=None)
    with pytest.raises(NotReconciled):
        reopening.reopen(operator=operator_a, run=None, note="", actor="ann")
    reopening.reopen(operator=operator_a, run=None, note="play money", actor="ann")
    assert again(operator_a).is_active


def test_who_was_suspended_before_stays_suspended(operator_a: Operator) -> None:
    suspend_operator(operator=operator_a, reason="licence", actor="test")
    reopening.close_all(reason="test", point=None)
    reopening.reopen(operator=operator_a, run=None, note="compared by hand", actor="ann")
    assert not again(operator_a).is_active
    resume_operator(operator=operator_a, reason="licence renewed", actor="test")


def test_how_a_closure_ended_is_written_once(operator_a: Operator) -> None:
    reopening.close_all(reason="test", point=None)
    closure = reopening.reopen(operator=operator_a, run=None, note="by hand", actor="ann")
    for forged in ({"note": "other"}, {"reopened_at": None, "reopened_by": ""}, {"reason": "other"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Closure.objects.filter(pk=closure.pk).update(**forged)
    with pytest.raises(DatabaseError), transaction.atomic():
        Closure.objects.filter(pk=closure.pk).delete()


@pytest.fixture
def known() -> reopening.Cluster:
    """These books are known to live on this server, and on no other."""
    KnownCluster.objects.all().delete()
    assert reopening.notice_cluster() == []  # a new installation
    return reopening.this_cluster()


def test_on_the_server_that_is_known_nothing_happens(known: reopening.Cluster, operator_a: Operator) -> None:
    assert reopening.notice_cluster() == []
    assert again(operator_a).is_active


def moved(known: reopening.Cluster, **changes: Any) -> None:
    """As if the books had come here from another server, or another timeline of this one."""
    there = {"system": known.system, "timeline": known.timeline} | changes
    KnownCluster.objects.all().delete()
    KnownCluster.objects.create(**there)


@pytest.mark.parametrize("changes", [{"system": "1"}, {"timeline": 7}])
def test_books_that_come_to_another_server_or_timeline_are_closed_by_themselves(
    known: reopening.Cluster, changes: dict[str, Any], operator_a: Operator
) -> None:
    moved(known, **changes)
    assert "alpha" in reopening.notice_cluster()
    assert not again(operator_a).is_active
    assert reopening.notice_cluster() == []  # it is known now; the closure stays
    assert reopening.closure_of(operator_a) is not None


def test_a_complete_standby_may_take_over_and_another_system_never(
    known: reopening.Cluster, settings: Any, operator_a: Operator
) -> None:
    settings.STANDBY_IS_COMPLETE = True
    moved(known, timeline=7)
    assert reopening.notice_cluster() == []
    assert again(operator_a).is_active
    moved(known, system="1")
    assert "alpha" in reopening.notice_cluster()


def test_adopting_a_server_closes_nobody(known: reopening.Cluster, operator_a: Operator) -> None:
    moved(known, system="1")
    call_command("reopen", "--adopt")
    assert reopening.notice_cluster() == []
    assert again(operator_a).is_active


def test_the_command_lists_who_is_closed_and_reopens(capsys: pytest.CaptureFixture[str], operator_a: Operator) -> None:
    reopening.close_all(reason="test", point=None)
    call_command("reopen")
    assert "alpha: closed since" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        call_command("reopen", "alpha")
    assert ended.value.code == 2
    call_command("reopen", "alpha", "--without-comparison", "compared by hand")
    assert "alpha is open: its bets are taken again" in capsys.readouterr().out
    assert again(operator_a).is_active


def test_numbers_jump_so_that_none_is_given_twice() -> None:
    statement = "SELECT last_value FROM public.rounds_round_id_seq"
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('public.rounds_round_id_seq')")
        [before] = cursor.fetchone()
        reopening.close_all(reason="test", point=None)
        cursor.execute(statement)
        [after] = cursor.fetchone()
    assert after - before >= reopening.JUMP


def test_the_api_key_of_a_closed_operator_still_reads(operator_a: Operator) -> None:
    player = new_player(operator_a, money=5_000)
    reopening.close_all(reason="test", point=None)
    answer = backend(operator_a).get(f"wallet/accounts/{player.token}")
    assert answer.status_code == 200
