"""
What native speakers have signed, and what waits for them.

Amharic, Tigrinya and Oromo were written from a glossary, without a native speaker. A signature is a line in
`localization/signed/<locale>.csv` and holds for one wording: when the text or its translation changes, it is gone.
"""

import csv
from functools import cache
from pathlib import Path

from keno_platform.core.errors import Refusal
from localization.catalogue import PARTS
from localization.plurals import family_of

SIGNED = Path(__file__).parent / "signed"
UNREVIEWED = ("am", "ti", "om")
"""The languages that no native speaker has gone over as a whole."""
SENSITIVE_PARTS = ("protection", "verify")
SENSITIVE = ("connection", "error", "fair", "limit", "money", "verify")
"""What keys on fairness, errors and responsible play begin with, wherever they stand."""
SENSITIVE_KEYS = (
    *("slip.refused", "slip.checking", "round.void", "round.verify", "round.not_public", "rules.age_text"),
    *("rules.void_text", "rules.connection_text", "rules.draw_text", "rules.draw_own_text", "stats.note"),
    *("page.responsible_play", "page.reality_check"),
)
"""Single ones in other families."""


def is_sensitive(key: str) -> bool:
    """Whether a wrong word here would mislead a player about fairness, errors, or protection."""
    family = family_of(key)
    known = f"{family}.other" if family else key
    return known in _keys_of_sensitive_parts() or key.partition(".")[0] in SENSITIVE or key in SENSITIVE_KEYS


def waits(*, locale: str, source: str, translation: str) -> bool:
    """Whether this wording still has to be read by a native speaker."""
    return locale in UNREVIEWED and (source, translation) not in signed(locale)


@cache
def signed(locale: str) -> frozenset[tuple[str, str]]:
    """What was signed in a language: pairs of the English source and the translation."""
    path = SIGNED / f"{locale}.csv"
    if not path.exists():
        return frozenset()
    with path.open(encoding="utf-8", newline="") as file:
        return frozenset((row["source"], row["translation"]) for row in csv.DictReader(file))


def refusal_titles() -> set[str]:
    """The titles of all refusals that are loaded."""
    classes, titles = [Refusal], set()
    while classes:
        found = classes.pop().__subclasses__()
        classes += found
        titles |= {one.title for one in found if "title" in vars(one)}
    return titles


@cache
def _keys_of_sensitive_parts() -> frozenset[str]:
    return frozenset(key for part in SENSITIVE_PARTS for key in PARTS[part])
