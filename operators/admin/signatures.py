"""Keys of signatures for staff: ours, with which calls to operators are signed, and theirs for calls to us."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from keno_platform.staff import steps
from keno_platform.staff.columns import exact_utc, hexed, utc
from keno_platform.staff.gate import fresh_only
from keno_platform.staff.pages import RecordAdmin
from keno_platform.staff.steps import ReasonForm, Step, StepForm, offered
from operators import services
from operators.admin.forms import RotateForm, text
from operators.admin.keys import STANDING, standing
from operators.bound import public_context
from operators.models import CallerKey, CallSigningKey, Operator, Signing

PUBLIC_KEY_HELP = "Of an Ed25519 key: base64 of its 32 bytes, or PEM. Empty for a shared secret, which is made here."


class CallerKeyForm(StepForm):
    """A new key for signed calls: whose, of which kind, and what for."""

    operator = forms.ModelChoiceField(
        queryset=Operator.objects.order_by("slug"), empty_label=None, widget=UnfoldAdminSelectWidget
    )
    kind = forms.ChoiceField(choices=Signing.choices, widget=UnfoldAdminSelectWidget)
    label = text(max_length=80, help_text="What it is for, so that it is known when it is to be revoked.")
    public_key = forms.CharField(
        required=False, max_length=1000, widget=UnfoldAdminTextareaWidget({"rows": 3}), help_text=PUBLIC_KEY_HELP
    )


class CallerKeyRotateForm(RotateForm):
    """How long both keys are valid, and the new public key."""

    public_key = forms.CharField(
        required=False, max_length=1000, widget=UnfoldAdminTextareaWidget({"rows": 3}), help_text=PUBLIC_KEY_HELP
    )


ADD = Step(
    title="Add a key for signed calls",
    consequence="Calls that are signed with it are accepted at once. Two may be valid at one time. A shared secret is "
    "shown once, on the next page.",
    button="Add",
    form=CallerKeyForm,
)


@admin.register(CallSigningKey)
class CallSigningKeyAdmin(RecordAdmin):
    """They are public at /.well-known/keno-call-keys.json; the newest signs once its time has come."""

    ordering = ("-signs_from",)
    list_display = ("key_id", utc("valid_from"), utc("signs_from"), utc("retired_at", "valid until"))
    fields = (
        "key_id",
        hexed("public_key"),
        exact_utc("valid_from"),
        exact_utc("signs_from"),
        exact_utc("retired_at", "valid until"),
    )
    actions_detail = ("rotate",)

    def offers(self, step: str, record: CallSigningKey) -> bool:
        return record.retired_at is None

    def has_rotate_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may change the key that every call is signed with."""
        return bool(request.user.has_perm("operators.change_callsigningkey"))

    @offered(title="Rotate", permission="rotate", icon="autorenew")
    @fresh_only
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A successor, which signs after an overlap."""
        key = steps.found(self, request, object_id)
        if not isinstance(key, CallSigningKey):
            return steps.gone(self, request, object_id)
        if key.retired_at is not None:
            return steps.refused(self, request, key, "This key has a successor already.")
        step = Step(
            title=f"Rotate {key}",
            consequence="Publishes a new key at once; it signs after the overlap, when operators have had time to read "
            "it. This one stays valid for five minutes longer.",
            button="Rotate",
            form=RotateForm,
        )

        def perform(asked: dict[str, Any]) -> str:
            overlap = timedelta(hours=asked["overlap_hours"])
            with public_context():
                made = services.rotate_call_key(overlap=overlap, actor=steps.actor_of(request))
            return f"{made} is published."

        return steps.take(self, request, key, step, perform)


@admin.register(CallerKey)
class CallerKeyAdmin(RecordAdmin):
    """The keys with which operators sign their calls."""

    list_display = ("key_id", "operator", "kind", "label", STANDING, utc("created_at"), utc("expires_at"))
    list_select_related = ("operator",)
    list_filter = (("operator", admin.RelatedOnlyFieldListFilter), "kind")
    search_exactly = ("key_id", "label")
    search_help_text = "A key's id or label."
    fields = (
        "key_id",
        "operator",
        "kind",
        "label",
        hexed("public_key"),
        STANDING,
        utc("created_at"),
        utc("expires_at"),
        utc("revoked_at"),
    )
    actions_detail = ("rotate", "revoke")
    actions_row = ("rotate", "revoke")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("operators.add_callerkey"))

    def offers(self, step: str, record: CallerKey) -> bool:
        return standing(record) == "valid" or (step == "revoke" and not record.revoked_at)

    def has_issue_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may make keys."""
        return self.has_add_permission(request)

    def has_revoke_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may end keys."""
        return bool(request.user.has_perm("operators.change_callerkey"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._add(request)

    @fresh_only
    def _add(self, request: HttpRequest) -> HttpResponse:
        def perform(asked: dict[str, Any]) -> HttpResponse | str:
            asked["public_key"] = asked["public_key"] or None
            with public_context():
                key, secret = services.add_caller_key(actor=steps.actor_of(request), **asked)
            return self._show(request, key, secret, "The new key for signed calls")

        return steps.take(self, request, None, ADD, perform, operator=request.GET.get("operator"))

    @offered(title="Rotate", permission="issue", icon="autorenew")
    @fresh_only
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A successor, with a time in which both are valid."""
        key = steps.found(self, request, object_id)
        if not isinstance(key, CallerKey):
            return steps.gone(self, request, object_id)
        if standing(key) != "valid":
            return steps.refused(self, request, key, f"This key is {standing(key)}: add a new one.")
        step = Step(
            title=f"Rotate {key}",
            consequence="Makes a new key of the same kind, and ends this one after the overlap.",
            button="Rotate",
            form=CallerKeyRotateForm,
        )

        def perform(asked: dict[str, Any]) -> HttpResponse | str:
            overlap = timedelta(hours=asked["overlap_hours"])
            with public_context():
                successor, secret = services.rotate_caller_key(
                    key=key, overlap=overlap, public_key=asked["public_key"] or None, actor=steps.actor_of(request)
                )
            return self._show(request, successor, secret, f"The successor of {key.key_id}")

        return steps.take(self, request, key, step, perform)

    @offered(title="Revoke", permission="revoke", icon="block", danger=True)
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End a key at once, for a reason."""
        key = steps.found(self, request, object_id)
        if not isinstance(key, CallerKey):
            return steps.gone(self, request, object_id)
        if key.revoked_at:
            return steps.refused(self, request, key, "This key is revoked already.")
        step = Step(
            title=f"Revoke {key}",
            consequence="Every call that is signed with this key is refused from that moment. This cannot be undone.",
            button="Revoke",
            form=ReasonForm,
            danger=True,
        )

        def perform(asked: dict[str, Any]) -> str:
            with public_context():
                services.revoke_caller_key(key=key, reason=asked["reason"], actor=steps.actor_of(request))
            return f"{key} is revoked."

        return steps.take(self, request, key, step, perform)

    def _show(self, request: HttpRequest, key: CallerKey, secret: str | None, title: str) -> HttpResponse | str:
        if secret is None:
            return f"{key} is valid now."
        facts = {"Owner": key.operator, "Label": key.label, "Key id": key.key_id}
        return steps.show_secret(self, request, title=title, secret=secret, facts=facts, record=key)
