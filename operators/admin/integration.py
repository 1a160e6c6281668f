"""What staff set of an operator's integration, and what they are asked about it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from keno_platform.staff import steps
from keno_platform.staff.pages import StaffAdmin
from keno_platform.staff.steps import Step, StepForm
from operators import services
from operators.bound import public_context
from operators.models import Operator, Settlement, Signing, WalletConnection
from operators.services.wallets import CONCURRENCY_MAX


def switch(**options: Any) -> forms.BooleanField:
    """Yes or no."""
    return forms.BooleanField(required=False, widget=UnfoldBooleanSwitchWidget, **options)


def lines(**options: Any) -> forms.CharField:
    """Several entries, one on each line."""
    return forms.CharField(required=False, widget=UnfoldAdminTextareaWidget({"rows": 4}), **options)


class IntegrationForm(StepForm):
    """How an operator is integrated."""

    sandbox = switch(help_text="Test money only. It cannot be changed once money has moved.")
    signed_calls_required = switch(
        help_text="Refuse calls of its backend that are not signed. It needs a key for signed calls first."
    )
    allowed_addresses = lines(help_text="IP addresses and networks of its backend, one a line. None: any.")
    frame_ancestors = lines(
        help_text="Origins that may show the client in a frame, one a line, such as https://casino.example. None: none."
    )


class WalletForm(StepForm):
    """Where an operator's wallet is, and how it is called."""

    url = forms.CharField(
        max_length=500,
        label="Address",
        widget=UnfoldAdminTextInputWidget,
        help_text="Base address, such as https://wallet.casino.example/keno; /debit is called below it.",
    )
    signing = forms.ChoiceField(choices=Signing.choices, widget=UnfoldAdminSelectWidget)
    settlement = forms.ChoiceField(choices=Settlement.choices, widget=UnfoldAdminSelectWidget)
    zero_win_notices = switch(help_text="Also tell the wallet of bets that won nothing.")
    concurrency_max = forms.IntegerField(
        min_value=1,
        max_value=CONCURRENCY_MAX,
        initial=200,
        label="Most calls at one time",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    is_local = switch(
        label="In our own network",
        help_text="Allow private and loopback addresses, and http. Only a superuser may.",
    )


def integrate(page: StaffAdmin, request: HttpRequest, operator: Operator) -> HttpResponse:
    """The step that changes an operator's integration."""
    step = Step(
        title=f"Integration of {operator.name}",
        consequence="Takes effect at once, for the next call of its backend and the next launch of its client.",
        button="Save",
        form=IntegrationForm,
    )

    def perform(asked: dict[str, Any]) -> str:
        change = services.Integration(
            sandbox=asked["sandbox"],
            signed_calls_required=asked["signed_calls_required"],
            allowed_addresses=tuple(asked["allowed_addresses"].split()),
            frame_ancestors=tuple(asked["frame_ancestors"].split()),
        )
        with public_context():
            services.change_integration(operator=operator, change=change, actor=steps.actor_of(request))
        return f"The integration of {operator.name} is saved."

    return steps.take(
        page,
        request,
        operator,
        step,
        perform,
        sandbox=operator.sandbox,
        signed_calls_required=operator.signed_calls_required,
        allowed_addresses="\n".join(operator.allowed_addresses),
        frame_ancestors="\n".join(operator.frame_ancestors),
    )


def connect(page: StaffAdmin, request: HttpRequest, operator: Operator) -> HttpResponse:
    """The step that connects an operator's wallet, or changes how it is called."""
    present = WalletConnection.objects.filter(operator=operator).first()
    step = Step(
        title=f"Wallet of {operator.name}",
        consequence="Stakes are taken from, and wins paid to, the operator's own wallet at this address. An operator "
        "whose money is held here cannot be connected once any has moved.",
        button="Save" if present else "Connect",
        form=WalletForm,
    )

    def perform(asked: dict[str, Any]) -> HttpResponse | str:
        if asked["is_local"] and not request.user.is_superuser:
            raise PermissionDenied
        with public_context():
            secret = services.connect_wallet(operator=operator, actor=steps.actor_of(request), **asked)
        if secret is None:
            return f"The wallet of {operator.name} is connected."
        facts = {"Operator": operator.name, "Address": asked["url"]}
        title = "The secret for calls to this wallet"
        return steps.show_secret(page, request, title=title, secret=secret, facts=facts, record=operator)

    return steps.take(page, request, operator, step, perform, **_initial(present))


def _initial(present: WalletConnection | None) -> Mapping[str, Any]:
    names = WalletForm.base_fields.keys() - {"acting_in"}
    return {name: getattr(present, name) for name in names} if present else {"concurrency_max": 200}
