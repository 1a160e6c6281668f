"""Credentials of backends for staff: issued, rotated and revoked; a secret is shown once and kept nowhere."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from keno_platform.core import clock
from keno_platform.staff import steps
from keno_platform.staff.columns import column, utc
from keno_platform.staff.gate import fresh_only
from keno_platform.staff.pages import RecordAdmin
from keno_platform.staff.steps import ReasonForm, Step, offered
from operators import services
from operators.admin.forms import KeyForm, RotateForm
from operators.models import ApiKey, CallerKey

ISSUE = Step(
    title="Issue an API key",
    consequence="The key works at once. It is shown once, on the next page.",
    button="Issue",
    form=KeyForm,
)


def standing(key: ApiKey | CallerKey) -> str:
    """Whether a key opens anything now."""
    if key.revoked_at:
        return "revoked"
    return "expired" if key.expires_at and key.expires_at <= clock.now() else "valid"


STANDING = column(standing, name="standing", colors={"valid": "success", "expired": "warning", "revoked": "danger"})
OWNER = column(lambda key: key.operator or "the provider", name="owner")


@admin.register(ApiKey)
class ApiKeyAdmin(RecordAdmin):
    """Only the beginning of a key can be read here, to tell keys apart."""

    list_display = ("hint", OWNER, "label", STANDING, utc("created_at"), utc("expires_at"), utc("revoked_at"))
    list_select_related = ("operator",)
    list_filter = (("operator", admin.RelatedOnlyFieldListFilter),)
    search_exactly = ("id", "hint")
    search_help_text = "A key's first nine characters, or its id."
    fields = ("id", "hint", OWNER, "label", STANDING, utc("created_at"), utc("expires_at"), utc("revoked_at"))
    actions_detail = ("rotate", "revoke")
    actions_row = ("rotate", "revoke")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("operators.add_apikey"))

    def offers(self, step: str, record: ApiKey) -> bool:
        return standing(record) == "valid" or (step == "revoke" and not record.revoked_at)

    def has_issue_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may make keys."""
        return self.has_add_permission(request)

    def has_revoke_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may end keys."""
        return bool(request.user.has_perm("operators.change_apikey"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._issue(request)

    @fresh_only
    def _issue(self, request: HttpRequest) -> HttpResponse:
        def perform(asked: dict[str, Any]) -> HttpResponse:
            self._require_superuser_for_provider(request, asked["operator"])
            key, secret = services.issue_key(
                operator=asked["operator"], label=asked["label"], actor=steps.actor_of(request)
            )
            self.log_addition(request, key, [{"added": {}}])
            return self._show(request, key, secret, "The new key")

        return steps.take(self, request, None, ISSUE, perform, operator=request.GET.get("operator"))

    @offered(title="Rotate", permission="issue", icon="autorenew")
    @fresh_only
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A successor, with a time in which both are valid."""
        key = steps.found(self, request, object_id)
        if not isinstance(key, ApiKey):
            return steps.gone(self, request, object_id)
        if standing(key) != "valid":
            return steps.refused(self, request, key, f"This key is {standing(key)}: issue a new one.")
        self._require_superuser_for_provider(request, key.operator)
        step = Step(
            title=f"Rotate {key}",
            consequence="Makes a new key for the same owner and ends this one after the overlap.",
            button="Rotate",
            form=RotateForm,
        )

        def perform(asked: dict[str, Any]) -> HttpResponse:
            overlap = timedelta(hours=asked["overlap_hours"])
            successor, secret = services.rotate_key(key=key, overlap=overlap, actor=steps.actor_of(request))
            self.log_change(request, key, f"rotated, overlap {overlap}")
            return self._show(request, successor, secret, f"The successor of {key.hint}…")

        return steps.take(self, request, key, step, perform)

    @offered(title="Revoke", permission="revoke", icon="block", danger=True)
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End a key at once, for a reason."""
        key = steps.found(self, request, object_id)
        if not isinstance(key, ApiKey):
            return steps.gone(self, request, object_id)
        if key.revoked_at:
            return steps.refused(self, request, key, "This key is revoked already.")
        self._require_superuser_for_provider(request, key.operator)
        step = Step(
            title=f"Revoke {key}",
            consequence="Every call with this key is refused from that moment. This cannot be undone.",
            button="Revoke",
            form=ReasonForm,
            danger=True,
        )

        def perform(asked: dict[str, Any]) -> str:
            services.revoke_key(key=key, reason=asked["reason"], actor=steps.actor_of(request))
            self.log_change(request, key, f"revoked: {asked['reason']}")
            return f"{key} is revoked."

        return steps.take(self, request, key, step, perform)

    def _require_superuser_for_provider(self, request: HttpRequest, operator: object) -> None:
        """The provider's own keys open every operator's door."""
        if operator is None and not request.user.is_superuser:
            raise PermissionDenied

    def _show(self, request: HttpRequest, key: ApiKey, secret: str, title: str) -> HttpResponse:
        facts = {"Owner": key.operator or "the provider", "Label": key.label, "Key id": key.pk}
        return steps.show_secret(self, request, title=title, secret=secret, facts=facts, record=key)
