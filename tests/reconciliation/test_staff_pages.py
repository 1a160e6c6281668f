"""What staff see of comparisons, and how they explain a difference."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User

from audit.models import AuditEntry
from keno_platform.core import clock, ids
from operators.models import Operator
from reconciliation import services
from reconciliation.models import DailyFile, Difference, ReconciliationRun
from reconciliation.operator_files import rows_of
from tests.admin.desk import Desk, list_address, page_address, told
from tests.reconciliation.books import movement, row

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def desk(committed: None, unique: Callable[[str], str]) -> Desk:
    return Desk(User.objects.create_superuser(unique("boss")))


@pytest.fixture
def difference(seamless: Operator) -> Difference:
    stranger = movement(ids.bet_id(), 6)
    listed = rows_of([row(stranger, "debit", "5.00")])
    run = services.reconcile(operator=seamless, rows=listed, file_name="books.csv", actor="test", since=clock.now())
    return Difference.objects.get(run=run)


def test_comparisons_and_what_they_found_have_pages(seamless: Operator, desk: Desk, difference: Difference) -> None:
    run = difference.run
    listed = desk.get(list_address(ReconciliationRun), f"q={run.pk}").content.decode()
    assert "differs" in listed
    page = desk.get(page_address(run)).content.decode()
    assert "books.csv" in page
    assert "5.00 KES" in page
    found = desk.get(list_address(Difference), f"run__id__exact={run.pk}")
    assert [one.pk for one in found.context["cl"].result_list] == [difference.pk]
    shown = desk.get(page_address(difference)).content.decode()
    for text in (str(difference.transaction_id), "the operator has it, we do not", "5.00 KES", seamless.name):
        assert text in shown


def test_a_difference_is_explained_with_a_reason_that_stands_in_the_audit_log(
    seamless: Operator, desk: Desk, difference: Difference
) -> None:
    address = page_address(difference, "resolve")
    assert "changes no book" in desk.get(address).content.decode()
    desk.take(address, reason="")
    difference.refresh_from_db()
    assert difference.resolved_at is None
    done = desk.take(address, reason="they booked it twice")
    assert "resolved" in told(done)
    difference.refresh_from_db()
    assert (difference.resolution, difference.resolved_by) == (
        "they booked it twice",
        f"staff:{desk.user.get_username()}",
    )
    entry = AuditEntry.objects.filter(event_type="difference.resolved").latest("pk")
    assert (entry.operator_id, entry.after["note"]) == (seamless.pk, "they booked it twice")
    again = desk.client.get(address)
    assert again.status_code == 302
    assert "they booked it twice" in desk.get(page_address(difference)).content.decode()


def test_staff_who_may_only_look_explain_nothing(unique: Callable[[str], str], difference: Difference) -> None:
    clerk = User.objects.create_user(unique("clerk"), is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_difference"))
    desk = Desk(clerk)
    assert desk.get(page_address(difference)).status_code == 200
    address = page_address(difference, "resolve")
    assert desk.get(address).status_code == 403
    assert desk.client.post(address, {"reason": "no right to", "acting_in": ""}).status_code == 403
    difference.refresh_from_db()
    assert difference.resolved_at is None


def test_nobody_adds_changes_or_deletes_what_was_found(desk: Desk, difference: Difference) -> None:
    for model in (ReconciliationRun, Difference, DailyFile):
        assert desk.client.post(list_address(model) + "add/", {}).status_code == 403
    for record in (difference, difference.run):
        assert desk.client.post(page_address(record), {"matched": "1"}).status_code == 403
        assert desk.client.post(page_address(record, "delete"), {"post": "yes"}).status_code == 403
