"""Jurisdictions for staff."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget

from keno_platform.staff.steps import REASON_MAX
from operators.admin.asking import REASON, AskingAdmin, column_value
from operators.admin.forms import REASON_MIN
from operators.approvals import PROFILE
from operators.jurisdictions import Jurisdiction


class JurisdictionForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A profile's rules; to change those of one that stands, somebody else has to agree."""

    reason = forms.CharField(
        required=False,
        max_length=REASON_MAX,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text="Why. A change of rules is asked for, and another member of staff decides.",
    )

    class Meta:
        model = Jurisdiction
        exclude = ()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.instance._state.adding and self.changed_data and len(cleaned.get(REASON, "").strip()) < REASON_MIN:
            self.add_error(REASON, "Say why: somebody else has to approve it.")
        return cleaned


@admin.register(Jurisdiction)
class JurisdictionAdmin(AskingAdmin):
    """Profiles of rules. The code is what operators refer to, so it stays; a change is asked for."""

    form = JurisdictionForm

    list_display = ("code", "name", "minimum_age", "bet_cancellation", "autobet_allowed", "turbo_allowed")
    search_exactly = ("code",)
    fieldsets = (
        (None, {"fields": ("code", "name", "minimum_age", "bet_cancellation", "record_retention_days")}),
        ("The game", {"fields": ("autobet_allowed", "turbo_allowed", "game_start_min_ms")}),
        (
            "Money",
            {
                "fields": (
                    *("currency_code", "stake_min", "stake_max"),
                    *("stake_day_max", "loss_day_max", "deposit_day_max"),
                ),
                "description": "In minor units of this currency (2000 for KES 20.00). They count for operators with "
                "this currency, from the next bet on.",
            },
        ),
        ("Time", {"fields": ("session_max_minutes", "reality_check_minutes", "loosening_hours")}),
        ("What is shown", {"fields": ("show_rtp", "show_net_position", "show_elapsed")}),
        ("Help", {"fields": ("helpline_name", "helpline_url", "helpline_number")}),
        ("Breaks", {"fields": ("cool_off_hours", "exclusion_days", "exclusion_forever")}),
        ("Why", {"fields": (REASON,)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """A new profile is made at once: nobody plays under it yet."""
        reason, names = form.cleaned_data.get(REASON, ""), [name for name in form.changed_data if name != REASON]
        form.changed_data = names
        if not change:
            super().save_model(request, obj, form, change)
        elif wanted := _differing(obj, names):
            self.ask(request, action=PROFILE, subject=str(obj.pk), payload=wanted, reason=reason)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def _differing(obj: Model, names: list[str]) -> dict[str, Any]:
    """Of these fields those that are other than stored: a form counts a list as changed when in doubt."""
    stored = Jurisdiction.objects.get(pk=obj.pk)
    wanted = {name: column_value(obj, name) for name in names}
    return {name: value for name, value in wanted.items() if value != column_value(stored, name)}
