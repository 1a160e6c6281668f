"""Who makes members of staff what they are: never themselves, never the last one, always on record."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from access import selectors, services
from access.invariants import INVARIANTS
from access.models import OF_AN_OPERATOR, Ending, Role, StaffMember, StaffSession
from access.services import MemberInvalid, MemberTerms
from audit.models import AuditEntry
from operators.models import Operator
from tests.support.staff import ACTOR

pytestmark = pytest.mark.django_db
Hire = Callable[..., StaffMember]
Enter = Callable[[StaffMember], Client]


def offenders() -> set[tuple[str, str]]:
    found = set()
    for one in INVARIANTS:
        with connection.cursor() as cursor:
            cursor.execute(one.violations)
            found |= {(one.code.partition("-")[0], str(row[0])) for row in cursor.fetchall()}
    return found


def may(member: StaffMember) -> frozenset[str]:
    return selectors.permissions_of_member(StaffMember.objects.select_related("user").get(pk=member.pk))


def last(event: str) -> AuditEntry:
    return AuditEntry.objects.filter(event_type=event).latest("pk")


class TestRoles:
    @pytest.mark.parametrize("role", OF_AN_OPERATOR)
    def test_some_exist_only_within_an_operator(self, role: Role) -> None:
        with pytest.raises(MemberInvalid) as refused:
            services.create_member(terms=MemberTerms(name="x", role=role), actor=ACTOR)
        assert refused.value.params == {"field": "operator"}
        assert not User.objects.filter(username="x").exists()

    def test_a_super_admin_belongs_to_no_operator(self, operator_a: Operator) -> None:
        with pytest.raises(MemberInvalid):
            services.create_member(
                terms=MemberTerms(name="x", role=Role.SUPER_ADMIN, operator_id=operator_a.pk), actor=ACTOR
            )

    @pytest.mark.parametrize(
        ("role", "with_operator"),
        [(Role.OPERATOR_STAFF, False), (Role.BANKER_ADMIN, False), (Role.SUPER_ADMIN, True), ("boss", False)],
    )
    def test_the_database_says_so_too(self, role: str, with_operator: bool, operator_a: Operator) -> None:
        user = User.objects.create_user("bypassing")
        with pytest.raises(IntegrityError), transaction.atomic():
            StaffMember.objects.create(user=user, role=role, operator=operator_a if with_operator else None)

    @pytest.mark.parametrize("name", ["", "ann smith/..", "x" * 151])
    def test_a_name_that_is_none_is_refused(self, name: str) -> None:
        with pytest.raises(MemberInvalid):
            services.create_member(terms=MemberTerms(name=name, role=Role.SUPPORT), actor=ACTOR)

    def test_a_name_that_is_taken_is_refused(self, hire: Hire) -> None:
        name = str(hire(Role.SUPPORT))
        with pytest.raises(MemberInvalid):
            services.create_member(terms=MemberTerms(name=name, role=Role.SUPER_ADMIN), actor=ACTOR)

    def test_another_role_is_another_set_of_rights_at_once(self, hire: Hire, enter: Enter) -> None:
        member = hire(Role.SUPPORT)
        services.change_role(member=member, role=Role.REGULATOR, operator_id=None, reason="moved", actor=ACTOR)
        assert "players.change_player" not in may(member)
        client = enter(StaffMember.objects.get(pk=member.pk))
        assert client.get(reverse("admin:access_staffmember_changelist")).status_code == 200
        entry = last("staff.role_changed")
        assert entry.before is not None
        assert entry.after is not None
        assert (entry.before["role"], entry.after["role"]) == ("support", "regulator")
        assert entry.description.endswith("moved")

    def test_the_regulator_may_add_and_change_nothing_at_all(self, hire: Hire) -> None:
        for operator in (None, hire(Role.OPERATOR_STAFF).operator):
            rights = {name.partition(".")[2].partition("_")[0] for name in may(hire(Role.REGULATOR, operator))}
            assert rights == {"view"}

    def test_within_an_operator_there_is_nothing_of_tables_without_operators(
        self, hire: Hire, operator_a: Operator
    ) -> None:
        everywhere, within = may(hire(Role.REGULATOR)), may(hire(Role.REGULATOR, operator_a))
        assert within < everywhere
        assert "access.view_staffmember" in everywhere - within
        assert "operators.view_callsigningkey" in everywhere - within

    def test_what_django_was_told_of_permissions_grants_nothing(self, hire: Hire) -> None:
        member = hire(Role.SUPPORT)
        before = may(member)
        group = Group.objects.create(name="powerful")
        group.permissions.set(Permission.objects.all())
        member.user.groups.add(group)
        member.user.user_permissions.set(Permission.objects.all())
        assert may(member) == before
        assert not User.objects.get(pk=member.user_id).has_perm("operators.add_apikey")
        assert User.objects.get(pk=member.user_id).has_perm("players.change_player")


class TestNarrowing:
    def test_it_takes_away_and_never_gives(self, hire: Hire) -> None:
        member = hire(Role.SUPPORT)
        services.narrow_member(member=member, only=["players.view_player"], reason="trial", actor=ACTOR)
        assert may(member) == {"players.view_player"}
        member.user.user_permissions.add(Permission.objects.get(codename="add_apikey"))
        assert may(member) == {"players.view_player"}
        with pytest.raises(MemberInvalid):
            services.narrow_member(member=member, only=["operators.add_apikey"], reason="more", actor=ACTOR)

    def test_to_nothing_is_nothing(self, hire: Hire, enter: Enter) -> None:
        member = hire(Role.COMPLIANCE)
        services.narrow_member(member=member, only=[], reason="on leave", actor=ACTOR)
        client = enter(member)
        assert client.get(reverse("admin:rounds_round_changelist")).status_code == 403
        assert client.get(reverse("admin:my_access")).status_code == 200

    def test_a_narrowed_super_admin_is_no_superuser(self, hire: Hire) -> None:
        hire(Role.SUPER_ADMIN)
        member = hire(Role.SUPER_ADMIN)
        services.narrow_member(member=member, only=["rounds.view_round"], reason="for a while", actor=ACTOR)
        assert may(member) == {"rounds.view_round"}
        assert not User.objects.get(pk=member.user_id).is_superuser
        services.narrow_member(member=member, only=None, reason="over", actor=ACTOR)
        assert User.objects.get(pk=member.user_id).is_superuser
        assert last("staff.widened").before == {**(last("staff.widened").after or {}), "narrowed": True}


class TestNobody:
    def acts(self, member: StaffMember, actor: str) -> list[Callable[[], Any]]:
        return [
            lambda: services.change_role(member=member, role=Role.SUPPORT, operator_id=None, reason="so", actor=actor),
            lambda: services.narrow_member(member=member, only=[], reason="so", actor=actor),
            lambda: services.set_active(member=member, active=False, reason="so", actor=actor),
        ]

    def test_changes_their_own_rights(self, hire: Hire) -> None:
        member = hire(Role.SUPER_ADMIN)
        hire(Role.SUPER_ADMIN)
        for act in self.acts(member, f"staff:{member}"):
            with pytest.raises(MemberInvalid, match="their own rights"):
                act()

    def test_takes_the_last_super_admin_away(self, hire: Hire) -> None:
        StaffMember.objects.filter(role=Role.SUPER_ADMIN).update(narrowed=True)  # those of other tests
        member = hire(Role.SUPER_ADMIN)
        for act in self.acts(member, ACTOR):
            with pytest.raises(MemberInvalid, match="last super-admin"):
                act()
        hire(Role.SUPER_ADMIN)
        services.set_active(member=member, active=False, reason="so", actor=ACTOR)

    @pytest.mark.parametrize("role", [one for one in Role if one != Role.SUPER_ADMIN])
    def test_but_a_super_admin_makes_members(self, role: Role, hire: Hire, enter: Enter) -> None:
        client = enter(hire(role))
        assert client.get(reverse("admin:access_staffmember_add")).status_code == 403
        assert client.post(reverse("admin:access_staffmember_add"), {"name": "x"}).status_code == 403


class TestThePages:
    @pytest.fixture
    def boss(self, hire: Hire, enter: Enter) -> Client:
        return enter(hire(Role.SUPER_ADMIN))

    def test_a_member_is_added_and_their_password_shown_once(self, boss: Client, operator_a: Operator) -> None:
        answers = {"name": "carol", "role": "operator_staff", "operator": str(operator_a.pk)}
        page = boss.post(reverse("admin:access_staffmember_add"), answers)
        member = StaffMember.objects.get(user__username="carol")
        assert member.user.check_password(page.context["secret"])
        assert "no-store" in page["Cache-Control"]
        shown = boss.get(reverse("admin:access_staffmember_change", args=[member.pk])).content.decode()
        assert "players.change_player" in shown
        assert page.context["secret"] not in shown
        assert last("staff.created").operator_id == operator_a.pk

    def test_each_step_does_what_it_says(self, boss: Client, hire: Hire) -> None:
        member = hire(Role.SUPPORT)

        def take(step: str, **answers: Any) -> Any:
            address = reverse(f"admin:access_staffmember_{step}", args=[member.pk])
            assert boss.get(address).status_code == 200
            return boss.post(address, {"reason": "because", **answers})

        assert take("change_role", role="compliance", operator="").status_code == 302
        assert take("narrow", only=["players.view_player"]).status_code == 302
        assert may(member) == {"players.view_player"}
        StaffSession.objects.create(user=member.user)
        take("log_out")
        assert StaffSession.objects.get(user=member.user).ending == Ending.REVOKED
        page = take("let_in_again")
        member.user.refresh_from_db()
        assert member.user.check_password(page.context["secret"])
        assert not selectors.has_second_factor(member.user_id)
        take("send_away")
        assert not User.objects.get(pk=member.user_id).is_active
        take("take_back")
        assert User.objects.get(pk=member.user_id).is_active

    def test_all_ticked_is_not_narrowed(self, boss: Client, hire: Hire) -> None:
        member = hire(Role.SUPPORT)
        address = reverse("admin:access_staffmember_narrow", args=[member.pk])
        boss.post(address, {"reason": "because", "only": sorted(may(member))})
        assert not StaffMember.objects.get(pk=member.pk).narrowed

    def test_a_refusal_is_told_and_changes_nothing(self, hire: Hire, enter: Enter) -> None:
        member = hire(Role.SUPER_ADMIN)
        hire(Role.SUPER_ADMIN)
        address = reverse("admin:access_staffmember_send_away", args=[member.pk])
        page = enter(member).post(address, {"reason": "tired"})
        assert "Nobody changes their own rights" in page.content.decode()
        assert User.objects.get(pk=member.user_id).is_active

    def test_django_s_own_pages_of_users_are_gone(self, boss: Client) -> None:
        for address in ("/admin/auth/user/", "/admin/auth/user/add/", "/admin/auth/group/"):
            assert boss.get(address).status_code == 404


class TestInvariants:
    @pytest.fixture
    def broken(self) -> Callable[[], set[str]]:
        """The invariants that are broken since the test began: another one's leftovers do not count."""
        before = offenders()
        return lambda: {code for code, _ in offenders() - before}

    def test_they_hold_and_see_what_they_are_about(self, hire: Hire, broken: Callable[[], set[str]]) -> None:
        member, other = hire(Role.SUPPORT), hire(Role.COMPLIANCE)
        assert broken() == set()
        User.objects.filter(pk=member.user_id).update(is_superuser=True)
        assert broken() == {"I55"}
        User.objects.filter(pk=member.user_id).update(is_superuser=False)
        StaffMember.objects.filter(pk=other.pk).update(role=Role.SUPPORT)
        assert broken() == {"I57"}
        StaffMember.objects.filter(pk=other.pk).update(role=Role.COMPLIANCE)
        session = services.begin_session(user_id=member.user_id, address=None, browser="")
        assert broken() == set()
        User.objects.filter(pk=member.user_id).update(is_active=False)
        assert broken() == {"I56"}
        services.end_session(session, ending=Ending.REVOKED, actor=ACTOR)
        assert broken() == set()

    def test_a_user_who_is_no_member_with_djangos_flag_is_seen(self, broken: Callable[[], set[str]]) -> None:
        User.objects.create_superuser("beside")
        assert broken() == {"I55"}
