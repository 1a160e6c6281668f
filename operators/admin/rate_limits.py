"""The step in which staff set how often an operator and its players may call."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminTextInputWidget

from keno_platform.limits import rates
from keno_platform.staff import steps
from keno_platform.staff.pages import StaffAdmin
from keno_platform.staff.steps import Step, StepForm
from operators.bound import public_context
from operators.limiting import installed
from operators.models import Operator
from operators.services.rate_limits import set_rate_limits

WORDS = {
    rates.OPERATOR_BETS: "Bets of the operator and its players",
    rates.OPERATOR_CALLS: "Other calls of its backend",
    rates.PLAYER_BETS: "Bets of one player's client",
    rates.PLAYER_CALLS: "Other calls of one player's client",
}


class RateLimitsForm(StepForm):
    """The four limits of an operator; one that is left empty is the installation's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in WORDS.items():
            self.fields[name] = forms.CharField(
                required=False,
                max_length=32,
                label=words,
                widget=UnfoldAdminTextInputWidget,
                initial=self.initial.get(name, ""),
                help_text=f"Such as 10/100, ten a second and a hundred at once; or off. Empty: {installed(name)}.",
            )


def limit(page: StaffAdmin, request: HttpRequest, operator: Operator) -> HttpResponse:
    """The step that sets an operator's rate limits."""
    step = Step(
        title=f"Rate limits of {operator.name}",
        consequence="Calls beyond them are refused with 429 from the next second on. Nothing else changes.",
        button="Save",
        form=RateLimitsForm,
    )

    def perform(asked: dict[str, Any]) -> str:
        limits = {name: asked[name].strip() or None for name in WORDS}
        with public_context():
            set_rate_limits(operator=operator, limits=limits, actor=steps.actor_of(request))
        return f"The rate limits of {operator.name} are saved."

    return steps.take(page, request, operator, step, perform, **operator.rate_limits)
