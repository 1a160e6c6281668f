"""Saving a page asks for what needs a second pair of eyes, and saves the rest at once."""

from collections.abc import Mapping
from typing import Any, cast

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from approvals.services import ask
from approvals.staff import address_of_request, person_of
from audit.editing import AuditedAdmin
from keno_platform.core.errors import Refusal
from keno_platform.staff import steps
from operators.approvals import MOVE, RAISE
from operators.models import Operator
from operators.services.terms import PLACE, loosened

REASON = "reason"


def take_out(obj: Operator, form: Any) -> dict[str, Any]:
    """What of a form loosens the operator's terms, by name; the object and the form go on without it."""
    before = Operator.objects.get(pk=obj.pk)
    wanted = {name: column_value(obj, name) for name in form.changed_data if name != REASON}
    looser = loosened(before, wanted)
    for name in looser:
        column = column_of(obj, name)
        setattr(obj, column, getattr(before, column))
    form.changed_data = [name for name in form.changed_data if name not in looser and name != REASON]
    return looser


def column_of(obj: Model, name: str) -> str:
    """The attribute that holds a field's own value: of a relation its key."""
    return str(obj._meta.get_field(name).attname)  # type: ignore[union-attr]


def column_value(obj: Model, name: str) -> Any:
    """A field's own value, as JSON has it."""
    value = getattr(obj, column_of(obj, name))
    return list(value) if isinstance(value, list | tuple) else value


class AskingAdmin(AuditedAdmin):
    """A page whose saving may have asked for something: it then leads to the request."""

    def ask(self, request: HttpRequest, *, action: str, subject: str, reason: str, **terms: Any) -> None:
        """Ask, or tell why it was not asked; what else was saved stays saved."""
        try:
            made = ask(action=action, subject=subject, person=person_of(request), reason=reason, **terms)
        except Refusal as refusal:
            messages.error(request, steps.text_of(refusal))
            return
        self._asked(request).append(address_of_request(made))

    def response_change(self, request: HttpRequest, obj: Model) -> HttpResponse:
        asked = self._asked(request)
        if not asked:
            return cast("HttpResponse", super().response_change(request, obj))
        messages.warning(request, f"{obj}: asked for. Another member of staff has to approve it before it counts.")
        return HttpResponseRedirect(asked[0])

    def _asked(self, request: HttpRequest) -> list[str]:
        if not hasattr(request, "asked_for"):
            request.asked_for = []  # type: ignore[attr-defined]
        return request.asked_for  # type: ignore[attr-defined,no-any-return]


def requests_for(looser: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(action, its terms): one request for limits, one for where the operator is licensed."""
    place = {name: value for name, value in looser.items() if name in PLACE}
    limits = {name: value for name, value in looser.items() if name not in PLACE}
    return [(action, terms) for action, terms in ((RAISE, limits), (MOVE, place)) if terms]
