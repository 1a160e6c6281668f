"""Lists of big tables: pages by key, without counting, as cheap far behind as in front."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from access.models import Role
from audit import services as audit
from audit.models import AuditEntry
from audit.services import Event
from bets.models import BetState
from keno_platform.staff.keyset import (
    KeysetList,
    Order,
    Place,
    count_within,
    estimate,
    from_text,
    read_page,
    sortable,
    to_text,
)
from operators.tenancy import tenant_context
from rounds.models import Round
from tests.admin.desk import Desk, Played, list_address
from tests.support.staff import new_member
from wallet.models import Transaction

pytestmark = pytest.mark.usefixtures("committed")
BY_TIME = Order(fields=("created_at", "id"), descending=True)
MANY = 20_000


@pytest.fixture(scope="module")
def many(django_db_setup: None, django_db_blocker: Any) -> UUID:
    """An operator's id under which twenty thousand entries are on record."""
    operator_id = uuid4()
    with django_db_blocker.unblock(), transaction.atomic():
        audit.record_many(
            [
                Event(event_type="page.turned", description=f"page {number}", operator_id=operator_id)
                for number in range(MANY)
            ]
        )
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_auditentry")
    return operator_id


def of(operator_id: UUID) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(operator_id=operator_id)


def pages(rows: QuerySet[Any], order: Order, *, size: int) -> Iterator[list[Any]]:
    place: Place | None = None
    while True:
        page = read_page(rows, order, place, size=size)
        yield page.rows
        if page.next is None:
            return
        place = page.next


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("size", [1, 7, 50])
def test_pages_hold_every_row_once_and_in_order_also_where_all_have_the_same_time(
    many: UUID, descending: bool, size: int
) -> None:
    order = Order(fields=("created_at", "id"), descending=descending)
    bound = of(many).order_by("pk")[200].pk
    rows = of(many).filter(pk__lt=bound)
    wanted = list(rows.order_by(*order.names).values_list("pk", flat=True))
    assert len(wanted) == 200
    assert rows.values("created_at").distinct().count() == 1  # one transaction wrote them: time alone orders nothing
    assert [row.pk for page in pages(rows, order, size=size) for row in page] == wanted


def test_going_back_gives_the_pages_that_one_came_from(many: UUID) -> None:
    order = Order(fields=("id",), descending=True)
    there: list[list[UUID]] = []
    place, previous = None, None
    for _ in range(5):
        page = read_page(of(many), order, place, size=50)
        there.append([row.pk for row in page.rows])
        place, previous = page.next, page.previous
    for number in (3, 2, 1, 0):
        assert previous is not None
        page = read_page(of(many), order, previous, size=50)
        assert [row.pk for row in page.rows] == there[number]
        assert (page.previous is None) == (number == 0)
        previous = page.previous


def test_the_last_page_has_none_behind_it_and_an_empty_list_has_neither(many: UUID) -> None:
    order = Order(fields=("id",), descending=True)
    first = of(many).order_by("pk")[3]
    page = read_page(of(many), order, Place(values=(first.pk,)), size=50)
    assert len(page.rows) == 3
    assert page.next is None
    assert page.previous is not None
    nothing = read_page(of(uuid4()), order, None, size=50)
    assert (nothing.rows, nothing.previous, nothing.next) == ([], None, None)


def test_rows_that_come_meanwhile_shift_no_page(played: dict[str, Played], many: UUID) -> None:
    order = Order(fields=("id",), descending=True)
    first = read_page(of(many), order, None, size=50)
    behind = read_page(of(many), order, first.next, size=50)
    audit.record("page.turned", description="one more", operator_id=many)
    again = read_page(of(many), order, first.next, size=50)
    assert [row.pk for row in again.rows] == [row.pk for row in behind.rows]


def test_a_place_survives_its_way_through_an_address(played: dict[str, Played]) -> None:
    with tenant_context(played["alpha"].operator):
        page = read_page(Transaction.objects.all(), BY_TIME, None, size=5)
    assert page.next is not None
    assert from_text(to_text(page.next), Transaction, BY_TIME) == page.next


@pytest.mark.parametrize(
    "text",
    ["x", "W10", "bm90IGpzb24", to_text(Place(values=("only one",))), to_text(Place(values=("a", "b", "c")))],
)
def test_a_place_that_no_list_gave_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        from_text(text, Transaction, BY_TIME)


def test_a_list_asks_neither_for_a_count_nor_for_an_offset_and_compares_two_columns_as_a_row(
    desk: Desk, played: dict[str, Played]
) -> None:
    desk.pick(played["alpha"].operator)
    by_time = f"o={_place_of_created_at(desk)}"
    for model, query, wanted in (
        (BetState, "", r'"bets_betstate"\."id" < '),
        (Transaction, by_time, r'\("wallet_transaction"\."created_at", "wallet_transaction"\."id"\) > \('),
    ):
        first = desk.get(list_address(model), query)
        assert len(first.context["cl"].result_list) == 50
        with CaptureQueriesContext(connection) as queries:
            second = desk.get(list_address(model) + first.context["cl"].next_address)
        assert len(second.context["cl"].result_list) > 20
        asked = [one["sql"] for one in queries if f'FROM "{model._meta.db_table}"' in one["sql"]]
        [page] = [statement for statement in asked if "LIMIT 51" in statement]
        assert re.search(wanted, page), page
        assert not [one for one in asked if "COUNT(" in one.upper() or "OFFSET" in one.upper()]


def _place_of_created_at(desk: Desk) -> int:
    shown = desk.get(list_address(Transaction)).context["cl"].list_display
    return [getattr(one, "__name__", one) for one in shown].index("created_at")


def test_links_lead_through_the_whole_list_and_back(desk: Desk, played: dict[str, Played]) -> None:
    own = played["alpha"]
    desk.pick(own.operator)
    first = desk.get(list_address(BetState), f"q={own.player.token}").context["cl"]
    second = desk.get(list_address(BetState) + first.next_address).context["cl"]
    shown = [row.pk for row in (*first.result_list, *second.result_list)]
    assert sorted(shown) == sorted(bet.pk for bet in (*own.bets, own.cancelled))
    assert second.next_address is None
    back = desk.get(list_address(BetState) + second.previous_address).context["cl"]
    assert back.result_list == first.result_list
    assert back.previous_address is None
    assert desk.get(list_address(BetState) + second.first_address).context["cl"].result_list == first.result_list


def test_another_filter_or_search_begins_at_its_first_page(desk: Desk, played: dict[str, Played]) -> None:
    desk.pick(played["alpha"].operator)
    first = desk.get(list_address(BetState)).context["cl"]
    page = desk.get(list_address(BetState) + first.next_address)
    assert "at=" in first.next_address
    filters = re.findall(r'href="(\?[^"]*(?:day|status)[^"]*)"', page.content.decode())
    assert filters
    assert not [address for address in filters if "at=" in address]
    assert 'name="at"' not in page.content.decode()


def test_a_place_that_makes_no_sense_leads_back_to_the_list(desk: Desk, played: dict[str, Played]) -> None:
    desk.pick(played["alpha"].operator)
    answer = desk.get(list_address(BetState), "at=nonsense")
    assert answer.status_code == 302
    assert "e=1" in answer["Location"]


def buffers(rows: QuerySet[Any]) -> int:
    """How many blocks the server looks at for these rows."""
    plan = json.loads(rows.explain(format="json", analyze=True, buffers=True))[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def test_a_page_far_behind_costs_no_more_than_the_first_while_an_offset_would(many: UUID) -> None:
    rows = of(many).order_by("-pk")
    far = rows[MANY - 1_000]
    first = buffers(rows[:51])
    behind = buffers(rows.filter(pk__lt=far.pk)[:51])
    by_offset = buffers(rows[MANY - 1_000 : MANY - 949])
    assert behind <= 2 * first + 10
    assert by_offset > 5 * behind


def test_only_what_an_index_has_in_order_can_be_sorted_by(desk: Desk, played: dict[str, Played]) -> None:
    assert sortable(Transaction, "created_at")
    assert sortable(Transaction, "id")
    for model, name in ((Transaction, "amount"), (BetState, "stake"), (Round, "bets_count"), (Round, "no_such")):
        assert not sortable(model, name)
    desk.pick(played["alpha"].operator)
    plain = desk.get(list_address(BetState)).context["cl"]
    place = [getattr(one, "__name__", one) for one in plain.list_display].index("hits")
    asked = desk.get(list_address(BetState), f"o={place}").context["cl"]
    assert asked.result_list == plain.result_list


def test_a_list_says_about_how_many_rows_its_table_has_and_counts_when_it_is_asked(desk: Desk, many: UUID) -> None:
    about = estimate("audit_auditentry")
    assert about is not None
    assert about == pytest.approx(AuditEntry.objects.count(), rel=0.1)
    page = desk.get(list_address(AuditEntry), f"q={many}")
    text = page.content.decode()
    assert "rows in the whole table" in text
    assert "exactly" not in text
    counted = desk.get(list_address(AuditEntry) + page.context["cl"].count_address).content.decode()
    assert f"exactly {of(many).count():,} rows in this list" in counted


def test_partitions_count_together_and_a_table_that_nobody_knows_has_no_estimate(played: dict[str, Played]) -> None:
    with tenant_context(played["alpha"].operator):
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE bets_bet")
        about = estimate("bets_bet")
        assert about == BetState.objects.count()
    assert estimate("no_such_table") is None


def test_an_operators_own_staff_is_told_how_much_is_theirs_and_not_how_much_the_others_do(
    played: dict[str, Played], many: UUID, unique: Callable[[str], str]
) -> None:
    own = played["alpha"].operator
    with tenant_context(own), connection.cursor() as cursor:
        cursor.execute("ANALYZE bets_bet")
    desk = Desk(new_member(unique("own"), Role.OPERATOR_STAFF, own).user)
    for model, is_told in ((BetState, True), (AuditEntry, False)):
        text = desk.get(list_address(model), "day=any").content.decode()
        assert "Count this list" in text
        assert ("rows in the whole table" in text) == is_told


def test_a_count_that_takes_too_long_is_given_up_and_said(many: UUID) -> None:
    slow = of(many).extra(where=["pg_sleep(0.2) IS NOT NULL"])
    assert count_within(slow, milliseconds=50) is None
    assert count_within(of(many), milliseconds=60_000) == of(many).count()


def test_every_list_of_a_big_table_is_paged_by_key() -> None:
    from django.contrib import admin

    for page in admin.site._registry.values():
        if getattr(page, "is_big", False):
            assert page.get_changelist(None) is KeysetList
