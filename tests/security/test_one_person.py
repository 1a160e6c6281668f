"""Two accounts of one person are one pair of eyes, however they came about."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from access import selectors, services
from access.models import Role, StaffMember
from access.services import MemberInvalid, MemberTerms
from approvals.models import State
from approvals.selectors import others_who_may_decide
from approvals.services import Person, SamePerson
from audit.models import AuditEntry
from operators.models import Operator
from tests.approvals.people import approve, ask_to_raise
from tests.support.staff import new_member

pytestmark = pytest.mark.django_db
ON_THE_SERVER = "command line"
Let = Callable[..., StaffMember]


def hire(name: str, by: StaffMember | None = None, role: Role = Role.SUPER_ADMIN) -> StaffMember:
    """A member that this one has let in; or somebody on the server."""
    actor = f"staff:{by}" if by else ON_THE_SERVER
    member, _ = services.create_member(terms=MemberTerms(name=name, role=role), actor=actor)
    return member


def as_person(member: StaffMember) -> Person:
    return Person(user=User.objects.get(pk=member.user_id), address="192.0.2.7")


def vouch(member: StaffMember, by: StaffMember) -> None:
    services.vouch(member=member, reason="sits opposite of me", actor=f"staff:{by}")


@pytest.fixture
def ann() -> StaffMember:
    return hire("ann")


@pytest.fixture
def ben() -> StaffMember:
    return hire("ben")


class TestDeciding:
    def test_whoever_let_an_account_in_cannot_approve_with_it(self, ann: StaffMember, operator_a: Operator) -> None:
        second = hire("ann-two", by=ann)
        request = ask_to_raise(operator_a, as_person(ann), max_bet=200_000)
        with pytest.raises(SamePerson, match="vouched"):
            approve(request, as_person(second))
        request.refresh_from_db()
        assert request.state == State.OPEN
        operator_a.refresh_from_db()
        assert operator_a.max_bet != 200_000

    def test_nor_approve_what_that_account_has_asked_for(self, ann: StaffMember, operator_a: Operator) -> None:
        second = hire("ann-two", by=ann)
        with pytest.raises(SamePerson):
            approve(ask_to_raise(operator_a, as_person(second), max_bet=200_000), as_person(ann))

    def test_nor_by_two_accounts_of_that_kind_nor_by_one_that_let_in_another(
        self, ann: StaffMember, operator_a: Operator
    ) -> None:
        second, third = hire("ann-two", by=ann), hire("ann-three", by=ann)
        fourth = hire("ann-four", by=third)
        request = ask_to_raise(operator_a, as_person(second), max_bet=200_000)
        for other in (third, fourth):
            with pytest.raises(SamePerson):
                approve(request, as_person(other))

    def test_nor_with_an_account_that_was_taken_over_by_letting_it_in_again(
        self, ann: StaffMember, ben: StaffMember, operator_a: Operator
    ) -> None:
        services.invite_again(member=ben, actor=f"staff:{ann}")
        with pytest.raises(SamePerson):
            approve(ask_to_raise(operator_a, as_person(ann), max_bet=200_000), as_person(ben))

    def test_somebody_elses_account_decides(self, ann: StaffMember, ben: StaffMember, operator_a: Operator) -> None:
        mine = hire("ann-two", by=ann)
        assert approve(ask_to_raise(operator_a, as_person(ann), max_bet=200_000), as_person(ben)).state == "approved"
        request = ask_to_raise(operator_a, as_person(mine), max_bet=300_000)
        assert approve(request, as_person(ben)).state == "approved"

    def test_with_somebody_elses_word_it_is_a_person_of_its_own(
        self, ann: StaffMember, ben: StaffMember, operator_a: Operator
    ) -> None:
        carl = hire("carl", by=ann)
        request = ask_to_raise(operator_a, as_person(ann), max_bet=200_000)
        assert carl.user not in others_who_may_decide(request)
        vouch(carl, by=ben)
        assert carl.user in others_who_may_decide(request)
        assert approve(request, as_person(carl)).state == "approved"

    def test_until_it_is_let_in_again(self, ann: StaffMember, ben: StaffMember, operator_a: Operator) -> None:
        carl = hire("carl", by=ann)
        vouch(carl, by=ben)
        services.invite_again(member=carl, actor=f"staff:{ann}")
        with pytest.raises(SamePerson):
            approve(ask_to_raise(operator_a, as_person(ann), max_bet=200_000), as_person(carl))

    def test_who_is_let_in_on_the_server_needs_nobodys_word(
        self, ann: StaffMember, operator_a: Operator, capsys: pytest.CaptureFixture[str]
    ) -> None:
        carl = hire("carl", by=ann)
        call_command("let_in_again", "carl")
        assert approve(ask_to_raise(operator_a, as_person(ann), max_bet=200_000), as_person(carl)).state == "approved"


class TestVouching:
    def test_nobody_vouches_who_could_be_the_same_person(self, ann: StaffMember, ben: StaffMember) -> None:
        second, third = hire("ann-two", by=ann), hire("ann-three", by=ann)
        for by in (ann, second, third, hire("ann-four", by=third)):
            with pytest.raises(MemberInvalid):
                vouch(second, by=by)
        assert selectors.people_behind(second.user_id) == {second.user_id, ann.user_id}
        vouch(second, by=ben)
        assert selectors.people_behind(second.user_id) == {second.user_id}

    def test_the_server_vouches_for_nobody_and_nobody_is_vouched_for_twice(
        self, ann: StaffMember, ben: StaffMember
    ) -> None:
        carl = hire("carl", by=ann)
        with pytest.raises(MemberInvalid):
            services.vouch(member=carl, reason="x", actor=ON_THE_SERVER)
        vouch(carl, by=ben)
        with pytest.raises(MemberInvalid):
            vouch(carl, by=ben)
        with pytest.raises(MemberInvalid):
            vouch(ann, by=ben)

    def test_two_who_let_each_other_in_are_one(self, ann: StaffMember, ben: StaffMember) -> None:
        services.invite_again(member=ben, actor=f"staff:{ann}")
        services.invite_again(member=ann, actor=f"staff:{ben}")
        assert selectors.people_behind(ann.user_id) == selectors.people_behind(ben.user_id)

    def test_the_database_says_so_too(self, ann: StaffMember) -> None:
        second = hire("ann-two", by=ann)
        for wrong in (ann.user_id, second.user_id):
            with pytest.raises(IntegrityError), transaction.atomic():
                StaffMember.objects.filter(pk=second.pk).update(vouched_by=wrong)

    def test_it_is_on_record_with_who_said_so(self, ann: StaffMember, ben: StaffMember) -> None:
        vouch(hire("carl", by=ann), by=ben)
        entry = AuditEntry.objects.filter(event_type="staff.vouched").latest("pk")
        assert entry.actor == "staff:ben"
        assert entry.description == "carl: sits opposite of me"

    def test_on_the_page_it_is_offered_where_it_is_needed_and_to_another(self, ben: StaffMember) -> None:
        boss = new_member("boss", Role.SUPER_ADMIN)
        carl = hire("carl", by=ben)
        client = Client()
        client.force_login(boss.user)
        page = reverse("admin:access_staffmember_change", args=[carl.pk])
        step = reverse("admin:access_staffmember_vouch", args=[carl.pk])
        assert step in client.get(page).content.decode()
        client.post(step, {"reason": "sits opposite of me"})
        carl.refresh_from_db()
        assert carl.vouched_by == boss.user
        shown = client.get(page).content.decode()
        assert step not in shown
        assert "boss has vouched; let in by ben" in shown
