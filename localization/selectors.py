"""Reading the client's texts."""

import hashlib
import json
from collections.abc import Collection, Mapping
from functools import cache
from types import MappingProxyType
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import translation

from keno_platform.core.errors import Kind, Refusal
from localization import plurals, review
from localization.catalogue import CLIENT_TEXTS
from localization.models import Locale, Text

VERSION_LENGTH = 12
"""Characters of a version of the texts: 48 bits, so that two versions of one operator do not meet by chance."""


class LocaleUnknown(Refusal):
    """Not one of the languages of the client."""

    code = "locale_unknown"
    kind = Kind.NOT_FOUND
    title = "There is no such language"


def texts_for(
    *,
    locale: str,
    operator_id: UUID | None = None,
    keys: Collection[str] = CLIENT_TEXTS.keys(),
    second: str = "",
) -> dict[str, str]:
    """
    Texts of the client in one language, by key: the operator's own, else the public one, else the catalogue's.

    Of a text with a count (`x.one`, `x.other`) the language has as many keys as it has categories. In the place of what
    a native speaker has yet to read on fairness, errors and responsible play stands the text of the `second` language.

    :raises LocaleUnknown: not one of the languages.
    """
    if locale not in Locale.values:
        raise LocaleUnknown(locale=locale[:16])
    catalogue = _catalogue(locale)
    wanted = _in_all_forms(keys, locale)
    own = _own(locale, operator_id, wanted)
    doubted = [key for key in wanted if key not in own and _is_doubted(locale, key)] if second in Locale.values else []
    texts = {key: catalogue[key] for key in wanted}
    if doubted and second != locale:
        texts |= _same_forms(doubted, texts_for(locale=second, operator_id=operator_id, keys=doubted))
    return texts | own


def texts_version(*, operator_id: UUID | None = None, second: str = "") -> str:
    """
    What names the content of all of an operator's texts together: it changes when any of them does, whether by a
    release or by staff, and so may stand in addresses that are cached for ever.
    """
    rows = _overrides(operator_id).order_by("pk").values_list("pk", "locale_code", "key", "value")
    own = json.dumps([second, *rows], separators=(",", ":"))
    return hashlib.sha256(f"{_catalogues_hash()}{own}".encode()).hexdigest()[:VERSION_LENGTH]


def errors_language(*, locale: str, second: str = "") -> str:
    """
    The language in which the client asks for errors: its own, or the second while a native speaker has yet to read the
    titles of errors in its own.
    """
    if second not in Locale.values or locale not in review.UNREVIEWED:
        return locale
    with translation.override(locale):
        titles = {title: translation.gettext(title) for title in review.refusal_titles()}
    return second if titles.items() - review.signed(locale) else locale


def _in_all_forms(keys: Collection[str], locale: str) -> list[str]:
    families = {key: plurals.family_of(key) for key in keys}
    plain = [key for key, family in families.items() if family is None]
    counted = {family for family in families.values() if family is not None}
    return plain + [f"{family}.{name}" for family in sorted(counted) for name in plurals.categories(locale)]


def _is_doubted(locale: str, key: str) -> bool:
    source = plurals.source_of(key) or ""
    return review.is_sensitive(key) and review.waits(locale=locale, source=source, translation=_catalogue(locale)[key])


def _same_forms(keys: Collection[str], texts: Mapping[str, str]) -> dict[str, str]:
    """For each key the text of that form, or where the language has no such form, the `other` one."""
    return {key: texts.get(key) or texts[f"{plurals.family_of(key)}.other"] for key in keys}


def _own(locale: str, operator_id: UUID | None, keys: Collection[str]) -> dict[str, str]:
    rows = _overrides(operator_id).filter(locale_code=locale, key__in=keys)
    return dict(rows.order_by(F("operator_id").asc(nulls_first=True)).values_list("key", "value"))


def _overrides(operator_id: UUID | None) -> QuerySet[Text]:
    return Text.objects.filter(Q(operator=None) | Q(operator_id=operator_id))


@cache
def _catalogue(locale: str) -> Mapping[str, str]:
    """What a release says in one language. Catalogues do not change while a process runs."""
    with translation.override(locale):
        return MappingProxyType({key: _say(key, locale) for key in _in_all_forms(CLIENT_TEXTS.keys(), locale)})


def _say(key: str, locale: str) -> str:
    family = plurals.family_of(key)
    if family is None:
        return translation.gettext(CLIENT_TEXTS[key])
    number = plurals.categories(locale)[key.rpartition(".")[2]]
    return translation.ngettext(CLIENT_TEXTS[f"{family}.one"], CLIENT_TEXTS[f"{family}.other"], number)


@cache
def _catalogues_hash() -> str:
    every = {locale: dict(_catalogue(locale)) for locale in Locale.values}
    return hashlib.sha256(json.dumps(every, sort_keys=True).encode()).hexdigest()
