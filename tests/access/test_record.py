"""Who looked at what belongs to one player is on record: pages, searches and proofs, and nothing that is nobody's."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from access import codes, services
from access.models import Authenticator, Role, StaffMember
from access.personal import is_personal
from access.roles import tables
from audit.models import AuditEntry
from bets.models import BetState
from keno_platform.demo.staff import ADMIN, ensure_admin
from keno_platform.staff import gate
from players.models import Player, Session
from tests.admin.desk import PICK, Played, page_address
from tests.support.staff import KEY, new_member

pytestmark = pytest.mark.usefixtures("committed")


def views(member: StaffMember) -> list[dict[str, Any]]:
    found = AuditEntry.objects.filter(event_type="staff.viewed", actor=f"staff:{member}").order_by("pk")
    return [one.after or {} for one in found]


@pytest.fixture
def member(hire: Callable[..., StaffMember]) -> StaffMember:
    return hire(Role.SUPPORT)


@pytest.fixture
def client(member: StaffMember, enter: Callable[[StaffMember], Client], played: dict[str, Played]) -> Client:
    client = enter(member)
    client.post(reverse(PICK), {"operator": str(played["alpha"].operator.pk)})
    return client


def test_pages_with_one_players_data_are_recorded_with_what_was_seen(
    client: Client, member: StaffMember, played: dict[str, Played]
) -> None:
    story = played["alpha"]
    client.get(page_address(story.player))
    client.get(page_address(BetState(pk=story.bets[0].pk)))
    assert views(member) == [
        {"page": "players.player", "key": str(story.player.pk)},
        {"page": "bets.betstate", "key": str(story.bets[0].pk)},
    ]
    entry = AuditEntry.objects.filter(event_type="staff.viewed", actor=f"staff:{member}").latest("pk")
    assert (entry.address, entry.operator_id) == ("192.0.2.7", story.operator.pk)


def test_a_search_is_recorded_with_what_was_searched(
    client: Client, member: StaffMember, played: dict[str, Played]
) -> None:
    client.get(reverse("admin:bets_betstate_changelist"), {"q": played["alpha"].player.token})
    client.get(reverse("admin:bets_betstate_changelist"), {"q": "x\0" + "y" * 500})
    assert views(member)[0] == {"page": "bets.betstate", "searched": played["alpha"].player.token}
    assert len(views(member)) <= 2


def test_pages_of_nobody_in_particular_are_not(client: Client, member: StaffMember, played: dict[str, Played]) -> None:
    client.get(page_address(played["alpha"].round))
    client.get(reverse("admin:bets_paytable_changelist"), {"q": "1"})
    client.get(reverse("admin:bets_betstate_changelist"))
    assert views(member) == []


def test_what_was_not_shown_was_not_seen(client: Client, member: StaffMember, played: dict[str, Played]) -> None:
    client.get(reverse("admin:players_player_change", args=[10**9]))
    client.get(reverse("admin:access_staffmember_changelist"), {"q": "someone"})
    client.get(page_address(BetState(pk=played["beta"].bets[0].pk)))
    assert views(member) == []


def test_whatever_is_an_operators_own_table_is_personal_unless_it_is_named() -> None:
    assert all(is_personal(label) for label in ("players.player", "banker.member", "wallet.anything_new", "calls.call"))
    assert not any(is_personal(label) for label in ("bets.paytable", "rounds.round", "access.staffmember"))
    assert is_personal("desk.bet")
    assert not is_personal("desk.home")
    assert {"players.player", "players.session"} <= {Player._meta.label_lower, Session._meta.label_lower} & tables()


def test_a_page_without_a_keeper_at_the_door_is_an_error_and_not_an_open_one(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setattr(gate.door, "keeper", None)
    with pytest.raises(RuntimeError, match="nothing is plugged in"):
        client.get(reverse("admin:rounds_round_changelist"))


class TestKeysOfSecondFactors:
    def test_are_sealed_for_their_member(self, member: StaffMember, hire: Callable[..., StaffMember]) -> None:
        device, other = Authenticator.objects.get(user=member.user), hire(Role.SUPPORT)
        assert KEY not in bytes(device.sealed)
        assert codes.open_key(bytes(device.sealed), user_id=member.user_id) == KEY
        with pytest.raises(InvalidTag):
            codes.open_key(bytes(device.sealed), user_id=other.user_id)

    def test_are_sealed_anew_when_the_seal_key_changes(self, member: StaffMember, settings: Any) -> None:
        old = settings.SEAL_KEYS
        settings.SEAL_KEYS = [bytes(range(32)), *old]
        try:
            assert services.reseal().resealed >= 1
            settings.SEAL_KEYS = [bytes(range(32))]
            device = Authenticator.objects.get(user=member.user)
            assert codes.open_key(bytes(device.sealed), user_id=member.user_id) == KEY
        finally:
            settings.SEAL_KEYS = [*old, bytes(range(32))]
            assert services.reseal().lost == ()

    def test_the_vectors_of_rfc_6238_come_out(self) -> None:
        key = b"12345678901234567890"
        at = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}
        assert {moment: codes.code_at(key, moment // 30) for moment in at} == at


class TestTheDemo:
    def test_its_member_gets_in_with_what_its_file_says_and_keeps_it(self) -> None:
        first = ensure_admin({})
        assert ensure_admin(first) == first
        assert self.enters(first)

    def test_whatever_was_changed_since_is_made_anew(self) -> None:
        first = ensure_admin({})
        member = StaffMember.objects.get(user__username=ADMIN)
        services.reset_second_factor(member, reason="lost", actor="test")
        second = ensure_admin(first)
        assert second["second_factor"] != first["second_factor"]
        assert ensure_admin({**second, "password": "forgotten"})["password"] not in (second["password"], "forgotten")

    def enters(self, said: dict[str, str]) -> bool:
        client = Client(REMOTE_ADDR="198.51.100.99")
        client.post("/admin/login/", {"username": said["username"], "password": said["password"]})
        code = codes.code_at(codes.from_text(said["second_factor"]), codes.present_step())
        client.post("/admin/second-factor/", {"code": code})
        return client.get("/admin/").status_code == 200


def test_the_command_lets_in_again_whoever_lost_everything(
    unique: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    member = new_member(unique("lost"), Role.SUPER_ADMIN)
    call_command("let_in_again", str(member))
    member.user.refresh_from_db()
    assert member.user.check_password(capsys.readouterr().out.strip())
    assert not Authenticator.objects.filter(user=member.user).exists()
