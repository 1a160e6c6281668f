"""The staff's pages of one table: what they search and count, and the read-only kind."""

import operator
from functools import reduce
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path, unquote
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator


class StaffAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """A table newest first. Nothing is counted beyond the page, and a search is for an exact value."""

    actions = None
    ordering: tuple[str, ...] = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_exactly: tuple[str, ...] = ()
    """Fields whose exact value the search box finds, each with an index of its own."""

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return self.search_exactly

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows where a searched field is exactly this; what cannot be a value of any of them finds nothing."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = self.matches(term)
        return (queryset.filter(reduce(operator.or_, found)) if found else queryset.none()), False

    def matches(self, term: str) -> list[Q]:
        """A condition for every searched field that can hold this value."""
        conditions = (condition(self.model, path, term) for path in self.search_exactly)
        return [found for found in conditions if found is not None]

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """The steps that make sense for the record as it stands; the others are not shown, and refused if called."""
        steps = super().get_actions_detail(request, object_id)
        record = self.get_object(request, unquote(object_id)) if steps else None
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        return [step for step in steps if record and self.offers(step.action_name.removeprefix(prefix), record)]

    def offers(self, step: str, record: Any) -> bool:
        """Whether a step makes sense for a record as it stands."""
        return True


class RecordAdmin(StaffAdmin):
    """Records that nobody changes here, superusers neither."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # Django's own counts the right to change as one to look, and asks this class about it.
        return bool(request.user.has_perm(f"{self.opts.app_label}.view_{self.opts.model_name}"))

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return list(admin.utils.flatten_fieldsets(self.get_fieldsets(request, obj)))


UncountedPages = InfinitePaginator
"""Pages of a table that is too big to count. Unfold's templates know it by its own name, so it has no subclass."""


def condition(model: type[Model], path: str, term: str) -> Q | None:
    """
    Rows whose field at this path is exactly this; None when there can be none.

    A path through other tables is followed here: an OR over joined tables would be answered without any index.
    """
    value = value_of(model, path, term)
    first, _, rest = path.partition("__")
    if value is None or not rest:
        return None if value is None else Q(**{path: value})
    related = model._meta.get_field(first).related_model
    keys = list(related._default_manager.filter(**{rest: value}).values_list("pk", flat=True))  # type: ignore[union-attr]
    return Q(**{f"{first}__in": keys}) if keys else None


def value_of(model: type[Model], path: str, term: str) -> Any:
    """What this text means as a value of a field, or None when it means nothing."""
    try:
        return get_fields_from_path(model, path)[-1].to_python(term)
    except (ValidationError, ValueError):
        return None
