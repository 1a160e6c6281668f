"""What is asked about members of staff."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from access.models import Role
from keno_platform.staff.steps import REASON_MAX, ReasonForm, StepForm
from operators.models import Operator
from operators.selectors import list_operators

NAME_MAX = 64


def _role() -> forms.ChoiceField:
    return forms.ChoiceField(choices=Role.choices, widget=UnfoldAdminSelectWidget)


def _operator() -> "forms.ModelChoiceField[Operator]":
    return forms.ModelChoiceField(
        queryset=list_operators(),
        required=False,
        empty_label="All operators",
        widget=UnfoldAdminSelectWidget,
        help_text="With one, nothing of any other operator is seen. An operator's staff and a banker's admin need one; "
        "a super-admin has none.",
    )


class MemberForm(StepForm):
    """A new member."""

    name = forms.CharField(
        max_length=NAME_MAX,
        label="User name",
        widget=UnfoldAdminTextInputWidget,
        help_text="Of one person: the record names it with all that is done.",
    )
    role = _role()
    operator = _operator()


class RoleForm(ReasonForm):
    """Another role."""

    role = _role()
    operator = _operator()
    field_order = ("role", "operator", "reason")


class NarrowForm(ReasonForm):
    """Which of the role's permissions a member has. All of them ticked: the member is not narrowed any more."""

    only = forms.MultipleChoiceField(required=False, label="May", widget=UnfoldAdminCheckboxSelectMultipleWidget)
    field_order = ("only", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = self.initial.get("allowed", [])
        self.fields["only"].choices = [(name, name) for name in allowed]  # type: ignore[attr-defined]  # a choice


class NetworkForm(StepForm):
    """A network that a role may come from."""

    role = _role()
    network = forms.CharField(
        max_length=43,
        widget=UnfoldAdminTextInputWidget,
        help_text="An address, or a network such as 192.0.2.0/24 or 2001:db8::/48.",
    )
    note = forms.CharField(
        max_length=min(120, REASON_MAX), required=False, widget=UnfoldAdminTextInputWidget, help_text="Whose it is."
    )
