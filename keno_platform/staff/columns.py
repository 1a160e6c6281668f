"""Columns and fields of the staff's pages: times with their zone, bytes as hex, links, states in colour."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.utils import quote
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from keno_platform.core.clock import to_text

Column = Callable[[Any], Any]
NOTHING = "–"
HEX_SHOWN = 16


def column(
    show: Column,
    *,
    name: str,
    title: str | None = None,
    order: str | None = None,
    colors: Mapping[Any, str] | None = None,
) -> Column:
    """
    A function of a record as a column. `name` must differ from the other columns' of its page; `colors` names info,
    success, warning or danger by value.
    """

    def shown(record: Any) -> Any:
        return show(record)

    shown.__name__ = name
    shown.short_description = title or name.replace("_", " ")  # type: ignore[attr-defined]  # read by the admin
    if order:
        shown.admin_order_field = order  # type: ignore[attr-defined]  # read by the admin
    if colors:
        shown.label = dict(colors)  # type: ignore[attr-defined]  # read by unfold
    return shown


def utc(field: str, title: str | None = None, *, sortable: bool = False) -> Column:
    """A time with its zone. Sortable only where an index, or a small table, can bear it."""
    order = field if sortable else None
    return column(lambda record: in_utc(getattr(record, field)), name=field, title=title, order=order)


def in_utc(moment: datetime | None) -> str:
    """A time as staff read it: to the second, with its zone."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else NOTHING


def exact_utc(field: str, title: str | None = None) -> Column:
    """A time to the millisecond, as the API and the fairness protocol print it."""
    return column(
        lambda record: to_text(moment) if (moment := getattr(record, field)) else NOTHING, name=field, title=title
    )


def hexed(field: str, title: str | None = None, *, short: bool = False) -> Column:
    """Bytes in lower-case hex; in lists only their beginning."""

    def show(record: Any) -> SafeString | str:
        value = getattr(record, field)
        if value is None:
            return NOTHING
        text = bytes(value).hex()
        return code(f"{text[:HEX_SHOWN]}…" if short else text)

    return column(show, name=field, title=title)


def state(field: str, colors: Mapping[Any, str], title: str | None = None) -> Column:
    """A status in colour."""
    return column(lambda record: getattr(record, field), name=field, title=title, colors=colors)


def code(text: str) -> SafeString:
    """Text of fixed width that may break anywhere."""
    return format_html('<code class="break-all">{}</code>', text)


def link(href: str, text: object, *, elsewhere: bool = False) -> SafeString:
    """A link; one that leaves the staff's pages opens beside them."""
    target = format_html(' target="{}" rel="noopener"', "_blank") if elsewhere else ""
    return format_html('<a class="text-link underline" href="{}"{}>{}</a>', href, target, text)


def record_link(model: str, key: object, text: object | None = None) -> SafeString | str:
    """A link to one record's page: `record_link("rounds.round", 7)`."""
    if key is None:
        return NOTHING
    app, _, name = model.partition(".")
    return link(reverse(f"admin:{app}_{name}_change", args=[quote(str(key))]), key if text is None else text)


def story_link(kind: str, key: object, text: object = "the whole story, in order") -> SafeString:
    """A link to the whole story of a `bet`, a `round`, or with its token a `player`, which the desk tells."""
    address = reverse("desk-player") + f"?{urlencode({'token': str(key)})}" if kind == "player" else ""
    return link(address or reverse(f"desk-{kind}", args=[key]), text)


def list_link(model: str, text: object, query: str = "") -> SafeString:
    """A link to a list of records, narrowed down by a query string."""
    app, _, name = model.partition(".")
    return link(f"{reverse(f'admin:{app}_{name}_changelist')}?{query}", text)
