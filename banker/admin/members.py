"""Members of the lottery, with their place in the hierarchy, their commission and their money."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from banker.models import Member, Role
from banker.services.members import set_active
from keno_platform.staff import steps
from keno_platform.staff.columns import column, list_link, record_link, state, utc
from keno_platform.staff.steps import ReasonForm, Step, offered
from operators.bound import TenantRecordAdmin, shown_amount

member_link = column(
    lambda record: record_link("banker.member", record.member_id, record.member), name="member_link", title="member"
)


def _percent(hundredths: int) -> str:
    return f"{Decimal(hundredths).scaleb(-2)} %"


def commission(field: str, title: str | None = None) -> Any:
    """A rate in hundredths of a percent, as staff read it."""
    return column(lambda record: _percent(getattr(record, field)), name=field, title=title)


agent_link = column(
    lambda member: record_link("banker.member", member.parent_id, member.parent), name="agent_link", title="agent above"
)
balance = column(lambda member: shown_amount(member.holder.account.balance), name="balance")


@admin.register(Member)
class MemberAdmin(TenantRecordAdmin):
    """Admins and collectors, newest first. Passwords and second factors are nowhere to be seen."""

    list_display = (
        "username",
        state("role", {Role.ADMIN: "info"}),
        agent_link,
        commission("commission"),
        balance,
        "active",
        utc("created_at"),
    )
    list_select_related = ("parent", "holder__account")
    list_filter = ("role", "active")
    search_exactly = ("id", "username")
    search_help_text = "An exact name or id."
    fields = (
        "username",
        "id",
        state("role", {Role.ADMIN: "info"}),
        agent_link,
        commission("commission"),
        balance,
        "active",
        "failures",
        utc("locked_until"),
        utc("created_at"),
        column(
            lambda member: list_link("banker.member", "who stands below", f"parent__id__exact={member.pk}"),
            name="below",
        ),
        column(lambda member: list_link("banker.slip", "its slips", f"member__id__exact={member.pk}"), name="slips"),
    )
    actions_detail = ("keep_out", "let_in")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "parent__id__exact" or super().lookup_allowed(lookup, value, request)

    def offers(self, step: str, record: Member) -> bool:
        return record.active if step == "keep_out" else not record.active

    def has_move_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may keep members out."""
        return bool(request.user.has_perm("banker.change_member"))

    @offered(title="Keep out", permission="move", icon="block", danger=True)
    def keep_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End its sessions, and let it sell nothing."""
        consequence = "Its sessions end at once and it sells nothing. What it is owed is paid all the same."
        return self._move(request, object_id, "Keep out", consequence, active=False)

    @offered(title="Let in", permission="move", icon="login")
    def let_in(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let it sign in and sell again."""
        return self._move(request, object_id, "Let in", "It may sign in and sell again.", active=True)

    def _move(self, request: HttpRequest, object_id: str, verb: str, consequence: str, *, active: bool) -> HttpResponse:
        member = steps.found(self, request, object_id)
        if not isinstance(member, Member):
            return steps.gone(self, request, object_id)
        step = Step(title=f"{verb}: {member}", consequence=consequence, button=verb, form=ReasonForm, danger=not active)

        def perform(answers: dict[str, Any]) -> str:
            actor = steps.actor_of(request)
            set_active(
                operator=self.operator, member_id=member.pk, active=active, actor=actor, reason=answers["reason"]
            )
            return f"{member} {'may work again' if active else 'is kept out'}."

        return steps.take(self, request, member, step, perform)
