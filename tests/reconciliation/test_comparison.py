"""Comparing an operator's list with our books on the seamless wallet: what is equal, what differs, what is in doubt."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError, transaction

from audit.models import AuditEntry
from keno_platform.core import ids
from operators.models import Operator, WalletMode
from operators.tenancy import tenant_context
from reconciliation import services
from reconciliation.models import Difference, ReconciliationRun
from reconciliation.operator_files import rows_of
from rounds.selectors import database_now
from tests.reconciliation.books import call_of, conclude, credit, debit, mirror, movement, roll_back, row, staked
from tests.reconciliation.conftest import make
from tests.support.bets import new_player, place
from tests.support.database import rows as database_rows
from wallet.models import Transaction

pytestmark = pytest.mark.usefixtures("committed")
Listed = list[dict[str, str]]


BEGAN: dict[str, Any] = {}
"""When the running test began: what other tests left in the same books is before it."""


@pytest.fixture
def operator(seamless: Operator) -> Operator:
    BEGAN["since"] = database_now()
    return seamless


def compare(operator: Operator, listed: Listed, **period: Any) -> ReconciliationRun:
    period = period or BEGAN
    return services.reconcile(operator=operator, rows=rows_of(listed), file_name="x", actor="test", **period)


def found(run: ReconciliationRun) -> set[tuple[str, UUID]]:
    return set(Difference.objects.filter(run=run).values_list("result", "transaction_id"))


def counts(run: ReconciliationRun) -> tuple[int, int, int, int, int]:
    return run.matched, run.missing_here, run.missing_there, run.different_amount, run.in_doubt


def test_books_that_say_the_same_are_equal_whatever_became_of_each_call(operator: Operator) -> None:
    player, [won, lost, cancelled] = staked(operator, 1000, 2000, 3000)
    credit(operator, player, [won, lost], [3550, 0])
    conclude(operator, movement(won, 7))
    conclude(operator, movement(lost, 7))
    roll_back(operator, cancelled)
    conclude(operator, movement(cancelled, 8))
    debit(operator, player, 700, state="refused")
    doubtful = debit(operator, player, 800, state="in_doubt")
    conclude(operator, movement(doubtful, 8))
    run = compare(operator, mirror(operator, **BEGAN))
    assert counts(run) == (3, 0, 0, 0, 0)
    assert (run.total_here, run.total_there) == (1000 + 2000 + 3550, 1000 + 2000 + 3550)
    assert found(run) == set()


def test_what_one_side_lacks_is_missing_there_or_here(operator: Operator) -> None:
    [_, lost] = staked(operator, 1000, 2000)[1]
    stranger = movement(ids.bet_id(), 6)
    listed = [one for one in mirror(operator, **BEGAN) if one["transaction_id"] != str(movement(lost, 6))]
    run = compare(operator, [*listed, row(stranger, "debit", "5.00")])
    assert counts(run) == (1, 1, 1, 0, 0)
    assert found(run) == {("missing_there", movement(lost, 6)), ("missing_here", stranger)}


def test_an_id_that_the_operator_applied_twice_has_another_amount(operator: Operator) -> None:
    _, [twice] = staked(operator, 1000)
    one = row(movement(twice, 6), "debit", "10.00")
    run = compare(operator, [one, one])
    assert counts(run) == (0, 0, 0, 1, 0)
    [difference] = Difference.objects.filter(run=run)
    assert (difference.minor_here, difference.minor_there, difference.rows_there) == (1000, 2000, 2)


def test_a_journal_that_tells_what_moved_in_the_end_is_read_by_that(operator: Operator) -> None:
    player, [good, twice, gone] = staked(operator, 1000, 1000, 1000)
    credit(operator, player, [good], [3550])
    conclude(operator, movement(good, 7))
    roll_back(operator, gone)
    conclude(operator, movement(gone, 8))
    listed = [
        row(movement(good, 6), "debit", "10.00", status="ok", effective="-10.00"),
        row(movement(good, 7), "credit", "35.50", status="ok", effective="35.50"),
        row(movement(twice, 6), "debit", "10.00", status="ok", effective="-20.00"),
        row(movement(gone, 6), "debit", "10.00", status="rolled_back", effective="0.00"),
        row(movement(gone, 8), "rollback", "10.00", status="ok", effective="0.00"),
    ]
    run = compare(operator, listed)
    assert counts(run) == (2, 0, 0, 1, 0)
    assert found(run) == {("different_amount", movement(twice, 6))}


def test_another_amount_and_another_currency_differ(operator: Operator) -> None:
    _, [amount, currency] = staked(operator, 1000, 1000)
    listed = [
        row(movement(amount, 6), "debit", "10.01"),
        row(movement(currency, 6), "debit", "10.00", currency="USD"),
    ]
    run = compare(operator, listed)
    assert counts(run) == (0, 0, 0, 2, 0)
    assert sorted(Difference.objects.filter(run=run).values_list("currency_there", flat=True)) == ["KES", "USD"]


@pytest.mark.parametrize("debited", ["applied", "rolled_back", None], ids=["unmarked", "marked", "left away"])
def test_a_debit_that_was_rolled_back_is_like_one_that_never_was(operator: Operator, debited: str | None) -> None:
    _, [bet] = staked(operator, 1000)
    roll_back(operator, bet)
    conclude(operator, movement(bet, 8))
    listed = [row(movement(bet, 8), "rollback", "10.00")]
    if debited:
        listed.append(row(movement(bet, 6), "debit", "10.00", status=debited))
    assert counts(compare(operator, listed)) == (0, 0, 0, 0, 0)
    assert counts(compare(operator, [])) == (0, 0, 0, 0, 0)


def test_a_rollback_that_the_operator_did_not_apply_shows(operator: Operator) -> None:
    _, [bet] = staked(operator, 1000)
    roll_back(operator, bet)
    conclude(operator, movement(bet, 8))
    run = compare(operator, [row(movement(bet, 6), "debit", "10.00")])
    assert found(run) == {("missing_here", movement(bet, 6))}


def test_a_debit_applied_twice_and_rolled_back_once_shows_what_is_left(operator: Operator) -> None:
    _, [bet] = staked(operator, 1000)
    roll_back(operator, bet)
    conclude(operator, movement(bet, 8))
    one = row(movement(bet, 6), "debit", "10.00")
    run = compare(operator, [one, one, row(movement(bet, 8), "rollback", "10.00")])
    [difference] = Difference.objects.filter(run=run)
    assert (difference.result, difference.minor_here, difference.minor_there) == ("missing_here", None, 1000)


def test_a_stake_given_back_twice_shows(operator: Operator) -> None:
    _, [bet] = staked(operator, 1000)
    roll_back(operator, bet)
    conclude(operator, movement(bet, 8))
    back = row(movement(bet, 8), "rollback", "10.00")
    run = compare(operator, [row(movement(bet, 6), "debit", "10.00", status="rolled_back"), back, back])
    [difference] = Difference.objects.filter(run=run)
    assert (difference.result, difference.minor_there) == ("missing_here", -1000)


def test_a_tombstone_counts_as_nothing(operator: Operator) -> None:
    doubtful = debit(operator, new_player(operator), 1000, state="in_doubt")
    conclude(operator, movement(doubtful, 8))
    listed = [
        row(movement(doubtful, 6), "debit", "10.00", status="tombstone"),
        row(movement(doubtful, 8), "rollback", "10.00", status="not_found"),
    ]
    assert counts(compare(operator, listed)) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("there", [True, False], ids=["applied there", "unknown there"])
def test_what_is_in_doubt_is_told_beside_and_is_no_difference(operator: Operator, there: bool) -> None:
    player, [leaving, winner] = staked(operator, 1000, 1000)
    pending, doubtful = debit(operator, player, 1000, state=None), debit(operator, player, 1000, state="in_doubt")
    roll_back(operator, leaving)
    credit(operator, player, [winner], [3550])
    open_ids = {movement(pending, 6), movement(doubtful, 6), movement(leaving, 6), movement(winner, 7)}
    listed = [row(movement(winner, 6), "debit", "10.00")]
    if there:
        listed += [row(one, "credit" if one.int & 0xF == 7 else "debit", "10.00") for one in open_ids]
    run = compare(operator, listed)
    assert counts(run) == (1, 0, 0, 0, 4)
    assert found(run) == {("in_doubt", one) for one in open_ids}
    assert run.differences == 0


def test_a_dead_credit_is_in_doubt_until_staff_resolve_it(operator: Operator) -> None:
    player, [winner] = staked(operator, 1000)
    credit(operator, player, [winner], [3550])
    conclude(operator, movement(winner, 7), "dead")
    assert counts(compare(operator, [row(movement(winner, 6), "debit", "10.00")])) == (1, 0, 0, 0, 1)


def test_a_period_takes_what_either_side_made_in_it_and_pairs_across_its_ends(operator: Operator) -> None:
    _, [first, second] = staked(operator, 1000, 2000)
    made = call_of(operator, movement(second, 6)).created_at
    minute = timedelta(minutes=1)
    listed = [
        row(movement(first, 6), "debit", "10.00", at=made - minute),
        row(movement(second, 6), "debit", "20.00", at=made + minute),
    ]
    # Ours in the period, theirs past its end: a pair all the same.
    run = compare(operator, listed, since=made, until=made + timedelta(microseconds=1))
    assert counts(run) == (1, 0, 0, 0, 0)
    # Theirs in the period, ours before it: a pair too.
    run = compare(operator, listed, since=made + timedelta(seconds=30), until=made + 2 * minute)
    assert counts(run) == (1, 0, 0, 0, 0)
    # Neither is in it: it says nothing of them, whatever the list lacks.
    assert counts(compare(operator, [], since=made + minute, until=made + 2 * minute)) == (0, 0, 0, 0, 0)
    # Missing in the list, and ours is in the period.
    assert counts(compare(operator, listed[:1], since=made, until=made + minute)) == (0, 0, 1, 0, 0)


def test_a_period_without_length_is_refused_and_nothing_is_kept(operator: Operator) -> None:
    moment = call_of(operator, movement(staked(operator, 1000)[1][0], 6)).created_at
    kept = ReconciliationRun.objects.filter(operator=operator).count()
    with pytest.raises(services.ReconciliationPeriodInvalid):
        compare(operator, [], since=moment, until=moment)
    assert ReconciliationRun.objects.filter(operator=operator).count() == kept


def test_a_comparison_changes_no_book(operator: Operator) -> None:
    staked(operator, 1000, 2000)
    tables = [
        f"{operator.schema_name}.{name}" for name in ("wallet_walletcall", "wallet_transaction", "wallet_account")
    ]
    contents = "; ".join(f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {table} t" for table in tables)
    before = [database_rows(one) for one in contents.split("; ")]
    run = compare(operator, [row(movement(ids.bet_id(), 6), "debit", "5.00")])
    assert run.differences == 3
    assert [database_rows(one) for one in contents.split("; ")] == before


def test_another_operators_transactions_are_neither_seen_nor_matched(operator: Operator) -> None:
    other = make(WalletMode.SEAMLESS)
    _, [foreign] = staked(other, 1000)
    run = compare(operator, mirror(other))
    assert found(run) == {("missing_here", movement(foreign, 6))}
    [difference] = Difference.objects.filter(run=run)
    assert (difference.minor_here, difference.state_here, difference.bet_id) == (None, "", None)


def test_a_difference_is_resolved_once_and_only_so(operator: Operator) -> None:
    run = compare(operator, [row(movement(ids.bet_id(), 6), "debit", "5.00")])
    [difference] = Difference.objects.filter(run=run)
    services.resolve_difference(difference=difference, note="booked by hand there", actor="staff:ann")
    difference.refresh_from_db()
    assert (difference.resolution, difference.resolved_by) == ("booked by hand there", "staff:ann")
    entry = AuditEntry.objects.filter(event_type="difference.resolved").latest("pk")
    assert (entry.actor, entry.operator_id, entry.after["note"]) == ("staff:ann", operator.pk, "booked by hand there")
    with pytest.raises(services.DifferenceClosed):
        services.resolve_difference(difference=difference, note="again", actor="staff:bob")
    for change in ({"minor_there": 1}, {"resolution": "other"}):
        with pytest.raises(ProgrammingError), transaction.atomic():
            Difference.objects.filter(pk=difference.pk).update(**change)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Difference.objects.filter(pk=difference.pk).delete()
    assert run.differences == 1


class TestOnTheTransferWallet:
    def test_deposits_and_withdrawals_are_compared_and_stakes_where_they_are_listed(
        self, transfer: Operator, standing_rounds: list[Any]
    ) -> None:
        BEGAN["since"] = database_now()
        player = new_player(transfer, money=5000)
        bet = place(transfer, player, round_id=standing_rounds[0].pk)
        with tenant_context(transfer):
            gift = Transaction.objects.get(kind=4, account__player=player)
        listed = [row(gift.pk, "deposit", "50.00", status="ok")]
        assert counts(compare(transfer, listed)) == (1, 0, 0, 0, 0)
        assert counts(compare(transfer, [])) == (0, 0, 1, 0, 0)
        stake = row(movement(bet.pk, 1), "stake", "10.00")
        assert counts(compare(transfer, [*listed, stake])) == (2, 0, 0, 0, 0)
        wrong = compare(transfer, [*listed, stake | {"amount": "9.00"}])
        assert found(wrong) == {("different_amount", movement(bet.pk, 1))}
        [difference] = Difference.objects.filter(run=wrong)
        assert (difference.bet_id, difference.round_id) == (bet.pk, standing_rounds[0].pk)
