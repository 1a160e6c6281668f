"""What goes on record beside what services write of themselves."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from access.models import Role
from audit.models import AuditEntry
from audit.services.clocks import STEP_MS, ClockWatch
from operators.middleware import SESSION_FIELD
from operators.models import Operator
from operators.tenancy import tenant_context
from players import services as players
from players.services import PlayerBlocked, RegionRestricted, SessionExpired
from tests.support.staff import PASSWORD, code_of_now, new_member

pytestmark = pytest.mark.django_db


def told(event: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(event_type=event).order_by("pk"))


def test_log_ins_of_staff_and_their_ends_are_recorded_with_their_address() -> None:
    new_member("compliance", Role.COMPLIANCE)
    client = Client(REMOTE_ADDR="192.0.2.44")
    login = reverse("admin:login")
    client.post(login, {"username": "compliance", "password": "wrongly typed"})
    client.post(login, {"username": "compliance", "password": PASSWORD})
    client.post(reverse("admin:second_factor"), {"code": code_of_now()})
    client.post(reverse("admin:logout"))
    entries = AuditEntry.objects.filter(event_type__startswith="staff.log").order_by("pk")
    found = [(one.event_type, one.actor, one.address) for one in entries if one.actor == "staff:compliance"]
    assert found == [
        ("staff.log_in_refused", "staff:compliance", "192.0.2.44"),
        ("staff.logged_in", "staff:compliance", "192.0.2.44"),
        ("staff.logged_out", "staff:compliance", "192.0.2.44"),
    ]
    said = str([(one.description, one.after, one.before) for one in entries])
    assert PASSWORD not in said
    assert "wrongly typed" not in said


@pytest.mark.parametrize("name", ["", "x" * 500, "a\x00b", "\u202e"])
def test_whatever_is_typed_as_a_name_is_recorded_and_breaks_nothing(name: str) -> None:
    before = len(told("staff.log_in_refused"))
    answer = Client().post(reverse("admin:login"), {"username": name, "password": "wrong"})
    assert answer.status_code == 200
    assert len(told("staff.log_in_refused")) <= before + 1


def test_who_opens_a_players_page_is_on_record(operator_a: Operator, unique: Any) -> None:
    with tenant_context(operator_a):
        player = players.ensure_player(operator=operator_a, token=unique("seen"), currency="KES")
    User.objects.create_superuser("support", password="a long enough one")
    client = Client(REMOTE_ADDR="192.0.2.45")
    client.force_login(User.objects.get(username="support"))
    session = client.session
    session[SESSION_FIELD] = str(operator_a.pk)
    session.save()
    page = reverse("admin:players_player_change", args=[player.pk])
    answer = client.get(page)
    if answer.status_code != 200:
        pytest.fail(f"{answer.status_code} {answer.headers.get('Location')}")
    [entry] = told("staff.viewed")
    assert (entry.actor, entry.address, entry.operator_id) == ("staff:support", "192.0.2.45", operator_a.pk)
    assert entry.after == {"page": "players.player", "key": str(player.pk)}


class TestSessions:
    def test_that_a_blocked_player_got_none_is_recorded(self, operator_a: Operator, unique: Any) -> None:
        with tenant_context(operator_a):
            player = players.ensure_player(operator=operator_a, token=unique("blocked"), currency="KES")
            player = players.set_blocked(operator=operator_a, token=player.token, blocked=True, actor="test")
            with pytest.raises(PlayerBlocked):
                players.open_session(operator=operator_a, player=player, language="en", country="")
        entry = told("session.refused")[-1]
        assert entry.after == {"code": "player_blocked", "player_id": player.pk, "country": ""}

    def test_that_a_country_is_not_served_is_recorded(self, operator_a: Operator, unique: Any) -> None:
        operator_a.region_restrictions = ["FR"]
        with tenant_context(operator_a):
            player = players.ensure_player(operator=operator_a, token=unique("abroad"), currency="KES")
            with pytest.raises(RegionRestricted):
                players.open_session(operator=operator_a, player=player, language="en", country="FR")
        assert told("session.refused")[-1].after == {
            "code": "region_restricted",
            "player_id": player.pk,
            "country": "FR",
        }

    def test_a_used_launch_token_is_recorded_and_an_unknown_one_is_not(self, operator_a: Operator, unique: Any) -> None:
        with tenant_context(operator_a):
            player = players.ensure_player(operator=operator_a, token=unique("twice"), currency="KES")
            session, launch = players.open_session(operator=operator_a, player=player, language="en", country="")
            secret = launch.partition(".")[2]
            players.enter_session(operator=operator_a, launch=secret)
            before = len(told("session.refused"))
            for one in (secret, "never given out"):
                with pytest.raises(SessionExpired):
                    players.enter_session(operator=operator_a, launch=one)
        entries = told("session.refused")[before:]
        assert [one.after["session_id"] for one in entries if one.after] == [str(session.pk)]


class TestTheServersClock:
    def test_a_step_is_recorded_once(self) -> None:
        watch, before = ClockWatch(), len(told("server_clock.stepped"))
        seen = [watch.look(1_000_000 + at, at) for at in (0, 1_000, 2_000)]
        seen += [watch.look(1_000_000 + at - 3_600_000, at) for at in (3_000, 4_000)]
        assert seen == [0, 0, 0, -3_600_000, 0]
        [entry] = told("server_clock.stepped")[before:]
        assert entry.after == {"by_ms": -3_600_000, "database_ms": 1_003_000 - 3_600_000}
        assert entry.description == "the database server's clock went back by 3600.0 s"

    def test_what_the_way_to_the_database_takes_is_no_step(self) -> None:
        watch = ClockWatch()
        assert [watch.look(1_000_000 + at, at + late) for at, late in ((0, 0), (1_000, STEP_MS), (2_000, 0))] == [
            0,
            0,
            0,
        ]
