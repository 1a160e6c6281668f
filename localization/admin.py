"""The client's texts for staff: what takes the place of the catalogue's, for all operators or for one."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from keno_platform.staff import steps
from keno_platform.staff.columns import column
from keno_platform.staff.pages import RecordAdmin
from keno_platform.staff.steps import Step, StepForm, offered
from localization.models import Locale, Text
from localization.plurals import every_key, source_of
from localization.services import VALUE_MAX, remove_text, set_text


class TextForm(StepForm):
    """One text in one language. Placeholders such as {count} must be those of the English text."""

    operator: "forms.ModelChoiceField[Any]" = forms.ModelChoiceField(
        queryset=None, required=False, empty_label="All operators", widget=UnfoldAdminSelectWidget
    )
    locale_code = forms.ChoiceField(choices=Locale.choices, label="Language", widget=UnfoldAdminSelectWidget)
    key = forms.ChoiceField(
        choices=[(key, f"{key}: {source}") for key, source in every_key().items()], widget=UnfoldAdminSelectWidget
    )
    value = forms.CharField(max_length=VALUE_MAX, widget=UnfoldAdminTextareaWidget({"rows": 3, "dir": "auto"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        operators = Text._meta.get_field("operator").remote_field.model._default_manager
        self.fields["operator"].queryset = operators.order_by("slug")  # type: ignore[attr-defined]  # a model's choice


SET = Step(
    title="Set a text",
    consequence="The client shows this text from its next start on, in the place of the catalogue's or of the one that "
    "was set before.",
    button="Set",
    form=TextForm,
)
OWNER = column(lambda text: text.operator or "all operators", name="owner", title="for")


@admin.register(Text)
class TextAdmin(RecordAdmin):
    """Texts that stand in the catalogue's place. A text is changed by setting it again."""

    list_display = ("key", "locale_code", OWNER, "value")
    list_select_related = ("operator",)
    list_filter = ("locale_code",)
    ordering = ("key", "locale_code")
    search_exactly = ("key",)
    search_help_text = "An exact key, such as slip.place_bet."
    fields = (
        OWNER,
        "locale_code",
        "key",
        "value",
        column(lambda text: source_of(text.key) or "no text of the client any more", name="english"),
    )
    actions_detail = ("edit", "remove")
    actions_row = ("edit", "remove")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Text]:
        return Text.objects.select_related("operator").order_by("key", "locale_code")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("localization.add_text"))

    def has_set_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may change texts."""
        return bool(request.user.has_perm("localization.change_text"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._set(request)

    @offered(title="Change", permission="set", icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Set a text again."""
        text = steps.found(self, request, object_id)
        if not isinstance(text, Text):
            return steps.gone(self, request, object_id)
        return self._set(
            request, operator=text.operator_id, locale_code=text.locale_code, key=text.key, value=text.value
        )

    @offered(title="Remove", permission="set", icon="undo", danger=True)
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go back to the catalogue's text."""
        text = steps.found(self, request, object_id)
        if not isinstance(text, Text):
            return steps.gone(self, request, object_id)
        step = Step(
            title=f"Remove {text}",
            consequence="The client goes back to the text that is set for all operators, or else to the catalogue's.",
            button="Remove",
            danger=True,
        )

        def perform(_: dict[str, Any]) -> str:
            remove_text(
                locale=text.locale_code, key=text.key, operator_id=text.operator_id, actor=steps.actor_of(request)
            )
            return f"{text} is removed."

        return steps.take(self, request, None, step, perform)

    def _set(self, request: HttpRequest, **begin: Any) -> HttpResponse:
        def perform(asked: dict[str, Any]) -> str:
            operator = asked["operator"]
            text = set_text(
                locale=asked["locale_code"],
                key=asked["key"],
                value=asked["value"],
                operator_id=operator.pk if operator else None,
                actor=steps.actor_of(request),
            )
            return f"{text} is set."

        return steps.take(self, request, None, SET, perform, **begin)
