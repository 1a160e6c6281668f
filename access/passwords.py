"""Long passwords that somebody would try here first: our own words, rows of keys, a common word with a tail."""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from operators.selectors import list_operators

WORDS = frozenset(
    {
        *("keno", "platform", "lottery", "lotto", "bingo", "casino", "jackpot", "betting", "game", "gaming", "player"),
        *("draw", "round", "banker", "admin", "administrator", "root", "staff", "support", "compliance", "regulator"),
        *("operator", "office", "manager", "system", "login", "welcome", "password", "passwort", "secret", "letmein"),
        *("changeme", "default", "testing", "demo"),
    }
)
"""Words of what we do, of roles and of this product: a password is not made of them, nor of the names of operators."""
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop")
_LEET = str.maketrans("0134578@$!", "oieastbasi")
_OWN_LETTERS_MIN = 6
_IN_ROW_MAX = 0.6
_TAIL = re.compile(r"[\W\d_]+")


class GuessableValidator:
    """Refuses such passwords. `AUTH_PASSWORD_VALIDATORS` names it."""

    def __init__(self) -> None:
        self._common = CommonPasswordValidator().passwords

    def validate(self, password: str, user: Any = None) -> None:
        """:raises ValidationError: it is one of them."""
        if self._is_guessable(password.lower(), _names(user)):
            raise ValidationError(self.get_help_text(), code="password_guessable")

    def get_help_text(self) -> str:
        return "Not made of our own words or of names, not a row of keys, not one common word with digits around it."

    def _is_guessable(self, text: str, names: Iterable[str]) -> bool:
        bare = _TAIL.sub("", text)
        if bare in self._common or _TAIL.sub("", text.translate(_LEET)) in self._common:
            return True
        return _is_repetition(text) or _in_rows(text) > _IN_ROW_MAX or _own_letters(text, names) < _OWN_LETTERS_MIN


def _names(user: Any) -> list[str]:
    names = [getattr(user, name, "") or "" for name in ("username", "first_name", "last_name", "email")]
    operators = [text for one in list_operators() for text in (one.slug, one.name)]
    return [part for text in (*names, *operators) for part in _TAIL.split(text.lower()) if len(part) > 2]


def _own_letters(text: str, names: Iterable[str]) -> int:
    """How many letters and digits are left when all such words are taken out, digits read as letters too."""
    left = text.translate(_LEET) if any(word in text.translate(_LEET) for word in WORDS) else text
    for word in sorted({*WORDS, *names}, key=len, reverse=True):
        left = left.replace(word, " ")
    return len(set(re.sub(r"[\W_]", "", left)))


def _is_repetition(text: str) -> bool:
    at = (text + text).find(text, 1)
    return at < len(text) and at <= 8


def _in_rows(text: str) -> float:
    """What part of all steps from one character to the next goes along a row of keys or letters, either way."""
    steps = list(pairwise(text))
    along = sum(any(a + b in row or b + a in row for row in _ROWS) for a, b in steps)
    return along / len(steps) if steps else 0.0
