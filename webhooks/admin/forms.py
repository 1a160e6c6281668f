"""What staff are asked about endpoints."""

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from keno_platform.staff.steps import StepForm
from operators.models import Operator
from webhooks.catalogue import SUBSCRIBABLE

OVERLAP_HOURS_MAX = 30 * 24


class AddressForm(StepForm):
    """Where an endpoint is, and what it is told."""

    url = forms.CharField(max_length=500, label="Address", widget=UnfoldAdminTextInputWidget)
    description = forms.CharField(max_length=200, required=False, widget=UnfoldAdminTextInputWidget)
    events = forms.MultipleChoiceField(
        choices=[(name, name) for name in SUBSCRIBABLE], widget=forms.CheckboxSelectMultiple
    )


class EndpointForm(AddressForm):
    """A new endpoint: also whose, and whether it may be on this network."""

    operator = forms.ModelChoiceField(
        queryset=Operator.objects.order_by("slug"), empty_label=None, widget=UnfoldAdminSelectWidget
    )
    is_local = forms.BooleanField(
        required=False,
        label="Local",
        widget=UnfoldBooleanSwitchWidget,
        help_text="Its address may be private or loopback, and http. Only for installations of one's own.",
    )
    field_order = ("operator", "url", "description", "events", "is_local")


class RotateSecretForm(StepForm):
    """How long messages have both signatures."""

    overlap_hours = forms.IntegerField(
        min_value=0,
        max_value=OVERLAP_HOURS_MAX,
        initial=24,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Messages are signed with the old secret too for so long. 0 ends it at once.",
    )


class SinceForm(StepForm):
    """From when on."""

    since = forms.SplitDateTimeField(
        widget=UnfoldAdminSplitDateTimeWidget, help_text="UTC. Failed deliveries of events since then are sent again."
    )
