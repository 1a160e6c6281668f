"""Every address of the staff's site, as the URL conf has it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.urls import URLPattern, URLResolver, get_resolver

SITE = "admin/"
STANDARD = ("changelist", "add", "history", "delete", "change")
NOBODYS_ID = "0190b5a0-0000-7000-8000-000000000000"
OTHER_ARGUMENTS = {"key": "staff.session_minutes", "app_label": "operators", "round_id": "0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One address: its route below /admin/, its name, and whose it is where it belongs to a table."""

    route: str
    name: str | None
    label: str | None
    kind: str

    @property
    def of_record(self) -> bool:
        """Whether it names a record."""
        return "object_id" in self.route

    def address(self, key: Any = "0") -> str:
        """The address itself, for the record with this key."""
        values = defaultdict(lambda: NOBODYS_ID, {**OTHER_ARGUMENTS, "object_id": quote(str(key))})
        path = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: values[found[1]], self.route.replace("^", ""))
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], path)
        return f"/admin/{path.replace('$', '')}"


def places() -> list[Place]:
    """All of them. What leads on to another one (`<path:object_id>/` alone) or to nowhere is not among them."""
    return [one for route, name in _below() if (one := _place(route, name)) is not None]


def leading_on() -> list[str]:
    """The routes without a name."""
    return [route for route, name in _below() if name is None]


def _below() -> Iterator[tuple[str, str | None]]:
    """Whatever is served below /admin/, by the site itself or by a room of its own."""
    for route, name in _walk(get_resolver().url_patterns, ""):
        if route.startswith(SITE):
            yield route.removeprefix(SITE), name


def _walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, str | None]]:
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from _walk(one.url_patterns, prefix + str(one.pattern))
        elif isinstance(one, URLPattern):
            yield prefix + str(one.pattern), one.name


def _place(route: str, name: str | None) -> Place | None:
    if name is None:
        return None
    labels = sorted((model._meta.label_lower for model in admin.site._registry), key=len, reverse=True)
    for label in labels:
        before = label.replace(".", "_") + "_"
        if name.startswith(before):
            return Place(route=route, name=name, label=label, kind=name.removeprefix(before))
    return Place(route=route, name=name, label=None, kind=name)
