"""An operator's looks: name, logo, colour, languages, the order of the board, and the ways to its own pages."""

import re
from dataclasses import dataclass, fields
from typing import Any

from django.conf import settings
from django.db import transaction

from keno_platform.core.plain import NAME_MAX, is_plain_name, is_return_address
from operators.looks import logo_source
from operators.models import BoardOrder, Operator
from operators.services.creation import OperatorInvalid
from operators.services.records import record

LOGO_MAX = 500
_COLOR = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """What is to change; None leaves a thing as it is. `languages` without any: all that the client has."""

    name: str | None = None
    logo_url: str | None = None
    primary_color: str | None = None
    languages: tuple[str, ...] | None = None
    default_language: str | None = None
    second_language: str | None = None
    board_order: str | None = None
    home_url: str | None = None
    cashier_url: str | None = None


@transaction.atomic
def change_brand(*, operator: Operator, change: Brand, actor: str) -> None:
    """
    Change what is named, on record. The next page that is loaded has it.

    :raises OperatorInvalid: the first thing that cannot be shown, in `params.field`.
    """
    locked = Operator.objects.select_for_update().get(pk=operator.pk)
    wanted = check_brand(locked, change)
    before = {name: getattr(locked, name) for name in wanted}
    wanted = {name: value for name, value in wanted.items() if value != before[name]}
    if not wanted:
        return
    Operator.objects.filter(pk=operator.pk).update(**wanted)
    for name, value in wanted.items():
        setattr(operator, name, value)
    record("operator.brand_changed", operator, actor, before={one: before[one] for one in wanted}, after=wanted)


def check_brand(operator: Operator, change: Brand) -> dict[str, Any]:
    """
    By field: what an operator would have after this change, of what it names. Nothing is changed.

    :raises OperatorInvalid: as for `change_brand`.
    """
    wanted: dict[str, Any] = {
        one.name: getattr(change, one.name) for one in fields(change) if getattr(change, one.name) is not None
    }
    for name, is_good, wrong in _RULES:
        if name in wanted and not is_good(wanted[name]):
            raise OperatorInvalid(wrong, field=name)
    if "languages" in wanted:
        wanted["languages"] = _in_order(wanted["languages"])
    _check_default(operator, wanted)
    return wanted


def _check_default(operator: Operator, wanted: dict[str, Any]) -> None:
    """The language of those who name none must be one that is offered."""
    offered = wanted.get("languages", operator.languages)
    default = wanted.get("default_language", operator.default_language)
    if offered and default not in offered:
        field = "default_language" if "default_language" in wanted else "languages"
        raise OperatorInvalid("The default language must be one of those that are offered.", field=field)


def _in_order(languages: tuple[str, ...]) -> list[str]:
    return [code for code, _ in settings.LANGUAGES if code in languages]


def _is_language(code: str) -> bool:
    return code in dict(settings.LANGUAGES)


def _is_logo(address: str) -> bool:
    return not address or (len(address) <= LOGO_MAX and address.isprintable() and logo_source(address) is not None)


def _is_way(address: str) -> bool:
    return not address or is_return_address(address)


_WAY = "Must be an absolute https address (http for localhost only) without credentials, in printable ASCII."
_RULES: tuple[tuple[str, Any, str], ...] = (
    ("name", lambda name: name and is_plain_name(name), f"The name must be 1 to {NAME_MAX} visible characters."),
    ("logo_url", _is_logo, "The logo must be an https address without a port, or a path on the client's own host."),
    ("primary_color", _COLOR.fullmatch, "A colour like #1f6feb."),
    ("languages", lambda codes: all(map(_is_language, codes)), "There is no such language."),
    ("default_language", _is_language, "There is no such language."),
    ("second_language", lambda code: not code or _is_language(code), "There is no such language."),
    ("board_order", lambda order: order in BoardOrder.values, f"One of {', '.join(BoardOrder.values)}."),
    ("home_url", _is_way, _WAY),
    ("cashier_url", _is_way, _WAY),
)
"""What each thing must be, and the word for what is not."""
