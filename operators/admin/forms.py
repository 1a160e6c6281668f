"""What staff are asked about operators and keys. Amounts are decimals of the operator's currency."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.postgres.forms import SimpleArrayField
from django.core.validators import RegexValidator
from unfold.widgets import (
    UnfoldAdminColorInputWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from keno_platform.core.errors import Refusal
from keno_platform.core.money import exponent_of, format_amount, parse_amount
from keno_platform.staff.steps import REASON_MAX, StepForm
from operators.jurisdictions import Jurisdiction
from operators.models import Operator
from operators.services import OperatorTerms
from operators.services.terms import loosened

AMOUNTS = ("min_bet", "max_bet", "max_win_per_ticket")
THRESHOLDS = ("large_wager_from", "large_win_from")
"""Amounts that may be left empty."""
REASON_MIN = 3
DAY_HOURS = 24
OVERLAP_HOURS_MAX = 30 * DAY_HOURS
_COLOR = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", "A colour like #1f6feb.")
_HOST = RegexValidator(
    r"^(?=.{1,253}\Z)([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)*[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\Z",
    "A host name like keno.example.com, without scheme, port or path.",
)
_COUNTRIES = RegexValidator(r"^([A-Z]{2}(,\s*[A-Z]{2})*)?\Z", "Country codes like KE, TZ.")


def text(**options: Any) -> forms.CharField:
    """One line of text."""
    return forms.CharField(widget=UnfoldAdminTextInputWidget, **options)


class OperatorForm(StepForm):
    """Everything that a new operator needs."""

    name = text(max_length=80)
    slug = text(max_length=40, help_text="3 to 40 of a-z, 0-9 and -. It names the schema and never changes.")
    domain = forms.CharField(
        max_length=253, widget=UnfoldAdminTextInputWidget, validators=[_HOST], help_text="Where its client is served."
    )
    currency_code = text(
        min_length=3, max_length=3, label="Currency", help_text="ISO 4217, such as KES. It never changes."
    )
    min_bet = text(max_length=24, label="Lowest stake", help_text="A decimal of the currency, such as 10.00.")
    max_bet = text(max_length=24, label="Highest stake")
    max_win_per_ticket = text(max_length=24, label="Highest win of a ticket")
    default_language = forms.ChoiceField(choices=settings.LANGUAGES, initial="en", widget=UnfoldAdminSelectWidget)
    primary_color = forms.CharField(
        initial="#1f6feb", validators=[_COLOR], label="Colour", widget=UnfoldAdminColorInputWidget
    )
    logo_url = text(max_length=500, required=False, label="Logo address")
    jurisdiction = forms.ModelChoiceField(
        queryset=Jurisdiction.objects.order_by("code"),
        initial="default",
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
    )
    region_restrictions = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget,
        validators=[_COUNTRIES],
        help_text="Countries in which the game is not offered, such as US, FR.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        try:
            exponent = exponent_of(cleaned.get("currency_code", ""))
        except ValueError as error:
            self.add_error("currency_code", str(error))
            return cleaned
        for field in AMOUNTS:
            if field in cleaned:
                cleaned[field] = self._minor(field, cleaned[field], exponent)
        return cleaned

    def _minor(self, field: str, asked: str, exponent: int) -> int | None:
        try:
            return parse_amount(asked, exponent=exponent)
        except Refusal as refusal:
            self.add_error(field, refusal.title)
            return None


def terms_of(cleaned: dict[str, Any]) -> OperatorTerms:
    """The service's terms of a valid form."""
    countries = cleaned["region_restrictions"].replace(",", " ").split()
    known = {name: value for name, value in cleaned.items() if name not in ("region_restrictions", "jurisdiction")}
    return OperatorTerms(**known, jurisdiction=cleaned["jurisdiction"].code, region_restrictions=tuple(countries))


class AmountField(forms.CharField):
    """Minor units inside, a decimal of the currency outside. The form sets `exponent`."""

    exponent = 2

    def prepare_value(self, value: Any) -> Any:
        return format_amount(value, exponent=self.exponent) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        asked = super().clean(value)
        if not asked and not self.required:
            return None
        try:
            return parse_amount(asked, exponent=self.exponent)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.title) from refusal

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((self.prepare_value(initial) or "") != (data or ""))


class OperatorChangeForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What may change of an operator beside its looks and its integration, which have their own steps: its limits."""

    min_bet = AmountField(label="Lowest stake", widget=UnfoldAdminTextInputWidget)
    max_bet = AmountField(label="Highest stake", widget=UnfoldAdminTextInputWidget)
    max_win_per_ticket = AmountField(label="Highest win of a ticket", widget=UnfoldAdminTextInputWidget)
    large_wager_from = AmountField(
        label="Large wagers from",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="A ticket of this stake or more goes on record; empty: as the settings say.",
    )
    large_win_from = AmountField(
        label="Large wins from",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="A bet that wins this or more goes on record; empty: as the settings say.",
    )
    region_restrictions = SimpleArrayField(
        forms.CharField(max_length=2, validators=[_COUNTRIES]),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Countries in which the game is not offered, such as US,FR.",
    )
    reason = forms.CharField(
        required=False,
        max_length=REASON_MAX,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text="Why, where more is to be allowed than now: that is asked for, and another member of staff decides. "
        "What only tightens counts at once.",
    )

    class Meta:
        model = Operator
        fields = (
            *AMOUNTS,
            *THRESHOLDS,
            "region_restrictions",
            "jurisdiction",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in (*AMOUNTS, *THRESHOLDS):
            field = self.fields.get(name)  # absent for staff who may only look
            if isinstance(field, AmountField):
                field.exponent = self.instance.currency_exponent
                field.help_text = f"{self.instance.currency_code}. {field.help_text}".removesuffix(". ")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        wanted = {name: value for name, value in cleaned.items() if name in self.changed_data}
        if isinstance(profile := wanted.get("jurisdiction"), Jurisdiction):
            wanted["jurisdiction"] = profile.code
        looser = loosened(self.instance, wanted)
        if looser and len(cleaned.get("reason", "").strip()) < REASON_MIN:
            self.add_error("reason", "Say why: this allows more than now, so somebody else has to approve it.")
        if "max_bet" in looser and cleaned.get("min_bet", 0) > self.instance.max_bet:
            self.add_error("min_bet", "Above the highest stake, as long as a higher one is not approved.")
        return cleaned


class KeyForm(StepForm):
    """A new key: whose, and what for."""

    operator = forms.ModelChoiceField(
        queryset=Operator.objects.order_by("slug"),
        required=False,
        empty_label="The provider itself",
        widget=UnfoldAdminSelectWidget,
        help_text="A key of the provider creates and suspends operators; only a superuser may issue one.",
    )
    label = text(max_length=80, help_text="What it is for, so that it is known when it is to be revoked.")


class RotateForm(StepForm):
    """How long both keys are valid."""

    overlap_hours = forms.IntegerField(
        min_value=0,
        max_value=OVERLAP_HOURS_MAX,
        initial=DAY_HOURS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="The old key stays valid so much longer. 0 ends it at once.",
    )
