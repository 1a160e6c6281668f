"""How a room's staff pages ask for something: the step that would have done it asks for it instead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from approvals import services
from approvals.actions import get_action
from approvals.models import Request
from approvals.ports import ports
from approvals.services import Person
from approvals.shapes import Case
from keno_platform.core.errors import Refusal
from keno_platform.staff import steps
from keno_platform.staff.pages import StaffAdmin
from keno_platform.staff.steps import ReasonForm, Step

SECOND = "Nothing happens yet: another member of staff has to approve it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a page asks for. Without a `consequence` the action's own description of it is shown."""

    action: str
    subject: str
    title: str
    operator_id: UUID | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    consequence: str = ""


def person_of(request: HttpRequest) -> Person:
    """Who is logged in, and from where."""
    if not isinstance(request.user, User):
        raise TypeError("nobody is logged in")
    return Person(user=request.user, address=ports.address_of(request) if ports.address_of else None)


def ask_for(
    page: StaffAdmin,
    request: HttpRequest,
    record: Model | None,
    asked: Asked,
    *,
    form: type[ReasonForm] = ReasonForm,
) -> HttpResponse:
    """
    The step that asks for a change. What its form asks beside the reason belongs to the terms of the change. It leads
    to the request's own page.
    """
    try:
        consequence = asked.consequence or _described(asked)
    except Refusal as refusal:
        return _nothing_to_ask(page, request, record, refusal)
    step = Step(title=asked.title, consequence=f"{consequence} {SECOND}", button="Ask for approval", form=form)

    def perform(answers: dict[str, Any]) -> HttpResponse:
        return ask_now(request, asked, reason=answers.pop("reason"), terms=answers)

    return steps.take(page, request, record, step, perform)


def ask_now(
    request: HttpRequest, asked: Asked, *, reason: str, terms: Mapping[str, Any] | None = None
) -> HttpResponseRedirect:
    """
    Ask, and go to the request's page.

    :raises Refusal: as for `services.ask`.
    """
    made = services.ask(
        action=asked.action,
        subject=asked.subject,
        operator_id=asked.operator_id,
        payload={**asked.payload, **(terms or {})},
        person=person_of(request),
        reason=reason,
    )
    messages.success(request, "Asked. Another member of staff has to approve it now.")
    return HttpResponseRedirect(address_of_request(made))


def address_of_request(request: Request) -> str:
    """Where a request's own page is."""
    return reverse("admin:approvals_request_change", args=[str(request.pk)])


def _described(asked: Asked) -> str:
    case = Case(subject=asked.subject, operator_id=asked.operator_id, payload=asked.payload)
    return get_action(asked.action).describe(case).consequence


def _nothing_to_ask(page: StaffAdmin, request: HttpRequest, record: Model | None, refusal: Refusal) -> HttpResponse:
    if record is not None:
        return steps.refused(page, request, record, steps.text_of(refusal))
    messages.error(request, steps.text_of(refusal))
    return HttpResponseRedirect(steps.list_of(page))
