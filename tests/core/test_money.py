"""Amounts: integer minor units inside, decimal strings outside, and nothing else gets in."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keno_platform.core.money import (
    AMOUNT_MAX,
    AmountInvalid,
    CurrencyExponent,
    exponent_of,
    format_amount,
    parse_amount,
)

NOT_AMOUNTS = [
    # written otherwise than plainly
    "1e2",
    "1E-1",
    "1_000",
    " 5 ",
    "5 ",
    "+5",
    "5\n",
    "05",
    "00",
    "0x10",
    ".5",
    "5.",
    "1,000",
    "1.000,00",
    "1..0",
    "",
    "-",
    # digits that are not ASCII, which int() and isdigit() take
    "１２",
    "٣",
    "५",
    "١٢.٣",
    "1.٣",
    "²",
    "①",
    "1²",
    # signs and what is no number
    "-0",
    "-0.00",
    "-5",
    "\u22125",
    "NaN",
    "sNaN",
    "Infinity",
    "-Infinity",
    "inf",
    "1e400",
    "1e999999999",
    # invisible company
    "5\u200b",
    "\ufeff5",
    "5\u00a0",
    "5\x00",
    # too long
    "9" * 16,
    "9" * 1001,
    "1" + "0" * 4300,
    "0." + "0" * 1001,
]
NOT_TEXTS = [1.1, 5.0, 5, 0, -1, True, None, [], ["5"], {"0": 1}, b"5", 10**400, float("nan"), float("inf")]


@pytest.mark.parametrize("text", NOT_AMOUNTS, ids=lambda text: ascii(text)[:20])
@pytest.mark.parametrize("exponent", [0, 2, 3, 4])
def test_only_plain_ascii_decimals_are_amounts(text: str, exponent: int) -> None:
    with pytest.raises(AmountInvalid):
        parse_amount(text, exponent=exponent)


@pytest.mark.parametrize("value", NOT_TEXTS, ids=lambda value: repr(value)[:20])
def test_an_amount_is_a_string_and_never_a_number(value: object) -> None:
    with pytest.raises(AmountInvalid):
        parse_amount(value, exponent=2)


@pytest.mark.parametrize("text", ["1" * 4301, "9" * 100_000, "1." + "0" * 100_000, "1e" + "9" * 100_000])
def test_a_long_text_is_refused_at_once(text: str) -> None:
    began = time.thread_time()
    with pytest.raises(AmountInvalid):
        parse_amount(text, exponent=2)
    assert time.thread_time() - began < 0.05


@pytest.mark.parametrize(
    ("text", "exponent", "minor"),
    [
        ("0", 0, 0),
        ("0", 2, 0),
        ("0.00", 2, 0),
        ("10", 0, 10),
        ("10", 2, 1000),
        ("10.5", 2, 1050),
        ("10.50", 2, 1050),
        ("10.05", 2, 1005),
        ("0.01", 2, 1),
        ("1.234", 3, 1234),
        ("1.2", 3, 1200),
        ("1.2345", 4, 12345),
        ("1000000000000000", 0, None),
        ("999999999999999", 0, 999_999_999_999_999),
        ("10000000000000.00", 2, AMOUNT_MAX),
        ("10000000000000.01", 2, None),
        ("999999999999999", 2, None),
        ("999999999999.9999", 4, None),
        ("100000000000.0000", 4, AMOUNT_MAX),
    ],
)
def test_an_amount_becomes_its_minor_units_up_to_the_limit(text: str, exponent: int, minor: int | None) -> None:
    if minor is None:
        with pytest.raises(AmountInvalid):
            parse_amount(text, exponent=exponent)
    else:
        assert parse_amount(text, exponent=exponent) == minor


@pytest.mark.parametrize(
    ("text", "currency", "fits"),
    [
        ("1.5", "JPY", False),
        ("1.0", "JPY", False),
        ("1.5", "XOF", False),
        ("1.001", "KES", False),
        ("1.000", "KES", False),
        ("1.00", "KES", True),
        ("1.2345", "BHD", False),
        ("1.234", "KWD", True),
        ("1.2345", "CLF", True),
    ],
)
def test_more_decimals_than_the_currency_has_are_refused_even_when_zero(text: str, currency: str, fits: bool) -> None:
    exponent = exponent_of(currency)
    if fits:
        assert parse_amount(text, exponent=exponent) > 0
        return
    with pytest.raises(CurrencyExponent) as refused:
        parse_amount(text, exponent=exponent)
    assert refused.value.params == {"exponent": exponent}


@pytest.mark.parametrize(
    ("exponent", "currencies"),
    [(0, "JPY XOF XAF UGX RWF"), (2, "KES ETB EUR MGA NGN"), (3, "BHD TND KWD"), (4, "CLF UYW")],
)
def test_currencies_have_the_decimals_of_iso_4217(exponent: int, currencies: str) -> None:
    assert {exponent_of(currency) for currency in currencies.split()} == {exponent}


@pytest.mark.parametrize("currency", ["", "kes", "Kes", "KE", "KESX", "ZZZ", "ＫＥＳ", "KES ", "KES\n", "123", "K€S"])
def test_what_is_no_currency_has_no_exponent(currency: str) -> None:
    with pytest.raises(ValueError, match="not an ISO 4217"):
        exponent_of(currency)


@pytest.mark.parametrize(
    ("minor", "exponent", "text"),
    [
        (0, 0, "0"),
        (0, 2, "0.00"),
        (5, 2, "0.05"),
        (50, 2, "0.50"),
        (12345, 2, "123.45"),
        (5, 3, "0.005"),
        (7, 4, "0.0007"),
        (12345, 0, "12345"),
        (-5, 2, "-0.05"),
        (-12345, 0, "-12345"),
        (10**18, 2, "10000000000000000.00"),
    ],
)
def test_an_amount_is_printed_with_exactly_the_currencys_decimals(minor: int, exponent: int, text: str) -> None:
    assert format_amount(minor, exponent=exponent) == text


@given(st.integers(0, AMOUNT_MAX), st.sampled_from([0, 2, 3, 4]))
def test_what_is_printed_is_read_back_as_the_same_amount(minor: int, exponent: int) -> None:
    text = format_amount(minor, exponent=exponent)
    if len(text.partition(".")[0]) <= 15:
        assert parse_amount(text, exponent=exponent) == minor
    else:
        assert (minor, exponent) == (AMOUNT_MAX, 0)


@given(st.text(max_size=30), st.sampled_from([0, 2, 3, 4]))
def test_any_text_is_an_amount_or_a_refusal(text: str, exponent: int) -> None:
    try:
        minor = parse_amount(text, exponent=exponent)
    except (AmountInvalid, CurrencyExponent):
        return
    assert 0 <= minor <= AMOUNT_MAX
    assert text.isascii()


@given(st.from_regex(r"(0|[1-9][0-9]{0,12})(\.[0-9]{1,2})?", fullmatch=True).filter(str.isascii))
def test_no_fraction_is_lost_on_the_way(text: str) -> None:
    minor = parse_amount(text, exponent=2)
    whole, _, decimals = text.partition(".")
    assert minor == int(whole) * 100 + int(decimals.ljust(2, "0") or 0)
