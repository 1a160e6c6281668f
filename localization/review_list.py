"""The list for native reviewers: which texts they have not read yet, and where the writers were unsure of a word."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polib
from django.conf import settings

from localization import plurals, review

GLOSSARY = Path(__file__).parent / "glossary"
LOW = "low"
COLUMNS = ("source", "translation", "doubt", "where", "reviewer", "date")
"""Of the list as a table. With the last two filled in, its rows can be put into `signed/<locale>.csv` as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One wording that no native speaker has read."""

    locale: str
    source: str
    translation: str
    where: str
    doubt: str
    """Why it is of low confidence; empty: nothing in particular."""
    sensitive: bool
    """Whether it is about fairness, errors or responsible play, so that an operator may show its second language."""


def waiting(locale: str) -> list[Waiting]:
    """What waits in one language: first what is of low confidence, then what is sensitive, then the rest."""
    unsure = [term for term, confidence in _terms(locale) if confidence == LOW]
    found = [one for entry in _entries(locale) for one in _of_entry(locale, entry, unsure)]
    return sorted(found, key=lambda one: (not one.doubt, not one.sensitive))


def _of_entry(locale: str, entry: Any, unsure: list[str]) -> Iterator[Waiting]:
    places = [place for place, _ in entry.occurrences]
    for source, translation in _forms(locale, entry):
        if review.waits(locale=locale, source=source, translation=translation):
            yield Waiting(
                locale=locale,
                source=source,
                translation=translation,
                where=", ".join(places) or "an error's title",
                doubt=_doubt(entry.tcomment, translation, unsure),
                sensitive=not places or any(review.is_sensitive(place) for place in places),
            )


def _forms(locale: str, entry: Any) -> list[tuple[str, str]]:
    """The English and the translated text of each form; several where the text has a count in it."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    names = plurals.categories(locale)
    sources = [entry.msgid if name == "one" else entry.msgid_plural for name in names]
    return list(zip(sources, entry.msgstr_plural.values(), strict=True))


def _doubt(comment: str, translation: str, unsure: list[str]) -> str:
    words = [term for term in unsure if term.casefold() in translation.casefold()]
    reasons = ([comment] if comment else []) + [f"unsure of: {term}" for term in words]
    return "; ".join(reasons)


def _terms(locale: str) -> list[tuple[str, str]]:
    with (GLOSSARY / f"{locale}.csv").open(encoding="utf-8", newline="") as file:
        return [(row["term"], row["confidence"]) for row in csv.DictReader(file)]


def _entries(locale: str) -> list[Any]:
    source = Path(settings.LOCALE_PATHS[0]) / locale / "LC_MESSAGES" / "django.po"
    return [entry for entry in polib.pofile(str(source), encoding="utf-8") if not entry.obsolete]
