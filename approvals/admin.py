"""Requests for a second pair of eyes, for staff: what waits, what it would do, and the decision."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminTextInputWidget

from approvals import services
from approvals.models import Request, State
from approvals.page import STATE_COLORS, context_of, operator_of, subject_of, title_of
from approvals.selectors import may_decide
from approvals.shapes import description_of
from approvals.staff import person_of
from keno_platform.staff import steps
from keno_platform.staff.columns import column, exact_utc, state, utc
from keno_platform.staff.gate import fresh_only
from keno_platform.staff.pages import RecordAdmin, UncountedPages
from keno_platform.staff.steps import ReasonForm, Step, offered

_OUTCOMES = {
    State.APPROVED: "Approved and done: {}",
    State.FAILED: "Approved, but it could not be done. {}",
    State.REJECTED: "Rejected: {}",
}


class ApproveForm(ReasonForm):
    """Why it is right, and the word that nobody types by a slip of the hand."""

    confirmation = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}))


@admin.register(Request)
class RequestAdmin(RecordAdmin):
    """What is asked for, newest first. Nobody decides what they asked for themselves, whatever their rights."""

    paginator = UncountedPages
    change_form_outer_before_template = "approvals/request.html"
    list_display = (
        column(title_of, name="kind", title="asks for"),
        column(subject_of, name="about"),
        column(operator_of, name="owner", title="operator"),
        state("state", STATE_COLORS),
        "asked_by",
        utc("asked_at"),
        utc("expires_at"),
    )
    list_filter = ("state", "action")
    search_exactly = ("id", "subject", "operator_id", "asked_by")
    search_help_text = "An exact request id, subject, operator id, or who asked (staff:ann)."
    fieldsets = (
        (
            "On record",
            {
                "classes": ("collapse",),
                "fields": (
                    "id",
                    "action",
                    "subject",
                    "operator_id",
                    exact_utc("asked_at"),
                    exact_utc("expires_at"),
                    exact_utc("closed_at"),
                    column(lambda one: bytes(one.fingerprint).hex(), name="rests_on_hash", title="fingerprint"),
                ),
            },
        ),
    )
    actions_detail = ("approve", "reject", "withdraw")

    class Media:
        css = {"all": ("approvals/approvals.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Request]:
        return Request.objects.select_related("decision").order_by("-pk")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Request | None:
        one = super().get_object(request, object_id, from_field)
        if one is not None:
            one._read_by = request.user
        return cast("Request | None", one)

    def offers(self, step: str, record: Request) -> bool:
        """Whoever asked may take it back, and others decide, while it is open."""
        viewer = getattr(record, "_read_by", None)
        own = viewer is not None and record.asked_by_user_id == viewer.pk
        if record.state != State.OPEN:
            return False
        return own if step == "withdraw" else viewer is not None and may_decide(record, viewer)

    def has_decide_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may look at requests; what each of them needs is asked for each."""
        return self.has_view_permission(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        one = steps.found(self, request, object_id) if self.has_view_permission(request) else None
        shown = context_of(one, person_of(request).user) if isinstance(one, Request) else {}
        title = {"title": subject_of(one)} if isinstance(one, Request) else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown, **title})

    @offered(title="Approve", permission="decide", icon="check_circle")
    @fresh_only
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Approve, and have it done at once."""
        one = steps.found(self, request, object_id)
        if not isinstance(one, Request):
            return steps.gone(self, request, object_id)
        if not self.offers("approve", one):
            return steps.refused(self, request, one, steps.text_of(_why_not(one, request)))
        described = description_of(one.description)
        step = Step(
            title=f"Approve: {described.subject}",
            consequence=f"{described.consequence} It is done at once. To approve it, type {described.confirm!r}.",
            button="Approve and carry out",
            form=ApproveForm,
            danger=True,
        )

        def perform(asked: dict[str, Any]) -> str:
            done = services.approve(request_id=one.pk, person=person_of(request), **asked)
            return _OUTCOMES[State(done.state)].format(done.outcome)

        return steps.take(self, request, one, step, perform)

    @offered(title="Reject", permission="decide", icon="cancel")
    @fresh_only
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say no, for a reason."""
        one = steps.found(self, request, object_id)
        if not isinstance(one, Request):
            return steps.gone(self, request, object_id)
        if not self.offers("reject", one):
            return steps.refused(self, request, one, steps.text_of(_why_not(one, request)))
        step = Step(
            title=f"Reject: {subject_of(one)}",
            consequence="Nothing is changed. It can be asked for again.",
            button="Reject",
            form=ReasonForm,
        )

        def perform(asked: dict[str, Any]) -> str:
            services.reject(request_id=one.pk, person=person_of(request), reason=asked["reason"])
            return "Rejected. Nothing was changed."

        return steps.take(self, request, one, step, perform)

    @offered(title="Take back", permission="decide", icon="undo")
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take one's own request back."""
        one = steps.found(self, request, object_id)
        if not isinstance(one, Request):
            return steps.gone(self, request, object_id)
        if not self.offers("withdraw", one):
            return steps.refused(self, request, one, "Only the person who asked takes a request back, while it waits.")
        step = Step(
            title=f"Take back: {subject_of(one)}", consequence="Nothing is changed by it.", button="Take it back"
        )

        def perform(_: dict[str, Any]) -> str:
            services.withdraw(request_id=UUID(str(one.pk)), person=person_of(request))
            return "Taken back."

        return steps.take(self, request, one, step, perform)


def _why_not(one: Request, request: HttpRequest) -> "services.NotOpen | services.SamePerson | services.NotPermitted":
    """What a decision by this member of staff would be refused with."""
    if one.state != State.OPEN:
        return services.NotOpen(f"It is {one.state}.")
    own = one.asked_by_user_id == person_of(request).user.pk
    return services.SamePerson() if own else services.NotPermitted()
