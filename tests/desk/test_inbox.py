"""What needs a human stands in the inbox with its reason and age, and leaves when it is settled."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.urls import reverse

from desk.inbox.items import Item, words
from flags.models import Flag, FlagStatus, RuleCode
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player
from tests.admin.desk import Desk, Played
from tests.support.bets import new_player

pytestmark = pytest.mark.usefixtures("committed", "undone")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def inbox(desk: Desk) -> list[Any]:
    page = desk.get(reverse("desk-inbox"))
    assert page.status_code == 200
    return [row["item"] for row in page.context["rows"]]


@pytest.fixture
def undone() -> Iterator[None]:
    """What a test puts into the books does not stay there: invariants of other tests would find it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def flag(operator: Operator, player: Player) -> Flag:
    with tenant_context(operator):
        return Flag.objects.create(
            rule=RuleCode.TEMPO, subject=f"player:{player.pk}", player=player, evidence={"bets": 9}
        )


def test_a_flag_waits_until_it_is_dismissed(desk: Desk, operator_a: Operator) -> None:
    player = new_player(operator_a)
    raised = flag(operator_a, player)
    desk.pick(operator_a)
    [item] = [one for one in inbox(desk) if str(raised.pk) in one.address]
    assert player.token in item.title
    assert item.since == raised.raised_at
    assert desk.get(item.address).status_code == 200
    with tenant_context(operator_a):
        Flag.objects.filter(pk=raised.pk).update(
            status=FlagStatus.DISMISSED, reason="nothing", decided_by="staff:x", decided_at=NOW
        )
    assert [one for one in inbox(desk) if str(raised.pk) in one.address] == []


def test_with_no_operator_picked_everybodys_stand_in_it_and_a_click_opens_their_books(
    desk: Desk, operator_a: Operator, operator_b: Operator
) -> None:
    raised = flag(operator_a, new_player(operator_a))
    mine = [one for one in inbox(desk.pick(None)) if str(raised.pk) in one.address]
    assert [one.operator for one in mine] == [operator_a]
    assert f"in the books of {operator_a.name}" in desk.get(reverse("desk-inbox")).content.decode()
    assert not [one for one in inbox(desk.pick(operator_b)) if str(raised.pk) in one.address]


def test_stuck_calls_and_dead_letters_wait_with_their_money(desk: Desk, operator_a: Operator) -> None:
    from keno_platform.core import ids
    from wallet.models import CallState, Kind, WalletCall

    player = new_player(operator_a)
    desk.pick(operator_a)
    with tenant_context(operator_a):
        for state, amount in ((CallState.PENDING, 1_000), (CallState.DEAD, 2_500)):
            cause = ids.bet_id()
            WalletCall.objects.create(
                id=UUID(int=cause.int | Kind.CREDIT),
                kind=Kind.CREDIT,
                state=state,
                bet_id=UUID(int=cause.int | Kind.CREDIT),
                player=player,
                round_id=1,
                game="keno",
                amount=amount,
                attempts=7,
                error="http_500",
                due_at=datetime.now(UTC) if state == CallState.PENDING else None,
                created_at=datetime.now(UTC) - timedelta(hours=1),
            )
    found = {one.kind: one for one in inbox(desk)}
    assert "10.00 KES" in found["Wallet calls stuck"].title
    assert "http_500" in found["Wallet calls stuck"].reason
    assert "25.00 KES" in found["Dead letter"].title
    assert "7 attempts" in found["Dead letter"].reason
    figures = {one.title: one for one in desk.get(reverse("admin:index")).context["figures"]}
    assert figures["Money in doubt"].value == "10.00 KES"
    assert figures["Dead letters"].value == "25.00 KES"
    assert figures["Dead letters"].alarming


def test_the_most_overdue_comes_first_and_is_marked(desk: Desk, operator_a: Operator) -> None:
    young, old = (flag(operator_a, new_player(operator_a)) for _ in range(2))
    with tenant_context(operator_a):
        Flag.objects.filter(pk=old.pk).update(raised_at=datetime.now(UTC) - timedelta(days=3))
    rows = desk.pick(operator_a).get(reverse("desk-inbox")).context["rows"]
    flags = [row for row in rows if str(old.pk) in row["item"].address or str(young.pk) in row["item"].address]
    assert [str(old.pk) in flags[0]["item"].address, str(young.pk) in flags[1]["item"].address] == [True, True]
    assert [row["late"] for row in flags] == [True, False]
    assert flags[0]["age"].startswith("3 d")


def test_what_one_may_not_see_does_not_wait_for_one(operator_a: Operator, clerk: Callable[..., Desk]) -> None:
    flag(operator_a, new_player(operator_a))
    assert [one for one in inbox(clerk().pick(operator_a)) if one.kind == "Flag"] == []
    assert {one.kind for one in inbox(clerk("view_flag").pick(operator_a))} == {"Flag"}


def test_an_age_is_told_in_its_two_largest_units() -> None:
    for seconds, said in ((0, "0 s"), (59, "59 s"), (60, "1 min"), (3_661, "1 h 1 min"), (97_200, "1 d 3 h")):
        assert words(timedelta(seconds=seconds)) == said
    assert words(timedelta(seconds=-5)) == "0 s"


def test_an_item_is_late_when_its_time_is_over() -> None:
    item = Item(kind="k", title="t", reason="r", since=NOW - timedelta(hours=2), within=timedelta(hours=1), address="/")
    assert item.is_late(NOW)
    assert not item.is_late(NOW - timedelta(hours=1))
    assert item.age(NOW) == "2 h 0 min"


def test_every_item_that_stands_there_can_be_opened(desk: Desk, played: dict[str, Played]) -> None:
    desk.pick(played["alpha"].operator)
    for item in inbox(desk):
        assert desk.get(item.address).status_code == 200, item
