"""
Pages of big tables by key. A page begins behind the last row of the one before, where an index takes it up: so the
thousandth page costs what the first does. Nothing is counted, unless somebody asks for it and the server has the time.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db import OperationalError, connection, transaction
from django.db.models import F, Field, Index, Model, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.http import HttpRequest
from unfold.views import ChangeList

from keno_platform.staff import gate

PLACE, COUNT = "at", "count"
"""Parameters of a list's address: where its page begins, and that it shall be counted."""
COUNT_WITHIN_MS = 10_000
_FORWARD, _BACK = "f", "b"


class KeysetPages(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Marks a list as one of a big table. Its pages are made by `KeysetList`; there are no numbers of pages."""

    template_name = "admin/keyset_pages.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """By which columns rows are ordered, all in one direction. The last one is unique, none is ever null."""

    fields: tuple[str, ...]
    descending: bool

    @property
    def names(self) -> tuple[str, ...]:
        """As a queryset is ordered by them."""
        return tuple(f"-{name}" if self.descending else name for name in self.fields)

    @property
    def turned(self) -> "Order":
        """The same the other way round."""
        return Order(fields=self.fields, descending=not self.descending)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page begins: behind, or going back before, the row with these values of the order's columns."""

    values: tuple[Any, ...]
    back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysetPage:
    """Rows in their order, and the places from which the neighbours go on; None where there is no neighbour."""

    rows: list[Any]
    previous: Place | None
    next: Place | None


def read_page(rows: QuerySet[Any], order: Order, place: Place | None, *, size: int) -> KeysetPage:
    """The page of these rows that begins at a place, without one the first: one statement, of `size` + 1 rows."""
    back = place is not None and place.back
    way = order.turned if back else order
    if place is not None:
        rows = rows.filter(_beyond(way, place.values))
    found = list(rows.order_by(*way.names)[: size + 1])
    more, found = len(found) > size, found[:size]
    if back:
        found.reverse()
    before, behind = (more, bool(found)) if back else (place is not None and bool(found), more)
    return KeysetPage(
        rows=found,
        previous=Place(values=_values(found[0], order), back=True) if before else None,
        next=Place(values=_values(found[-1], order)) if behind else None,
    )


def _beyond(way: Order, values: Sequence[Any]) -> Any:
    """Behind these values on the way. More than one column are compared as a row, as their index has them."""
    if len(way.fields) > 1:
        compare = TupleLessThan if way.descending else TupleGreaterThan
        return compare(Tuple(*(F(name) for name in way.fields)), tuple(values))
    return Q(**{f"{way.fields[0]}__{'lt' if way.descending else 'gt'}": values[0]})


def _values(row: Any, order: Order) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in order.fields)


def to_text(place: Place) -> str:
    """A place as an address carries it."""
    said = json.dumps([_BACK if place.back else _FORWARD, *map(_text, place.values)], separators=(",", ":"))
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def from_text(text: str, model: type[Model], order: Order) -> Place:
    """
    The place that an address names.

    :raises ValueError: it is none of this order.
    """
    try:
        way, *given = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        fields = [_field(model, name) for name in order.fields]
        values = tuple(field.to_python(value) for field, value in zip(fields, given, strict=True))
    except (binascii.Error, ValueError, TypeError, ValidationError, OverflowError) as error:
        raise ValueError(text) from error
    if way not in (_FORWARD, _BACK) or None in values or not all(map(_is_storable, values)):
        raise ValueError(text)
    return Place(values=values, back=way == _BACK)


def _is_storable(value: object) -> bool:
    """Whether the database can take it at all."""
    return not (isinstance(value, str) and "\x00" in value) and not (
        isinstance(value, int) and not -(1 << 63) <= value < 1 << 63
    )


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    found = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if not isinstance(found, Field):
        raise FieldDoesNotExist(name)
    return found


def sortable(model: type[Model], name: str) -> bool:
    """
    Whether a big table can be ordered by this column: it is unique, or an index of all rows has it first and the key
    behind it.
    """
    try:
        field = _field(model, name)
    except FieldDoesNotExist:
        return False
    if field.null:
        return False
    key = str(model._meta.pk.name) if model._meta.pk else ""
    return field.unique or any(_leads(index, field.name, key) for index in model._meta.indexes)


def _leads(index: Index, name: str, key: str) -> bool:
    return index.condition is None and [field for field, _ in index.fields_orders] == [name, key]


class KeysetList(ChangeList):  # type: ignore[misc]  # unfold has no types
    """A list of a big table: pages by key, orders that an index has, and how many rows there are about."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self._asked_place = request.GET.get(PLACE)
        self._asked_count = COUNT in request.GET
        self._is_confined = gate.confined_to(request) is not None
        super().__init__(request, *args, **kwargs)

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        # Neither is a filter, and what another filter or order leads to is its first page, not counted.
        for name in (PLACE, COUNT):
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        found: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return found

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str]:
        return list(self._order(queryset).names)

    def _order(self, queryset: QuerySet[Any]) -> Order:
        """By the column that was asked for, if the table can bear it; else by the key, the newest first."""
        key = str(self.lookup_opts.pk.attname)
        for part in str(self.params.get(ORDER_VAR, "")).split("."):
            _, minus, place = part.rpartition("-")
            if place.isdecimal() and int(place) < len(self.list_display):
                name = self.get_ordering_field(self.list_display[int(place)])
                if isinstance(name, str) and sortable(self.model, name):
                    attname = _field(self.model, name).attname
                    return Order(fields=tuple(dict.fromkeys((attname, key))), descending=bool(minus))
        return Order(fields=(key,), descending=True)

    def get_results(self, request: HttpRequest) -> None:
        order = self._order(self.queryset)
        try:
            place = from_text(self._asked_place, self.model, order) if self._asked_place else None
        except ValueError as error:
            raise IncorrectLookupParameters(str(error)) from error
        page = read_page(self.queryset, order, place, size=self.list_per_page)
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        self.result_list = page.rows
        self.first_address = self.get_query_string() if place else None
        self.previous_address = self._address(page.previous)
        self.next_address = self._address(page.next)
        # Templates compare these; a list of this kind never says of how many rows in all it shows a part.
        self.result_count = self.full_result_count = len(page.rows)
        self.show_full_result_count = self.can_show_all = False
        self.show_admin_actions = self.multi_page = True

    def _address(self, place: Place | None) -> str | None:
        return self.get_query_string({PLACE: to_text(place)}) if place else None

    @property
    def count_address(self) -> str | None:
        """Where this list is counted; None where it has been tried just now."""
        return None if self._asked_count else self.get_query_string({COUNT: "1"})

    @property
    def about(self) -> int | None:
        """
        How many rows the whole table has, as its statistics know it; None where they know nothing yet. An operator's
        own staff is not told of a table that all operators share: how much the others do is not theirs to know.
        """
        return estimate(self.model_admin.stored_in or self.model._meta.db_table, with_shared=not self._is_confined)

    @property
    def exact(self) -> str:
        """How many rows this list has, where that was asked for: `1,204 rows`, or that it took too long."""
        if not self._asked_count:
            return ""
        found = count_within(self.queryset, milliseconds=COUNT_WITHIN_MS)
        if found is None:
            return f"not counted: it would take more than {COUNT_WITHIN_MS // 1000} s. Choose fewer days."
        return f"exactly {found:,} {'row' if found == 1 else 'rows'} in this list"


def estimate(table: str, *, with_shared: bool = True) -> int | None:
    """
    About how many rows a table of the bound schema has, with all its partitions: by `reltuples`, not counted. Without
    `with_shared` nothing is known of the tables that all schemas share.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ESTIMATE, {"table": table, "shared": with_shared})
        [(found, known)] = cursor.fetchall()
    return int(found) if known else None


_ESTIMATE = """
    SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint, coalesce(bool_or(c.reltuples >= 0), false)
    FROM pg_class c WHERE c.oid IN (
        SELECT to_regclass(%(table)s) UNION ALL
        SELECT relid FROM pg_partition_tree(to_regclass(%(table)s)) WHERE isleaf)
    AND c.relkind <> 'p' AND (%(shared)s OR c.relnamespace <> 'public'::regnamespace)
"""


def count_within(rows: QuerySet[Any], *, milliseconds: int) -> int | None:
    """How many rows there are exactly; None when the server has not counted them in this time."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{milliseconds}ms"])
            found = rows.order_by().count()
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
            return found
    except OperationalError:
        return None
