"""
Numbers, money and dates as a player of each language reads them, the same here as in the client.

CLDR's patterns by Babel; in their place the project's own where a browser's `Intl` has none (Tigrinya, Oromo) or where
people write otherwise than CLDR has it. Those stand in `formats.json`, which the client reads too. Digits are Latin and
clocks run to 24 in every language.
"""

import json
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale as CldrLocale
from babel import dates, numbers

NO_BREAK_SPACE = "\u00a0"
_FILE = Path(__file__).with_name("formats.json")
_RIGHT_TO_LEFT = "\u2067\u2066{amount}\u2069\u00a0{currency}\u2069"
"""From the right the amount, which in itself runs from the left, and then the currency, whatever stands around."""
_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u061c"))
"""Direction marks that CLDR puts beside Arabic amounts: isolates do the same, and more surely."""


def number(value: Decimal | int, *, locale: str) -> str:
    """A plain number, with the language's separators."""
    return str(numbers.format_decimal(value, locale=_cldr(locale), numbering_system="latn")).translate(_MARKS)


def amount(value: Decimal, *, exponent: int, locale: str) -> str:
    """An amount without its currency, with exactly so many decimals: for columns of them."""
    decimals = "." + "0" * exponent if exponent else ""
    cldr = _cldr(locale)
    shown = numbers.format_decimal(value, f"#,##0{decimals}", locale=cldr, numbering_system="latn")
    return str(shown).translate(_MARKS)


def percent(fraction: Decimal, *, locale: str, decimals: str = "##") -> str:
    """A fraction such as 0.925 as a percentage, with up to two decimals; with `decimals` of "00" always with two."""
    cldr = _cldr(locale)
    pattern = cldr.percent_formats[None].pattern.replace("#,##0", f"#,##0.{decimals}")
    shown = numbers.format_percent(fraction, format=pattern, locale=cldr, numbering_system="latn")
    return str(shown).translate(_MARKS)


def money(amount: Decimal, *, currency: str, exponent: int, locale: str) -> str:
    """An amount of money with exactly the currency's decimals, which no right-to-left text around it can turn."""
    cldr = _cldr(locale)
    decimals = "." + "0" * exponent if exponent else ""
    plain = numbers.format_decimal(amount, f"#,##0{decimals}", locale=cldr, numbering_system="latn").translate(_MARKS)
    if cldr.text_direction == "rtl":
        return _RIGHT_TO_LEFT.format(amount=plain, currency=numbers.get_currency_symbol(currency, cldr))
    if own := _own("money", locale):
        name = (_own("currencies", locale) or {}).get(currency, currency)
        return str(own).format(amount=plain, currency=name).replace(" ", NO_BREAK_SPACE)
    return _by_cldr(amount, currency, decimals, cldr)


def _by_cldr(amount: Decimal, currency: str, decimals: str, cldr: Any) -> str:
    pattern = cldr.currency_formats["standard"].pattern.replace(".00", decimals)
    if numbers.get_currency_symbol(currency, cldr)[-1].isalpha():  # a rule of CLDR's that Babel leaves out
        pattern = pattern.replace("¤#", f"¤{NO_BREAK_SPACE}#")
    return str(
        numbers.format_currency(amount, currency, pattern, locale=cldr, currency_digits=False, numbering_system="latn")
    )


def date(moment: datetime, *, zone: tzinfo, locale: str) -> str:
    """A day, with its month by name or number as the language has it."""
    local = moment.astimezone(zone)
    if pattern := _own("dates", locale):
        month = _own("months", locale)[local.month - 1]
        return str(pattern).format(day=local.day, month=month, year=local.year)
    return str(dates.format_date(local, "medium", locale=_cldr(locale))).translate(_MARKS)


def date_and_time(moment: datetime, *, zone: tzinfo, locale: str) -> str:
    """A day and a 24-hour time with the name of its zone: which clock is meant is not for the reader to guess."""
    local = moment.astimezone(zone)
    return f"{date(moment, zone=zone, locale=locale)} {local:%H:%M} {local.tzname()}"


def _own(what: str, locale: str) -> Any:
    return _shared()[what].get(locale)


def _cldr(locale: str) -> Any:
    return CldrLocale.parse(_shared()["tags"][locale], sep="-")


@cache
def _shared() -> dict[str, Any]:
    return dict(json.loads(_FILE.read_text(encoding="utf-8")))
