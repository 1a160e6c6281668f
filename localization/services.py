"""Changing the client's texts."""

import re
import unicodedata
from typing import Any
from uuid import UUID

from django.db import transaction

from audit import services as audit
from keno_platform.core.errors import Kind, Refusal
from localization.models import Locale, Text
from localization.plurals import is_key_of, number_may_be_a_word, source_of
from localization.selectors import LocaleUnknown

VALUE_MAX = 500
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


class TextInvalid(Refusal):
    """A text that the client could not show: an unknown key, other placeholders, too long, empty."""

    code = "text_invalid"
    kind = Kind.INVALID
    title = "The text is not valid"


def placeholders(text: str) -> list[str]:
    """The places in a text that the client fills in, sorted, with their braces."""
    return sorted(_PLACEHOLDER.findall(text))


@transaction.atomic
def set_text(*, locale: str, key: str, value: str, actor: str, operator_id: UUID | None = None) -> Text:
    """
    Put a text in the place of the catalogue's, for one operator or, without one, for all.

    :raises LocaleUnknown: not one of the languages. :raises TextInvalid: the key or the value, in `params.field`.
    """
    value = unicodedata.normalize("NFC", value.strip())
    _check(locale, key, value)
    place = _place(operator_id, locale, key)
    before = _value(place)
    text, _ = Text.objects.update_or_create(**place, defaults={"value": value})
    _record("set", operator_id, locale, key, actor, before=before, after=value)
    return text


@transaction.atomic
def remove_text(*, locale: str, key: str, actor: str, operator_id: UUID | None = None) -> None:
    """Go back to the public text or the catalogue's. Without such a text nothing happens."""
    place = _place(operator_id, locale, key)
    before = _value(place)
    if Text.objects.filter(**place).delete()[0]:
        _record("removed", operator_id, locale, key, actor, before=before, after=None)


def _check(locale: str, key: str, value: str) -> None:
    if locale not in Locale.values:
        raise LocaleUnknown(locale=locale[:16])
    source = source_of(key)
    if source is None or not is_key_of(key, locale=locale):
        raise TextInvalid("The client has no text of this key in this language.", field="key")
    if not 1 <= len(value) <= VALUE_MAX or any(unicodedata.category(one) in ("Cc", "Cs") for one in value):
        raise TextInvalid(f"A text has 1 to {VALUE_MAX} characters and no control characters.", field="value")
    needed = placeholders(source)
    if not _fits(value, needed, word=number_may_be_a_word(key, locale=locale)):
        raise TextInvalid(f"The text must have these placeholders: {needed}.", field="value", placeholders=needed)


def _fits(value: str, needed: list[str], *, word: bool) -> bool:
    found = placeholders(value)
    return found == needed or (word and len(found) == len(needed) - 1 and set(found) <= set(needed))


def _place(operator_id: UUID | None, locale: str, key: str) -> dict[str, Any]:
    return {"operator_id": operator_id, "locale_code": locale, "key": key}


def _value(place: dict[str, Any]) -> str | None:
    return Text.objects.filter(**place).values_list("value", flat=True).first()


def _record(
    verb: str, operator_id: UUID | None, locale: str, key: str, actor: str, *, before: str | None, after: str | None
) -> None:
    audit.record(
        f"text.{verb}",
        description=f"text {key} in {locale}: {verb}",
        actor=actor,
        operator_id=operator_id,
        before={"value": before},
        after={"locale": locale, "key": key, "value": after},
    )
