"""The staff's pages of one table: what they search and count, and the read-only kind."""

import operator
from collections.abc import Callable
from functools import reduce, wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path, unquote
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from keno_platform.staff import gate
from keno_platform.staff.keyset import KeysetList, KeysetPages, sortable


class StaffAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """A table newest first. Nothing is counted beyond the page, and a search is for an exact value."""

    actions = None
    ordering: tuple[str, ...] = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_exactly: tuple[str, ...] = ()
    """Fields whose exact value the search box finds, each with an index of its own."""
    stored_in: str | None = None
    """The table whose rows these are, where the model is a view."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """However a page reads its rows, a member of staff gets those that are theirs to see."""
        super().__init_subclass__(**kwargs)
        if "get_queryset" in cls.__dict__:
            setattr(cls, "get_queryset", _narrowed(cls.get_queryset))  # noqa: B010  # a method is not assigned to

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return gate.narrow(request, super().get_queryset(request))

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """A filter that would name the rows of another table names none to those who may not see them all."""
        filters = list(super().get_list_filter(request))
        return [one for one in filters if not self._names_others(one)] if gate.confined_to(request) else filters

    def _names_others(self, one: Any) -> bool:
        return isinstance(one, str) and bool(get_fields_from_path(self.model, one)[-1].is_relation)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        answer = super().changelist_view(request, extra_context)
        if (searched := request.GET.get(SEARCH_VAR)) and answer.status_code == 200:
            gate.saw(request, page=self.opts.label_lower, searched=searched)
        return answer

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        answer = super().changeform_view(request, object_id, form_url, extra_context)
        if request.method == "GET" and object_id and answer.status_code == 200:
            gate.saw(request, page=self.opts.label_lower, key=object_id)
        return answer

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return KeysetList if self.is_big else super().get_changelist(request, **kwargs)

    @property
    def is_big(self) -> bool:
        """Whether it is paged by key and never counted unasked."""
        return issubclass(self.paginator, KeysetPages)

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """Of a big table only what an index has in this order."""
        shown = super().get_sortable_by(request)
        return [name for name in shown if self._bears(name)] if self.is_big else shown

    def _bears(self, name: Any) -> bool:
        order = name if isinstance(name, str) else getattr(name, "admin_order_field", None)
        return isinstance(order, str) and sortable(self.model, order)

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


UncountedPages = KeysetPages
"""Pages of a table that is too big to count; see `keyset`."""


def _narrowed(read: Callable[[Any, HttpRequest], QuerySet[Any]]) -> Callable[[Any, HttpRequest], QuerySet[Any]]:
    @wraps(read)
    def narrowed(page: Any, request: HttpRequest) -> QuerySet[Any]:
        return gate.narrow(request, read(page, request))

    return narrowed


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
