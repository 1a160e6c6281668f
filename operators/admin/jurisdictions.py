"""Jurisdictions for staff."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from audit.editing import AuditedAdmin
from operators.models import Jurisdiction


@admin.register(Jurisdiction)
class JurisdictionAdmin(AuditedAdmin):
    """Profiles of rules. The code is what operators refer to, so it stays."""

    list_display = ("code", "name", "bet_cancellation", "minimum_age")
    search_exactly = ("code",)
    fields = ("code", "name", "bet_cancellation", "minimum_age")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
