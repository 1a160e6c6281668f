"""The way in, walked through its pages: name and password, then a code; and everything that keeps somebody out."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from access import codes, services
from access.models import Authenticator, BackupCode, Role, StaffMember, StaffSession
from access.views import entering
from audit.models import AuditEntry
from keno_platform.core import clock
from tests.support.staff import ACTOR, KEY, PASSWORD, code_of_now, new_member

pytestmark = pytest.mark.django_db
LOGIN, SECOND, ENROL, HOME = "/admin/login/", "/admin/second-factor/", "/admin/enrol/", "/admin/"


@pytest.fixture
def client() -> Client:
    return Client(REMOTE_ADDR="198.51.100.7", HTTP_USER_AGENT="Firefox of a test")


@pytest.fixture
def member() -> StaffMember:
    return new_member("ann", Role.COMPLIANCE)


def give_password(client: Client, name: str = "ann", password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    return client.post(LOGIN, {"username": name, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get(HOME).status_code == 200


def events(name: str = "ann") -> list[str]:
    found = AuditEntry.objects.filter(actor=f"staff:{name}").order_by("pk")
    return [one.event_type for one in found]


class TestInTwoSteps:
    def test_the_password_alone_opens_nothing(self, client: Client, member: StaffMember) -> None:
        assert give_password(client)["Location"] == SECOND
        assert not is_in(client)
        assert client.get(reverse("admin:players_player_changelist")).status_code == 302
        assert "_auth_user_id" not in client.session
        assert "staff.logged_in" not in events()

    def test_password_and_code_do(self, client: Client, member: StaffMember) -> None:
        give_password(client)
        answer = client.post(SECOND, {"code": code_of_now()})
        assert answer["Location"] == HOME
        assert is_in(client)
        assert events() == ["staff.logged_in"]
        session = StaffSession.objects.get(user=member.user)
        assert (session.address, session.browser, session.ended_at) == ("198.51.100.7", "Firefox of a test", None)

    def test_the_way_leads_to_the_page_that_was_asked_for_and_to_no_other_site(
        self, client: Client, member: StaffMember
    ) -> None:
        wanted = reverse("admin:rounds_round_changelist")
        assert client.get(wanted)["Location"] == f"{LOGIN}?next={wanted}"
        give_password(client, next=wanted)
        assert client.post(SECOND, {"code": code_of_now()})["Location"] == wanted
        for elsewhere in ("https://elsewhere.example/admin/", "//elsewhere.example", "/demo", "javascript:alert(1)"):
            other = Client()
            Authenticator.objects.update(last_step=-1)
            give_password(other, next=elsewhere)
            assert other.post(SECOND, {"code": code_of_now()})["Location"] == HOME

    def test_a_code_that_was_used_is_of_no_more_use(self, client: Client, member: StaffMember) -> None:
        give_password(client)
        code = code_of_now()
        client.post(SECOND, {"code": code})
        other = Client()
        give_password(other)
        page = other.post(SECOND, {"code": code})
        assert page.status_code == 200
        assert entering.WRONG_CODE in page.content.decode()
        assert not is_in(other)

    def test_a_code_of_a_minute_ago_or_ahead_is_wrong(self, client: Client, member: StaffMember) -> None:
        for ahead in (-3, 3):
            Authenticator.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
            give_password(client)
            client.post(SECOND, {"code": code_of_now(ahead=ahead)})
            assert not is_in(client)

    def test_the_clock_of_a_phone_may_be_half_a_minute_off(self, member: StaffMember) -> None:
        for ahead in (-1, 1):
            client = Client()
            Authenticator.objects.update(last_step=-1)
            give_password(client)
            client.post(SECOND, {"code": code_of_now(ahead=ahead)})
            assert is_in(client)

    def test_after_a_wrong_code_the_right_one_has_to_wait(self, client: Client, member: StaffMember) -> None:
        give_password(client)
        client.post(SECOND, {"code": "000000"})
        client.post(SECOND, {"code": code_of_now()})
        assert not is_in(client)
        Authenticator.objects.update(throttling_failure_timestamp=clock.now() - timedelta(seconds=2))
        client.post(SECOND, {"code": code_of_now()})
        assert is_in(client)

    def test_five_minutes_after_the_password_it_is_asked_for_again(self, client: Client, member: StaffMember) -> None:
        give_password(client)
        session = client.session
        kept = session[entering.FIELD]
        kept["at"] = (clock.now() - entering.WITHIN - timedelta(seconds=1)).isoformat()
        session[entering.FIELD] = kept
        session.save()
        assert client.post(SECOND, {"code": code_of_now()})["Location"] == LOGIN
        assert not is_in(client)

    def test_a_password_that_is_changed_meanwhile_counts_no_more(self, client: Client, member: StaffMember) -> None:
        give_password(client)
        member.user.set_password("another one, long enough")
        member.user.save()
        assert client.post(SECOND, {"code": code_of_now()})["Location"] == LOGIN

    def test_the_second_step_without_the_first_leads_back(self, client: Client, member: StaffMember) -> None:
        for address in (SECOND, ENROL):
            assert client.get(address)["Location"] == LOGIN
            assert client.post(address, {"code": code_of_now()})["Location"] == LOGIN

    def test_whoever_has_a_second_factor_is_never_shown_a_new_one(self, client: Client, member: StaffMember) -> None:
        give_password(client)
        assert client.get(ENROL)["Location"] == LOGIN

    def test_the_session_gets_another_key_at_each_step(self, client: Client, member: StaffMember) -> None:
        client.get(LOGIN)
        client.session["touched"] = True
        keys = []
        for act in (lambda: give_password(client), lambda: client.post(SECOND, {"code": code_of_now()})):
            act()
            keys.append(client.cookies["sessionid"].value)
        assert keys[0] != keys[1]

    def test_no_page_of_getting_in_is_kept_by_a_cache(self, client: Client, member: StaffMember) -> None:
        pages = [client.get(LOGIN), give_password(client), client.get(SECOND)]
        assert all("no-store" in page["Cache-Control"] for page in pages[::2])


class TestWhoIsKeptOut:
    def test_without_a_role_nobody_gets_in_whatever_djangos_flags_say(self, client: Client) -> None:
        User.objects.create_superuser("root", password=PASSWORD)
        page = give_password(client, "root")
        assert page.status_code == 200
        assert not is_in(client)
        assert events("root") == ["staff.log_in_refused"]

    def test_an_inactive_member_does_not(self, client: Client, member: StaffMember) -> None:
        services.set_active(member=member, active=False, reason="left the company", actor=ACTOR)
        assert give_password(client).status_code == 200

    def test_wrong_name_wrong_password_and_no_role_look_the_same(self, client: Client, member: StaffMember) -> None:
        User.objects.create_superuser("root", password=PASSWORD)
        said = []
        for name, password in (("ann", "wrong"), ("nobody", "wrong"), ("root", PASSWORD)):
            page = give_password(client, name, password).content.decode()
            said.append("Please enter the correct" in page)
        assert said == [True] * 3

    def test_five_wrong_passwords_lock_the_account_from_every_address(self, member: StaffMember) -> None:
        for number in range(5):
            answer = give_password(Client(REMOTE_ADDR=f"198.51.100.{number}"), password="wrong")
        assert answer.status_code == 429
        other = Client(REMOTE_ADDR="203.0.113.9")
        assert give_password(other).status_code == 429
        assert "staff.locked_out" in events()
        self.pass_a_quarter_of_an_hour()
        assert give_password(other)["Location"] == SECOND

    def test_five_wrong_names_lock_the_address_and_nobody_elsewhere(self, client: Client, member: StaffMember) -> None:
        for number in range(5):
            answer = give_password(client, f"guess-{number}")
        assert answer.status_code == 429
        assert give_password(client).status_code == 429
        assert give_password(Client(REMOTE_ADDR="203.0.113.9"))["Location"] == SECOND

    def test_attempts_during_a_lock_out_do_not_make_it_longer(self, client: Client, member: StaffMember) -> None:
        for _ in range(5):
            give_password(client, password="wrong")
        before = AccessAttempt.objects.get(username="ann").attempt_time
        give_password(client, password="wrong")
        assert AccessAttempt.objects.get(username="ann").attempt_time == before

    def test_wrong_codes_count_like_wrong_passwords(self, client: Client, member: StaffMember) -> None:
        give_password(client)
        for _ in range(5):
            answer = client.post(SECOND, {"code": "000000"})
        assert answer.status_code == 429
        assert give_password(Client(REMOTE_ADDR="203.0.113.9")).status_code == 429

    def test_a_lock_out_can_be_lifted(self, client: Client, member: StaffMember) -> None:
        for _ in range(5):
            give_password(client, password="wrong")
        assert services.lift_lock_out(member, actor=ACTOR) == 1
        assert give_password(Client(REMOTE_ADDR="203.0.113.9"))["Location"] == SECOND

    def test_what_axes_keeps_holds_neither_password_nor_code(self, client: Client, member: StaffMember) -> None:
        give_password(client, password="a secret slip")
        give_password(client)
        client.post(SECOND, {"code": "123456"})
        kept = str(list(AccessAttempt.objects.values()))
        assert "a secret slip" not in kept
        assert "123456" not in kept

    def pass_a_quarter_of_an_hour(self) -> None:
        AccessAttempt.objects.update(attempt_time=clock.now() - timedelta(minutes=15, seconds=1))


class TestTheFirstLogIn:
    def hired(self) -> tuple[StaffMember, str]:
        terms = services.MemberTerms(name="bob", role=Role.SUPPORT)
        return services.create_member(terms=terms, actor=ACTOR)

    def test_it_sets_the_second_factor_up_with_a_picture_and_gives_backup_codes(self, client: Client) -> None:
        member, password = self.hired()
        assert give_password(client, "bob", password)["Location"] == ENROL
        page = client.get(ENROL)
        key = codes.open_key(bytes(Authenticator.objects.get(user=member.user).sealed), user_id=member.user_id)
        shown = page.content.decode()
        assert codes.as_text(key) in shown
        assert "<svg" in shown
        done = client.post(ENROL, {"code": code_of_now(key)})
        assert done.status_code == 200
        assert len(done.context["codes"]) == codes.BACKUP_CODES
        assert "no-store" in done["Cache-Control"]
        assert "staff.enrolled" in events("bob")

    def test_nothing_opens_before_the_first_password_is_replaced_by_ones_own(self, client: Client) -> None:
        member, first = self.hired()
        give_password(client, "bob", first)
        client.get(ENROL)
        key = codes.open_key(bytes(Authenticator.objects.get(user=member.user).sealed), user_id=member.user_id)
        client.post(ENROL, {"code": code_of_now(key)})
        own = reverse("admin:password_change")
        for page in (HOME, reverse("admin:players_player_changelist"), "/admin/search/"):
            assert client.get(page)["Location"] == own
        assert client.get(reverse("admin:my_access")).status_code == 200
        same = {"old_password": first, "new_password1": first, "new_password2": first}
        assert client.post(own, same).status_code == 200
        assert not is_in(client)
        chosen = "five tall giraffes, dancing"
        client.post(own, {"old_password": first, "new_password1": chosen, "new_password2": chosen})
        assert is_in(client)
        services.invite_again(member=member, actor=ACTOR)
        assert StaffMember.objects.get(pk=member.pk).first_password

    def test_the_picture_says_what_every_app_reads(self) -> None:
        address = codes.address_of(KEY, name="bob smith")
        assert address.startswith("otpauth://totp/Keno%20platform%3Abob%20smith?secret=")
        assert "issuer=Keno%20platform&digits=6&period=30" in address
        assert codes.from_text(codes.as_text(KEY)) == KEY

    def test_going_back_to_the_page_shows_the_same_key(self, client: Client) -> None:
        _, password = self.hired()
        give_password(client, "bob", password)
        assert client.get(ENROL).context["key"] == client.get(ENROL).context["key"]

    def test_a_wrong_code_sets_nothing_up(self, client: Client) -> None:
        member, password = self.hired()
        give_password(client, "bob", password)
        client.get(ENROL)
        assert client.post(ENROL, {"code": "000000"}).status_code == 200
        assert not Authenticator.objects.get(user=member.user).confirmed
        assert not is_in(client)

    def test_an_invitation_ends(self, client: Client) -> None:
        member, password = self.hired()
        StaffMember.objects.filter(pk=member.pk).update(invited_until=clock.now())
        assert give_password(client, "bob", password).status_code == 200
        password = services.invite_again(member=member, actor=ACTOR)
        assert give_password(client, "bob", password)["Location"] == ENROL

    def test_the_command_makes_members_and_says_the_password_once(
        self, client: Client, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("create_staff", "eve", "operator_staff", "--operator", "alpha")
        password = capsys.readouterr().out.strip()
        assert StaffMember.objects.get(user__username="eve").operator.slug == "alpha"
        assert give_password(client, "eve", password)["Location"] == ENROL
        assert password not in str(list(AuditEntry.objects.values()))

    def test_the_command_takes_in_a_user_from_before_there_were_roles(self, capsys: pytest.CaptureFixture[str]) -> None:
        user = User.objects.create_superuser("old", password=PASSWORD)
        call_command("create_staff", "old", "regulator")
        user.refresh_from_db()
        assert not user.is_superuser
        assert user.check_password(capsys.readouterr().out.strip())


class TestBackupCodes:
    def test_each_counts_once_in_the_place_of_the_app(self, client: Client, member: StaffMember) -> None:
        made = services.renew_backup_codes(member, actor=ACTOR)
        for code, wanted in ((made[0], True), (made[0], False), (made[1].upper().replace("-", " "), True)):
            other = Client()
            give_password(other)
            Authenticator.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
            other.post(SECOND, {"code": code})
            assert is_in(other) == wanted
        assert "staff.backup_code_used" in events()

    def test_only_their_hashes_are_kept(self, member: StaffMember) -> None:
        made = services.renew_backup_codes(member, actor=ACTOR)
        kept = [bytes(one.hash) for one in BackupCode.objects.filter(user=member.user)]
        assert sorted(kept) == sorted(codes.hash_backup_code(code) for code in made)
        assert not [code for code in made if code.replace("-", "").encode() in b"".join(kept)]

    def test_new_ones_take_the_old_ones_place(self, client: Client, member: StaffMember) -> None:
        old = services.renew_backup_codes(member, actor=ACTOR)
        services.renew_backup_codes(member, actor=ACTOR)
        give_password(client)
        client.post(SECOND, {"code": old[0]})
        assert not is_in(client)
