"""Numbers, money and dates on the server, and the one file of patterns that the client shares."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel import Locale as CldrLocale
from django.conf import settings

from localization import formats

CODES = [code for code, _ in settings.LANGUAGES]
SHARED = json.loads((Path(formats.__file__).parent / "formats.json").read_text(encoding="utf-8"))
ADDIS = ZoneInfo("Africa/Addis_Ababa")
EVENING = datetime(2026, 11, 21, 18, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "currency", "shown"),
    [
        ("en", "KES", "KES 1,234.50"),
        ("fr", "ETB", "1\u202f234,50 ETB"),
        ("pt", "EUR", "1 234,50 €"),
        ("sw", "KES", "Ksh 1,234.50"),
        ("am", "ETB", "1,234.50 ብር"),
        ("ti", "ETB", "1,234.50 ብር"),
        ("om", "ETB", "1,234.50 Birr"),
        ("om", "KES", "1,234.50 KES"),
        ("ar", "ETB", "\u2067\u20661,234.50\u2069 ETB\u2069"),
    ],
)
def test_money_stands_as_people_write_it(code: str, currency: str, shown: str) -> None:
    amount = formats.money(Decimal("1234.5"), currency=currency, exponent=2, locale=code)
    assert amount.replace("\u00a0", " ") == shown


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(("exponent", "amount", "digits"), [(0, "1234", "1234"), (2, "0.5", "050"), (3, "1.5", "1500")])
def test_an_amount_has_the_decimals_of_its_currency_in_latin_digits_and_is_never_broken_over_lines(
    code: str, exponent: int, amount: str, digits: str
) -> None:
    shown = formats.money(Decimal(amount), currency="XTS", exponent=exponent, locale=code)
    assert "".join(one for one in shown if one.isdecimal()) == digits
    assert shown.isascii() or " " not in shown
    assert re.sub(r"[^ ]", "", shown) == ""


@pytest.mark.parametrize("code", CODES)
def test_a_loss_has_its_sign(code: str) -> None:
    shown = formats.money(Decimal("-7.25"), currency="ETB", exponent=2, locale=code)
    assert "-" in shown or "\u2212" in shown


@pytest.mark.parametrize(("code", "share"), [("en", "92.54%"), ("fr", "92,54 %"), ("es", "92,54 %"), ("ti", "92.54%")])
def test_a_share_is_a_percentage_with_up_to_two_decimals(code: str, share: str) -> None:
    assert re.sub(r"\s", " ", formats.percent(Decimal("0.9254"), locale=code)) == share
    assert formats.percent(Decimal("0.92"), locale=code).replace(",", ".").startswith("92")


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("en", "21 Nov 2026 21:05 EAT"),
        ("am", "21 ኖቬም 2026 21:05 EAT"),
        ("ti", "21 ሕዳር 2026 21:05 EAT"),
        ("om", "Sadaasa 21, 2026 21:05 EAT"),
        ("ar", "21/11/2026 21:05 EAT"),
    ],
)
def test_a_moment_has_a_24_hour_time_and_its_zone(code: str, shown: str) -> None:
    assert formats.date_and_time(EVENING, zone=ADDIS, locale=code) == shown


@pytest.mark.parametrize("code", CODES)
def test_numbers_are_grouped_and_in_latin_digits(code: str) -> None:
    assert re.sub(r"[^0-9]", "", formats.number(1234567, locale=code)) == "1234567"
    assert len(formats.number(1234567, locale=code)) == 9


def test_the_shared_file_speaks_of_every_language_and_of_no_other() -> None:
    assert list(SHARED["tags"]) == list(SHARED["plurals"]) == CODES
    for own in ("money", "currencies", "dates", "months", "seconds"):
        assert SHARED[own].keys() <= set(CODES)


@pytest.mark.parametrize("code", ["ti", "om"])
def test_what_browsers_lack_is_all_there_and_its_tag_groups_digits_as_the_language_does(code: str) -> None:
    own, borrowed = CldrLocale.parse(code), CldrLocale.parse(SHARED["tags"][code], sep="-")
    assert {name: own.number_symbols["latn"][name] for name in ("decimal", "group")} == {
        name: borrowed.number_symbols["latn"][name] for name in ("decimal", "group")
    }
    assert own.decimal_formats[None].pattern == borrowed.decimal_formats[None].pattern
    assert own.percent_formats[None].pattern == borrowed.percent_formats[None].pattern
    assert all(code in SHARED[part] for part in ("money", "dates", "months", "seconds"))
    theirs = list(own.months["format"]["wide"].values())
    assert len(SHARED["months"][code]) == 12
    # May is one of two spellings; this one is Tigray's.
    assert [name for name, cldr in zip(SHARED["months"][code], theirs, strict=True) if name != cldr] in ([], ["ግንቦት"])
