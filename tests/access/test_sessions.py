"""Sessions end: by themselves, from another one, with the rights of the member, and where one may not come from."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from access import services
from access.models import Ending, Role, StaffMember, StaffSession
from access.standing import AGE_MAX, SESSION_FIELD
from audit.models import AuditEntry
from configuration import selectors as configuration
from configuration.catalogue import STAFF_SESSION_MINUTES
from keno_platform.core import clock
from keno_platform.core.errors import Refusal
from operators.models import ApiKey, Operator
from tests.support.staff import ACTOR, PASSWORD, code_of_now

pytestmark = pytest.mark.django_db
HOME, MINE = "/admin/", "/admin/access/"
Enter = Callable[[StaffMember], Client]


@pytest.fixture
def member(hire: Callable[..., StaffMember]) -> StaffMember:
    return hire(Role.COMPLIANCE)


def session_of(client: Client) -> StaffSession:
    return StaffSession.objects.get(pk=client.session[SESSION_FIELD])


def is_in(client: Client) -> bool:
    return client.get(HOME).status_code == 200


def ending_of(session: StaffSession) -> str | None:
    session.refresh_from_db()
    return session.ending


def test_after_half_an_hour_without_a_click_it_is_over(member: StaffMember, enter: Enter) -> None:
    client = enter(member)
    session, idle = session_of(client), timedelta(minutes=configuration.value(STAFF_SESSION_MINUTES))
    assert idle == timedelta(minutes=30)
    StaffSession.objects.update(seen_at=clock.now() - idle + timedelta(seconds=5))
    assert is_in(client)
    StaffSession.objects.update(seen_at=clock.now() - idle)
    answer = client.get(HOME, follow=True)
    assert "nothing was done for a while" in answer.content.decode()
    assert ending_of(session) == Ending.IDLE
    StaffSession.objects.update(seen_at=clock.now())
    assert not is_in(client)


def test_every_click_begins_the_half_hour_anew(member: StaffMember, enter: Enter) -> None:
    client = enter(member)
    before = clock.now() - timedelta(minutes=20)
    StaffSession.objects.update(seen_at=before)
    assert is_in(client)
    assert session_of(client).seen_at > before + timedelta(minutes=19)


def test_after_twelve_hours_it_is_over_however_busy(member: StaffMember, enter: Enter) -> None:
    client = enter(member)
    session = session_of(client)
    StaffSession.objects.update(began_at=clock.now() - AGE_MAX)
    assert not is_in(client)
    assert ending_of(session) == Ending.AGE


def test_one_sees_where_one_is_logged_in_and_ends_the_others(member: StaffMember, enter: Enter) -> None:
    here, elsewhere = enter(member), enter(member)
    assert is_in(elsewhere)
    page = here.get(MINE).content.decode()
    assert page.count("here, now") == 1
    assert "Log out everywhere else" in page
    answer = here.post(reverse("admin:log_out_elsewhere"), follow=True)
    assert "1 other session is over" in answer.content.decode()
    assert not is_in(elsewhere)
    assert is_in(here)
    assert here.get(reverse("admin:log_out_elsewhere")).status_code == 405


def test_logging_out_ends_the_session_for_whoever_kept_its_cookie(member: StaffMember, enter: Enter) -> None:
    client = enter(member)
    thief = Client()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    session = session_of(client)
    assert is_in(thief)
    client.post(reverse("admin:logout"))
    assert ending_of(session) == Ending.LOGGED_OUT
    assert not is_in(thief)


def test_a_session_of_djangos_alone_lets_nobody_in(member: StaffMember, enter: Enter) -> None:
    client = enter(member)
    session = client.session
    del session[SESSION_FIELD]
    session.save()
    assert not is_in(client)


def test_ones_own_session_cannot_be_put_into_anothers(
    member: StaffMember, hire: Callable[..., StaffMember], enter: Enter
) -> None:
    mine, boss = enter(member), enter(hire(Role.SUPER_ADMIN))
    session = mine.session
    session[SESSION_FIELD] = boss.session[SESSION_FIELD]
    session.save()
    assert not is_in(mine)


@pytest.mark.parametrize(
    "change",
    [
        lambda one: services.set_active(member=one, active=False, reason="left", actor=ACTOR),
        lambda one: services.change_role(member=one, role=Role.SUPPORT, operator_id=None, reason="moved", actor=ACTOR),
        lambda one: services.narrow_member(member=one, only=["players.view_player"], reason="for now", actor=ACTOR),
        lambda one: services.reset_second_factor(one, reason="lost", actor=ACTOR),
        lambda one: services.invite_again(member=one, actor=ACTOR),
    ],
    ids=["deactivated", "another role", "narrowed", "second factor taken away", "another password"],
)
def test_whatever_changes_about_a_member_logs_them_out(
    change: Callable[[StaffMember], object], member: StaffMember, enter: Enter
) -> None:
    client = enter(member)
    session = session_of(client)
    change(member)
    assert not is_in(client)
    assert ending_of(session) == Ending.REVOKED


def test_changing_ones_password_ends_the_other_sessions(member: StaffMember, enter: Enter) -> None:
    here, elsewhere = enter(member), enter(member)
    new = "quite another one, 42"
    answers = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post(reverse("admin:password_change"), answers).status_code == 302
    assert is_in(here)
    assert not is_in(elsewhere)
    [entry] = AuditEntry.objects.filter(event_type="staff.password_changed", actor=f"staff:{member}")
    assert new not in str(entry.after)


def test_a_short_password_is_refused(member: StaffMember, enter: Enter) -> None:
    answers = {"old_password": PASSWORD, "new_password1": "elevenchars", "new_password2": "elevenchars"}
    assert enter(member).post(reverse("admin:password_change"), answers).status_code == 200


def test_another_phone_is_set_up_by_logging_in_again(member: StaffMember, enter: Enter) -> None:
    client = enter(member)
    answer = client.post(reverse("admin:new_phone"))
    assert answer["Location"] == reverse("admin:login")
    assert not is_in(client)
    given = client.post(reverse("admin:login"), {"username": str(member), "password": PASSWORD})
    assert given["Location"] == reverse("admin:enrol")


def test_new_backup_codes_are_shown_once_and_never_kept_by_a_cache(member: StaffMember, enter: Enter) -> None:
    page = enter(member).post(reverse("admin:backup_codes"))
    assert len(page.context["codes"]) == 10
    assert "no-store" in page["Cache-Control"]


def test_pages_of_staff_are_kept_by_no_cache(member: StaffMember, enter: Enter) -> None:
    client = enter(member)
    for address in (HOME, MINE, reverse("admin:rounds_round_changelist")):
        assert "no-store" in client.get(address)["Cache-Control"]


class TestNetworks:
    def test_a_role_without_any_may_come_from_anywhere(self, member: StaffMember) -> None:
        assert is_in(self.from_address(member, "203.0.113.200"))

    def test_with_one_it_may_come_from_there_alone_at_every_click(self, member: StaffMember) -> None:
        inside, outside = self.from_address(member, "192.0.2.9"), self.from_address(member, "203.0.113.200")
        session = session_of(outside)
        services.allow_network(role=Role.COMPLIANCE, network="192.0.2.0/24", note="the office", actor=ACTOR)
        assert is_in(inside)
        answer = outside.get(HOME, follow=True)
        assert "may not come from this address" in answer.content.decode()
        assert ending_of(session) == Ending.ADDRESS

    def test_it_does_not_get_in_from_elsewhere_and_is_not_told_why(self, member: StaffMember) -> None:
        services.allow_network(role=Role.COMPLIANCE, network="192.0.2.0/24", note="", actor=ACTOR)
        for address, status in (("203.0.113.200", 200), ("192.0.2.9", 302)):
            client = Client(REMOTE_ADDR=address)
            given = client.post(reverse("admin:login"), {"username": str(member), "password": PASSWORD})
            assert given.status_code == status

    def test_other_roles_are_not_touched(self, member: StaffMember, hire: Callable[..., StaffMember]) -> None:
        services.allow_network(role=Role.COMPLIANCE, network="192.0.2.0/24", note="", actor=ACTOR)
        assert is_in(self.from_address(hire(Role.SUPPORT), "203.0.113.200"))

    def test_an_address_that_cannot_be_told_is_in_no_network(self, member: StaffMember) -> None:
        client = self.from_address(member, "unix")
        assert is_in(client)
        services.allow_network(role=Role.COMPLIANCE, network="0.0.0.0/0", note="", actor=ACTOR)
        assert not is_in(client)

    def test_nobody_shuts_themselves_out_by_a_slip(self, hire: Callable[..., StaffMember]) -> None:
        client = self.from_address(hire(Role.SUPER_ADMIN), "192.0.2.9")
        add = reverse("admin:access_rolenetwork_add")
        page = client.post(add, {"role": Role.SUPER_ADMIN, "network": "203.0.113.0/24", "note": ""})
        assert "could not come in from where you are" in page.content.decode()
        assert client.post(add, {"role": Role.SUPER_ADMIN, "network": "192.0.2.0/24", "note": ""}).status_code == 302
        assert is_in(client)

    @pytest.mark.parametrize("text", ["", "office", "192.0.2.1/24", "192.0.2.0/33"])
    def test_what_is_no_network_is_refused(self, text: str) -> None:
        with pytest.raises(Refusal):
            services.allow_network(role=Role.SUPPORT, network=text, note="", actor=ACTOR)

    def from_address(self, member: StaffMember, address: str) -> Client:
        client = Client(REMOTE_ADDR=address)
        client.force_login(member.user)
        return client


class TestConfirming:
    CONFIRM = "/admin/confirm/"
    ISSUE = "/admin/operators/apikey/add/"

    @pytest.fixture
    def boss(self, hire: Callable[..., StaffMember]) -> StaffMember:
        return hire(Role.SUPER_ADMIN)

    @pytest.fixture
    def client(self, boss: StaffMember, enter: Enter) -> Client:
        """Logged in six minutes ago."""
        client = enter(boss)
        StaffSession.objects.update(confirmed_at=clock.now() - timedelta(minutes=6))
        return client

    def test_a_sensitive_step_asks_for_password_and_code_again_and_does_nothing_before(
        self, client: Client, operator_a: Operator
    ) -> None:
        before = ApiKey.objects.filter(operator=operator_a).count()
        answers = {"operator": str(operator_a.pk), "label": "stolen"}
        for answer in (client.get(self.ISSUE), client.post(self.ISSUE, answers)):
            assert answer["Location"] == f"{self.CONFIRM}?next=%2Fadmin%2Foperators%2Fapikey%2Fadd%2F"
        assert ApiKey.objects.filter(operator=operator_a).count() == before

    def test_what_is_not_sensitive_goes_on(self, client: Client) -> None:
        assert is_in(client)
        assert client.get(reverse("admin:rounds_round_changelist")).status_code == 200

    def test_both_lead_back_and_the_step_is_taken(self, client: Client, boss: StaffMember) -> None:
        answer = client.post(self.CONFIRM, {"password": PASSWORD, "code": code_of_now(), "next": self.ISSUE})
        assert answer["Location"] == self.ISSUE
        assert client.get(self.ISSUE).status_code == 200
        assert AuditEntry.objects.filter(event_type="staff.confirmed", actor=f"staff:{boss}").exists()

    @pytest.mark.parametrize(("password", "code"), [("wrong", None), (PASSWORD, "000000"), ("", ""), (PASSWORD, "")])
    def test_one_of_them_is_not_enough(self, password: str, code: str | None, client: Client) -> None:
        answers = {"password": password, "code": code_of_now() if code is None else code, "next": self.ISSUE}
        assert client.post(self.CONFIRM, answers).status_code == 200
        assert client.get(self.ISSUE).status_code == 302

    def test_a_wrong_password_uses_no_code_up(self, client: Client) -> None:
        code = code_of_now()
        client.post(self.CONFIRM, {"password": "wrong", "code": code, "next": self.ISSUE})
        assert client.post(self.CONFIRM, {"password": PASSWORD, "code": code, "next": self.ISSUE}).status_code == 302

    def test_another_members_password_does_not_count(self, client: Client, hire: Callable[..., StaffMember]) -> None:
        other = hire(Role.SUPPORT)
        other.user.set_password("the other one's, long")
        other.user.save()
        answers = {"password": "the other one's, long", "code": code_of_now(), "next": self.ISSUE}
        assert client.post(self.CONFIRM, answers).status_code == 200

    def test_guessing_locks_out_and_logs_out(self, client: Client) -> None:
        for _ in range(5):
            answer = client.post(self.CONFIRM, {"password": "wrong", "code": "000000"})
        assert answer.status_code == 429
        assert not is_in(client)

    def test_it_leads_to_no_other_site(self, client: Client) -> None:
        answers = {"password": PASSWORD, "code": code_of_now(), "next": "https://elsewhere.example/admin/"}
        assert client.post(self.CONFIRM, answers)["Location"] == HOME
