"""Staff pages on which some fields may be edited: each change is recorded with what was before and after."""

from typing import Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest

from audit import services as audit
from keno_platform.staff.pages import StaffAdmin
from keno_platform.staff.steps import actor_of


class AuditedAdmin(StaffAdmin):
    """Saving writes the changed fields and their record, in the transaction that the admin opens for both."""

    def save_model(self, request: HttpRequest, obj: Model, form: "forms.ModelForm[Any]", change: bool) -> None:
        if change and not form.changed_data:
            return
        before = type(obj)._default_manager.get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        audit.record(
            f"{self.opts.model_name}.{'changed' if change else 'created'}",
            description=f"{self.opts.verbose_name} {obj}: {', '.join(form.changed_data)}",
            actor=actor_of(request),
            operator_id=self.operator_id_of(obj),
            before=self.facts(before, form.changed_data) if before else None,
            after=self.facts(obj, form.changed_data),
        )

    def operator_id_of(self, obj: Any) -> Any:
        """Whose record it is; None for what belongs to no operator."""
        return None

    def facts(self, obj: Any, fields: list[str]) -> dict[str, Any]:
        """Values as the record keeps them."""
        return {name: plain(obj.serializable_value(name)) for name in fields}


def plain(value: Any) -> Any:
    """A value as JSON has it; what JSON does not know as its text."""
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value if value is None or isinstance(value, str | int | bool) else str(value)
