"""
Steps: what staff do beyond looking. A page says what will happen and asks what it needs; one service call does it.

A refusal is shown and the page stays. What a service answers is told on the record's own page, unless the step has
a page of its own, such as a secret that is shown once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from keno_platform.core.errors import Refusal
from keno_platform.staff.pages import StaffAdmin

Method = TypeVar("Method", bound=Callable[..., HttpResponse])
Perform = Callable[[dict[str, Any]], HttpResponse | str]
REASON_MAX = 200


class StepForm(forms.Form):
    """A step that needs nothing but a yes. It remembers in which operator's books it was begun."""

    acting_in = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, acting_in: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._acting_in = acting_in
        self.fields["acting_in"].initial = acting_in

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.pop("acting_in", "") != self._acting_in:
            raise forms.ValidationError("Another operator was picked since this page was opened. Nothing was done.")
        return cleaned


class ReasonForm(StepForm):
    """A step that must be explained; the reason goes to the audit log."""

    reason = forms.CharField(
        min_length=3,
        max_length=REASON_MAX,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="For the audit log.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a page of a step says: its title, what will come of it, and the button."""

    title: str
    consequence: str
    button: str
    form: type[StepForm] = StepForm
    danger: bool = False


def offered(*, title: str, permission: str, icon: str, danger: bool = False) -> Callable[[Method], Method]:
    """Offers a method as a step of a record to those for whom `has_<permission>_permission` holds."""
    variant = ActionVariant.DANGER if danger else ActionVariant.DEFAULT
    return cast(
        "Callable[[Method], Method]", action(description=title, permissions=[permission], icon=icon, variant=variant)
    )


def actor_of(request: HttpRequest) -> str:
    """Who does it, as the audit log names staff."""
    return f"staff:{request.user.get_username()}"


def take(
    page: StaffAdmin, request: HttpRequest, record: Model | None, step: Step, perform: Perform, **initial: Any
) -> HttpResponse:
    """Ask, and when the answers are good do it; see the module."""
    bound = request.POST if request.method == "POST" else None
    form = step.form(bound, initial=initial, acting_in=acting_in(page))
    if bound is not None and form.is_valid():
        try:
            done = perform(form.cleaned_data)
        except Refusal as refusal:
            messages.error(request, text_of(refusal))
        else:
            return done if isinstance(done, HttpResponse) else _told(page, request, record, done)
    return show(page, request, "admin/step.html", record=record, title=step.title, step=step, form=form)


def found(page: StaffAdmin, request: HttpRequest, object_id: str) -> Model | None:
    """The record that an address names, if there is one."""
    return cast("Model | None", page.get_object(request, unquote(object_id)))


def gone(page: StaffAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The answer when there is no such record."""
    return cast("HttpResponse", page._get_obj_does_not_exist_redirect(request, page.opts, object_id))


def show(page: StaffAdmin, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
    """A page of the staff's site beside a table's own."""
    whole = {**page.admin_site.each_context(request), "back": list_of(page), **context}
    return TemplateResponse(request, template, whole)


def show_secret(
    page: StaffAdmin, request: HttpRequest, *, title: str, secret: str, facts: Mapping[str, object], record: Model
) -> TemplateResponse:
    """The one time that a credential is shown. It is the answer to the call that made it, and is kept nowhere."""
    response = show(page, request, "admin/secret.html", title=title, secret=secret, facts=facts, record=record)
    response.headers["Cache-Control"] = "no-store"
    return response


def acting_in(page: StaffAdmin) -> str:
    """Which operator's books a page works in; empty for what belongs to the provider."""
    return str(getattr(page, "acting_in", ""))


def list_of(page: StaffAdmin) -> str:
    """The address of a table's list."""
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")


def page_of(page: StaffAdmin, record: Model) -> str:
    """The address of a record's page."""
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_change", args=[quote(str(record.pk))])


def text_of(refusal: Refusal) -> str:
    """A refusal as staff read it, with the code that the API gives for it."""
    return f"{refusal.title}: {refusal.detail or 'nothing was changed.'} ({refusal.code})"


def _told(page: StaffAdmin, request: HttpRequest, record: Model | None, text: str) -> HttpResponse:
    messages.success(request, text)
    return HttpResponseRedirect(page_of(page, record) if record else list_of(page))


def refused(page: StaffAdmin, request: HttpRequest, record: Model, text: str) -> HttpResponse:
    """Back to the record's page with the word why there is nothing to ask."""
    messages.error(request, text)
    return HttpResponseRedirect(page_of(page, record))
