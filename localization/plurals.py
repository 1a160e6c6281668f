"""
Texts with a count in them. In the source such a text is two keys, `x.one` and `x.other`; each language has as many as
it has CLDR categories, and gettext's forms of the catalogue are dealt out to them.
"""

from functools import cache
from types import MappingProxyType
from typing import Any

from babel import Locale as CldrLocale

from localization.catalogue import CLIENT_TEXTS

CATEGORIES = ("zero", "one", "two", "few", "many", "other")
CLDR_NAMES = {"pt": "pt_PT"}
"""Where the catalogue's name means something else to Unicode: plain `pt` is Brazilian, and counts 0 as one."""
_SAMPLES = range(1000)
"""Whole millions, a category of their own in French, Spanish and Portuguese, read like the rest and are left out."""


@cache
def categories(locale: str) -> MappingProxyType[str, int]:
    """The categories that counts have in a language, each with the smallest number of it."""
    category_of = _cldr_category(locale)
    smallest: dict[str, int] = {}
    for number in _SAMPLES:
        smallest.setdefault(category_of(number), number)
    return MappingProxyType({name: smallest[name] for name in CATEGORIES if name in smallest})


def category(count: int, *, locale: str) -> str:
    """The form of a text for a count. Whole millions of French, Spanish and Portuguese read as `other`."""
    found = str(_cldr_category(locale)(count))
    return found if found in categories(locale) else "other"


def family_of(key: str) -> str | None:
    """`x` for a key such as `x.few` of a text with a count; None for any other key."""
    base, _, last = key.rpartition(".")
    return base if last in CATEGORIES and {f"{base}.one", f"{base}.other"} <= CLIENT_TEXTS.keys() else None


def source_of(key: str) -> str | None:
    """The English text that a key of any language stands for: of `x.few` that of `x.other`; None if there is none."""
    family = family_of(key)
    return CLIENT_TEXTS.get(key) if family is None else CLIENT_TEXTS.get(key, CLIENT_TEXTS[f"{family}.other"])


def every_key() -> dict[str, str]:
    """The keys of all languages together, each with its English text."""
    families = {key: family_of(key) for key in CLIENT_TEXTS}
    keys = [[key] if family is None else [f"{family}.{one}" for one in CATEGORIES] for key, family in families.items()]
    return {key: source_of(key) or "" for some in keys for key in some}


def is_key_of(key: str, *, locale: str) -> bool:
    """Whether a language has a text of this key: `x.few` is Arabic's alone."""
    if family_of(key) is None:
        return key in CLIENT_TEXTS
    return key.rpartition(".")[2] in categories(locale)


def number_may_be_a_word(key: str, *, locale: str) -> bool:
    """Whether the text may leave out one value: in Arabic, nothing, one and two are said by the noun itself."""
    return locale == "ar" and family_of(key) is not None and key.rpartition(".")[2] in ("zero", "one", "two")


def _cldr_category(locale: str) -> Any:
    return CldrLocale.parse(CLDR_NAMES.get(locale, locale)).plural_form
