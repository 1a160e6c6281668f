"""Settings for staff: what each is, may be and was. Sensitive ones are asked for, and somebody else approves."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from approvals.selectors import find_open
from approvals.staff import Asked, address_of_request, ask_now, person_of
from configuration import selectors, services
from configuration.approvals import CHANGE, shown
from configuration.models import Change
from configuration.registry import Setting, get_setting, list_settings
from configuration.services import Source, counts
from keno_platform.core.errors import NotFound
from keno_platform.staff import steps
from keno_platform.staff.columns import column, exact_utc, record_link, utc
from keno_platform.staff.pages import RecordAdmin, UncountedPages
from keno_platform.staff.steps import ReasonForm, Step

APPROVAL = column(
    lambda change: record_link("approvals.request", change.approval_id), name="approval_link", title="approval"
)
VALUE = column(lambda change: "the default" if change.value is None else shown(change.value), name="value_shown")


class SettingForm(ReasonForm):
    """The new value of one setting, as text."""

    value = forms.CharField(max_length=400, required=False, widget=UnfoldAdminTextInputWidget)
    default = forms.BooleanField(
        required=False, label="Back to the default", widget=UnfoldBooleanSwitchWidget, help_text="Instead of a value."
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    setting: Setting[Any]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.pop("default", False):
            return {**cleaned, "value": None}
        try:
            cleaned["value"] = self.setting.read(cleaned.get("value", ""))
        except ValueError as error:
            self.add_error("value", f"It {error}.")
        return cleaned


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One line of the page of all settings."""

    setting: Setting[Any]
    now: str
    default: str
    changed: Change | None
    invalid: bool
    waiting: str
    edit: str
    history: str


@admin.register(Change)
class ChangeAdmin(RecordAdmin):
    """The history of all settings, newest first; and beside it the settings themselves."""

    paginator = UncountedPages
    list_display = ("key", VALUE, "version", "actor", "reason", APPROVAL, utc("created_at", "at"))
    search_exactly = ("key", "id")
    search_help_text = "An exact key (staff.session_minutes) or id."
    fields = ("key", VALUE, "version", "sensitive", "actor", "reason", APPROVAL, exact_utc("created_at", "at"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("settings/", view(self.settings_page), name="configuration_settings"),
            path("settings/<str:key>/", view(self.setting_page), name="configuration_setting"),
        ]
        return [*own, *super().get_urls()]

    def may_change(self, request: HttpRequest) -> bool:
        """Whether this member of staff may change settings, or ask for it."""
        return bool(request.user.has_perm("configuration.add_change"))

    def settings_page(self, request: HttpRequest) -> HttpResponse:
        """Every setting with what it is now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        changes = selectors.newest_changes()
        rows = [_shown(setting, changes.get(setting.key)) for setting in list_settings()]
        return steps.show(
            self,
            request,
            "configuration/settings.html",
            title="Configuration",
            rows=rows,
            may_change=self.may_change(request),
            unknown=sorted(set(changes) - {setting.key for setting in list_settings()}),
        )

    def setting_page(self, request: HttpRequest, key: str) -> HttpResponse:
        """Change one setting, or ask for it."""
        if not self.may_change(request):
            raise PermissionDenied
        try:
            setting = get_setting(key)
        except NotFound:
            return steps.gone(self, request, key)
        change = selectors.newest_change(key)
        form = type("OneSettingForm", (SettingForm,), {"setting": setting})
        return steps.take(
            self,
            request,
            None,
            _step(setting, form),
            lambda asked: self._change(request, setting, asked),
            value=_typed(counts(setting, change)),
            version=change.version if change else 0,
        )

    def _change(self, request: HttpRequest, setting: Setting[Any], asked: dict[str, Any]) -> HttpResponse:
        if setting.sensitive:
            wanted = Asked(action=CHANGE, subject=setting.key, title="", payload={"value": asked["value"]})
            return ask_now(request, wanted, reason=asked["reason"])
        person = person_of(request)
        source = Source(actor=person.name, reason=asked["reason"], address=person.address)
        services.set_value(setting, asked["value"], version=asked["version"], source=source)
        return HttpResponseRedirect(reverse("admin:configuration_settings"))


def _step(setting: Setting[Any], form: type[SettingForm]) -> Step:
    second = "Another member of staff has to approve it before it counts." if setting.sensitive else ""
    return Step(
        title=f"Set {setting.key}",
        consequence=f"{setting.description} It may be {setting.allowed}; the default is {shown(setting.default)}. "
        f"Every process knows it within a second. {second}",
        button="Ask for approval" if setting.sensitive else "Save",
        form=form,
    )


def _shown(setting: Setting[Any], change: Change | None) -> Shown:
    stored = counts(setting, change)
    waiting = find_open(action=CHANGE, subject=setting.key) if setting.sensitive else None
    return Shown(
        setting=setting,
        now=shown(stored),
        default=shown(setting.default),
        changed=change,
        invalid=not _fits(setting, stored),
        waiting=address_of_request(waiting) if waiting else "",
        edit=reverse("admin:configuration_setting", args=[setting.key]),
        history=f"{reverse('admin:configuration_change_changelist')}?q={setting.key}",
    )


def _fits(setting: Setting[Any], stored: Any) -> bool:
    try:
        setting.check(stored)
    except ValueError:
        return False
    return True


def _typed(value: Any) -> str:
    """A value as one would type it."""
    return shown(value) if isinstance(value, bool) else str(value)
