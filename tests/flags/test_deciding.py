"""Flags are read by the operator and decided about by staff, on record."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction

from audit.models import AuditEntry
from flags import services
from flags.models import Flag, FlagStatus, RuleCode
from operators.models import Operator
from operators.tenancy import tenant_context
from tests.admin.desk import Desk, page_address
from tests.support.api import call, refusal
from tests.support.bets import backend, new_player, player_client

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def flag(operator_a: Operator) -> Flag:
    player = new_player(operator_a)
    with tenant_context(operator_a):
        return Flag.objects.create(
            rule=RuleCode.TEMPO, subject=f"player:{player.pk}", player=player, evidence={"slips": 77}
        )


def decided(operator: Operator, flag: Flag) -> Flag:
    with tenant_context(operator):
        return Flag.objects.get(pk=flag.pk)


class TestStaff:
    @pytest.fixture
    def desk(self, unique: Callable[[str], str], operator_a: Operator) -> Desk:
        user = User.objects.create_user(unique("clerk"), is_staff=True)
        user.user_permissions.add(*Permission.objects.filter(codename__in=("view_flag", "change_flag")))
        return Desk(user).pick(operator_a)

    def test_a_flag_is_acknowledged_and_dismissed_with_a_reason_on_record(
        self, desk: Desk, flag: Flag, operator_a: Operator
    ) -> None:
        page = desk.get(page_address(flag)).content.decode()
        assert "impossible tempo" in page
        assert "77" in page
        assert desk.client.post(page_address(flag, "acknowledge"), {"acting_in": str(operator_a.pk)}).status_code == 302
        assert decided(operator_a, flag).status == FlagStatus.ACKNOWLEDGED
        empty = desk.client.post(page_address(flag, "dismiss"), {"acting_in": str(operator_a.pk), "reason": ""})
        assert empty.status_code == 200, "without a reason it is asked again"
        answer = {"acting_in": str(operator_a.pk), "reason": "a shop's terminal"}
        assert desk.client.post(page_address(flag, "dismiss"), answer).status_code == 302
        after = decided(operator_a, flag)
        assert (after.status, after.reason) == (FlagStatus.DISMISSED, "a shop's terminal")
        assert after.decided_by.startswith("staff:clerk")
        entries = AuditEntry.objects.filter(after__flag_id=str(flag.pk)).order_by("pk")
        assert [entry.event_type for entry in entries] == ["flag.acknowledged", "flag.dismissed"]
        assert entries[1].before == {"status": "acknowledged"}
        assert entries[1].after["reason"] == "a shop's terminal"

    def test_who_may_only_look_may_not_decide(
        self, unique: Callable[[str], str], flag: Flag, operator_a: Operator
    ) -> None:
        user = User.objects.create_user(unique("clerk"), is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="view_flag"))
        desk = Desk(user).pick(operator_a)
        assert desk.get(page_address(flag)).status_code == 200
        assert desk.client.post(page_address(flag, "dismiss"), {"reason": "no right to"}).status_code == 403
        assert decided(operator_a, flag).status == FlagStatus.OPEN


def test_a_flag_is_decided_once(flag: Flag, operator_a: Operator) -> None:
    services.dismiss(operator=operator_a, flag_id=flag.pk, reason="x", actor="staff:a")
    for again in (services.acknowledge, lambda **who: services.dismiss(reason="y", **who)):
        with pytest.raises(services.FlagDecided):
            again(operator=operator_a, flag_id=flag.pk, actor="staff:b")
    assert decided(operator_a, flag).reason == "x"


def test_the_table_itself_keeps_the_rules(flag: Flag, operator_a: Operator) -> None:
    with tenant_context(operator_a):
        for change in ({"status": "odd"}, {"rule": "odd"}, {"status": "dismissed"}, {"status": "acknowledged"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Flag.objects.filter(pk=flag.pk).update(**change)
        with pytest.raises(IntegrityError), transaction.atomic():
            Flag.objects.create(rule=flag.rule, subject=flag.subject, evidence={})


class TestTheOperator:
    def read(self, operator: Operator, path: str) -> Any:
        answer = backend(operator).get(path)
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)

    def test_it_reads_its_flags_by_player_rule_and_status(self, flag: Flag, operator_a: Operator) -> None:
        token = flag.player.token  # type: ignore[union-attr]
        [shown] = self.read(operator_a, f"flags?player_token={token}&rule=impossible_tempo&status=open")["results"]
        assert shown == self.read(operator_a, f"flags/{flag.pk}")
        assert shown["player_token"] == token
        assert shown["evidence"] == {"slips": 77}
        assert (shown["times"], shown["decided_at"], shown["reason"]) == (1, None, "")
        assert self.read(operator_a, f"flags?player_token={token}&status=dismissed")["results"] == []

    def test_what_is_no_filter_is_refused(self, operator_a: Operator) -> None:
        for query in ("status=odd", "rule=odd", "status=null"):
            refusal(backend(operator_a).get(f"flags?{query}"), 422, "parameter_invalid")

    def test_players_and_other_operators_see_none(self, flag: Flag, operator_a: Operator, operator_b: Operator) -> None:
        player = player_client(operator_a, new_player(operator_a))
        refusal(player.get("flags"), 401, "unauthenticated")
        refusal(player.get(f"flags/{flag.pk}"), 401, "unauthenticated")
        refusal(backend(operator_b).get(f"flags/{flag.pk}"), 404, "not_found")
        refusal(call("GET", f"flags/{uuid4()}", credential=backend(operator_a).secret), 404, "not_found")
