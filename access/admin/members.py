"""Members of staff: made, given another role, narrowed down, let in again, sent away."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join

from access import selectors, services
from access.admin.forms import MemberForm, NarrowForm, RoleForm
from access.fresh import fresh_only
from access.models import Ending, Role, StaffMember
from keno_platform.staff import steps
from keno_platform.staff.columns import NOTHING, column, in_utc, list_link, record_link, utc
from keno_platform.staff.pages import RecordAdmin
from keno_platform.staff.steps import ReasonForm, Step, offered

# Django's own pages could give anybody anything, unasked and off the record.
admin.site.unregister(User)
admin.site.unregister(Group)

CREATE = Step(
    title="Add a member of staff",
    consequence="They log in with the password that is shown once on the next page, and set up their second factor "
    "within three days.",
    button="Add",
    form=MemberForm,
)
Asked = dict[str, Any]
COLORS = {"in": "success", "invited": "info", "no second factor": "warning", "inactive": "danger"}


def standing(member: StaffMember) -> str:
    """Whether a member can get in."""
    if not member.user.is_active:
        return "inactive"
    if selectors.has_second_factor(member.user_id):
        return "in"
    return "invited" if member.invited_until else "no second factor"


def _may(member: StaffMember) -> Any:
    if member.role == Role.SUPER_ADMIN and not member.narrowed:
        return "everything that anybody may"
    names = sorted(selectors.permissions_of_member(member))
    return format_html_join("", "<div>{}</div>", ((name,) for name in names)) or "nothing"


def _known_by(member: StaffMember) -> str:
    if member.let_in_by is None:
        return "let in on the server"
    if member.vouched_by is None:
        return f"only {member.let_in_by} says so, who has seen the first password"
    return f"{member.vouched_by} has vouched; let in by {member.let_in_by}"


def _see_also(member: StaffMember) -> Any:
    links = (
        list_link("access.staffsession", "sessions", f"q={member.user.get_username()}"),
        list_link("audit.auditentry", "audit log", f"q=staff:{member.user.get_username()}"),
    )
    return format_html_join(" · ", "{}", ((link,) for link in links))


ROLE = column(lambda member: member.get_role_display(), name="role_shown", title="role")
OPERATOR = column(
    lambda member: record_link("operators.operator", member.operator_id, member.operator),
    name="operator_link",
    title="operator",
)


@admin.register(StaffMember)
class StaffMemberAdmin(RecordAdmin):
    """Who may come in, and as what. Nobody is deleted: what they did stays theirs."""

    list_display = (
        column(lambda member: member.user.get_username(), name="name"),
        ROLE,
        OPERATOR,
        "narrowed",
        column(standing, name="standing", colors=COLORS),
        column(lambda member: in_utc(member.user.last_login), name="last_login"),
        utc("created_at"),
    )
    list_select_related = ("user", "operator", "let_in_by", "vouched_by")
    list_filter = ("role", ("operator", admin.RelatedOnlyFieldListFilter))
    search_exactly = ("id", "user__username")
    search_help_text = "An exact user name."
    fields = (
        column(lambda member: member.user.get_username(), name="name"),
        ROLE,
        OPERATOR,
        "narrowed",
        column(standing, name="standing", colors=COLORS),
        column(
            lambda member: in_utc(member.invited_until) if member.invited_until else NOTHING,
            name="invitation",
            title="invited until",
        ),
        column(lambda member: in_utc(member.user.last_login), name="last_login"),
        column(_known_by, name="known_by", title="a person of their own"),
        utc("created_at"),
        column(_see_also, name="see_also"),
        column(_may, name="may"),
    )
    actions_detail = ("change_role", "narrow", "log_out", "let_in_again", "vouch", "send_away", "take_back")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("access.add_staffmember"))

    def has_manage_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may change what others may."""
        return bool(request.user.has_perm("access.change_staffmember"))

    def offers(self, step: str, record: StaffMember) -> bool:
        if step == "vouch":
            return record.let_in_by_id is not None and record.vouched_by_id is None
        return step not in ("send_away", "take_back") or record.user.is_active == (step == "send_away")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._add(request)

    @fresh_only
    def _add(self, request: HttpRequest) -> HttpResponse:
        def perform(asked: Asked) -> HttpResponse:
            operator = asked["operator"]
            terms = services.MemberTerms(
                name=asked["name"], role=Role(asked["role"]), operator_id=operator.pk if operator else None
            )
            member, password = services.create_member(terms=terms, actor=steps.actor_of(request))
            return self._show_password(request, member, password)

        return steps.take(self, request, None, CREATE, perform)

    @offered(title="Role", permission="manage", icon="badge")
    @fresh_only
    def change_role(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Another role, or the same within another operator."""

        def begin(member: StaffMember) -> Asked:
            return {"role": member.role, "operator": member.operator_id}

        def perform(member: StaffMember, asked: Asked) -> str:
            operator = asked["operator"]
            changed = services.change_role(
                member=member,
                role=Role(asked["role"]),
                operator_id=operator.pk if operator else None,
                reason=asked["reason"],
                actor=steps.actor_of(request),
            )
            return f"{changed} is {changed.get_role_display()} now."

        step = Step(
            title="Change the role",
            consequence="The member is logged out everywhere, and what they may is the new role's, not narrowed.",
            button="Change",
            form=RoleForm,
        )
        return self._take(
            request, object_id, step, perform, lambda one: {"role": one.role, "operator": one.operator_id}
        )

    @offered(title="Narrow", permission="manage", icon="filter_alt")
    @fresh_only
    def narrow(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Less than the role may."""

        def perform(member: StaffMember, asked: Asked) -> str:
            only = None if set(asked["only"]) == set(_allowed(member)) else asked["only"]
            changed = services.narrow_member(
                member=member, only=only, reason=asked["reason"], actor=steps.actor_of(request)
            )
            return f"{changed} may do {'less than' if changed.narrowed else 'all that'} the role may."

        def begin(member: StaffMember) -> Asked:
            return {"allowed": _allowed(member), "only": sorted(selectors.permissions_of_member(member))}

        step = Step(
            title="Narrow down",
            consequence="Of what the role may, the member may only what is ticked. They are logged out everywhere.",
            button="Save",
            form=NarrowForm,
        )
        return self._take(request, object_id, step, perform, begin)

    @offered(title="Log out", permission="manage", icon="logout")
    @fresh_only
    def log_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End every session of a member."""

        def perform(member: StaffMember, _: Asked) -> str:
            ended = services.end_sessions_of(member.user_id, ending=Ending.REVOKED, actor=steps.actor_of(request))
            return f"{ended} {'session is' if ended == 1 else 'sessions are'} over."

        step = Step(title="Log out", consequence="Ends every session of this member at once.", button="Log out")
        return self._take(request, object_id, step, perform)

    @offered(title="Let in again", permission="manage", icon="lock_reset")
    @fresh_only
    def let_in_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A new password and a new second factor."""

        def perform(member: StaffMember, asked: Asked) -> HttpResponse:
            with transaction.atomic():
                services.reset_second_factor(member, reason=asked["reason"], actor=steps.actor_of(request))
                password = services.invite_again(member=member, actor=steps.actor_of(request))
                services.lift_lock_out(member, actor=steps.actor_of(request))
            return self._show_password(request, member, password)

        step = Step(
            title="Let in again",
            consequence="Takes password, second factor, backup codes and sessions away. The new password is shown "
            "once, and the member sets up a second factor within three days.",
            button="Reset",
            form=ReasonForm,
            danger=True,
        )
        return self._take(request, object_id, step, perform)

    @offered(title="Vouch", permission="manage", icon="how_to_reg")
    @fresh_only
    def vouch(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Two accounts are two people."""

        def perform(member: StaffMember, asked: Asked) -> str:
            services.vouch(member=member, reason=asked["reason"], actor=steps.actor_of(request))
            return f"{member} counts as a person of their own now."

        step = Step(
            title="Vouch",
            consequence="You say that you know this person, and that nobody else uses this account. Until somebody has "
            "said so, whoever has let them in counts as the same person where four eyes are needed.",
            button="Vouch",
            form=ReasonForm,
        )
        return self._take(request, object_id, step, perform)

    @offered(title="Deactivate", permission="manage", icon="person_off", danger=True)
    @fresh_only
    def send_away(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Keep a member out."""
        return self._set_active(request, object_id, active=False)

    @offered(title="Activate", permission="manage", icon="person_add")
    @fresh_only
    def take_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let a member in again who was kept out."""
        return self._set_active(request, object_id, active=True)

    def _set_active(self, request: HttpRequest, object_id: str, *, active: bool) -> HttpResponse:
        def perform(member: StaffMember, asked: Asked) -> str:
            services.set_active(member=member, active=active, reason=asked["reason"], actor=steps.actor_of(request))
            return f"{member} is {'active' if active else 'inactive'} now."

        step = Step(
            title="Activate" if active else "Deactivate",
            consequence="They can log in again as before."
            if active
            else "Logged out everywhere at once, and kept out.",
            button="Activate" if active else "Deactivate",
            form=ReasonForm,
            danger=not active,
        )
        return self._take(request, object_id, step, perform)

    def _take(
        self,
        request: HttpRequest,
        object_id: str,
        step: Step,
        perform: Callable[[StaffMember, Asked], HttpResponse | str],
        begin: Callable[[StaffMember], Asked] | None = None,
    ) -> HttpResponse:
        member = steps.found(self, request, object_id)
        if not isinstance(member, StaffMember):
            return steps.gone(self, request, object_id)
        initial = begin(member) if begin else {}
        named = Step(
            title=f"{step.title}: {member}",
            consequence=step.consequence,
            button=step.button,
            form=step.form,
            danger=step.danger,
        )
        return steps.take(self, request, member, named, lambda asked: perform(member, asked), **initial)

    def _show_password(self, request: HttpRequest, member: StaffMember, password: str) -> HttpResponse:
        facts = {"User name": member, "Role": member.get_role_display(), "Operator": member.operator or "all"}
        return steps.show_secret(self, request, title="The first password", secret=password, facts=facts, record=member)


def _allowed(member: StaffMember) -> list[str]:
    if member.role == Role.SUPER_ADMIN:
        return sorted(selectors.all_permissions())
    return sorted(selectors.role_permissions(member))
