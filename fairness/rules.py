"""Rules as text with one canonical form, so that a hash can stand for them."""

import json
import re
from collections.abc import Mapping

from fairness.draw import DRAW_SIZE, POOL_SIZE
from fairness.errors import RulesMalformed
from fairness.hashing import sha256

ALGORITHM = "KPS-1"
VOID_POLICY = 1
_DECIMAL = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")


def canonical_json(obj: object) -> bytes:
    """
    JSON in its one form: keys in the order of their characters, no spaces, ASCII only.

    Floating-point numbers are refused because languages print them differently, and keys that are not strings
    because they would sort differently before and after becoming strings (5 < 10, but "10" < "5").

    :raises RulesMalformed: the value has no canonical form.
    """
    _require_canonical(obj)
    return json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def rules_text(*, network_name: str, void_policy: int = VOID_POLICY) -> str:
    """The exact text of a game's rules, as it stands in proof documents."""
    rules = {
        "algorithm": ALGORITHM,
        "draw": DRAW_SIZE,
        "network": network_name,
        "pool": POOL_SIZE,
        "void_policy": void_policy,
    }
    return canonical_json(rules).decode("ascii")


def rules_hash(text: str) -> bytes:
    """
    What a commitment says about its rules: the SHA-256 of their text.

    :raises RulesMalformed: the text is not ASCII.
    """
    if not text.isascii():
        raise RulesMalformed("the text of rules is ASCII")
    return sha256(text.encode("ascii"))


def paytable_text(multipliers: Mapping[int, Mapping[int, str]]) -> str:
    """
    The canonical text of a paytable: picks -> hits -> payout per unit of stake.

    Multipliers are decimal strings; zeros at the end of a fraction are dropped, so "3.50" and "3.5" are one.

    :raises RulesMalformed: a multiplier is not a plain decimal number.
    """
    table = {
        str(picks): {str(hits): _plain_decimal(multiplier) for hits, multiplier in row.items()}
        for picks, row in multipliers.items()
    }
    return canonical_json(table).decode("ascii")


def paytable_hash(multipliers: Mapping[int, Mapping[int, str]]) -> bytes:
    """
    What a bet's leaf says about its paytable: the SHA-256 of `paytable_text`.

    :raises RulesMalformed: a multiplier is not a plain decimal number.
    """
    return sha256(paytable_text(multipliers).encode("ascii"))


def _plain_decimal(multiplier: str) -> str:
    if not _DECIMAL.fullmatch(multiplier):
        raise RulesMalformed(f"{multiplier!r} is not a plain decimal number")
    return multiplier.rstrip("0").rstrip(".") if "." in multiplier else multiplier


def _require_canonical(value: object) -> None:
    match value:
        case None | bool() | int() | str():
            return
        case dict():
            if not all(isinstance(key, str) and key.isascii() for key in value):
                raise RulesMalformed("keys must be ASCII strings")
            for member in value.values():
                _require_canonical(member)
        case list() | tuple():
            for member in value:
                _require_canonical(member)
        case _:
            raise RulesMalformed(f"{type(value).__name__} has no canonical form")
