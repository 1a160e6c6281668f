"""Money: integer minor units inside, decimal strings outside. No floats anywhere."""

import re

from babel.numbers import is_currency

from keno_platform.core.errors import Kind, Refusal

# ISO 4217 minor units that are not two. Where CLDR and ISO 4217 differ, ISO 4217 is what banks settle in.
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
AMOUNT_MAX = 10**15
"""The largest amount, in minor units, that a request may carry; sums of a million of them fit a bigint."""

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,4}))?", re.ASCII)


class AmountInvalid(Refusal):
    """Not a plain decimal number such as 10.00."""

    code = "amount_invalid"
    kind = Kind.INVALID
    title = "The amount is not a plain decimal number"


class CurrencyExponent(Refusal):
    """More decimals than the currency has."""

    code = "currency_exponent"
    kind = Kind.INVALID
    title = "The amount has more decimals than its currency"


class CurrencyMismatch(Refusal):
    """Another currency than the operator's or the player's."""

    code = "currency_mismatch"
    kind = Kind.INVALID
    title = "The currency does not match"


def exponent_of(currency: str) -> int:
    """
    Decimals of an ISO 4217 currency.

    :raises ValueError: no such currency.
    """
    if not (currency.isascii() and currency.isupper() and is_currency(currency)):
        raise ValueError(f"{currency!r} is not an ISO 4217 currency code")
    return _EXPONENTS.get(currency, 2)


def parse_amount(text: object, *, exponent: int) -> int:
    """
    Minor units of a decimal string. ASCII digits only; no sign, exponent, spaces or separators.

    :raises AmountInvalid: not such a string, or beyond AMOUNT_MAX.
    :raises CurrencyExponent: more decimals than the currency has.
    """
    match = _AMOUNT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise AmountInvalid(exponent=exponent)
    whole, decimals = match[1], match[2] or ""
    if len(decimals) > exponent:
        raise CurrencyExponent(exponent=exponent)
    minor = int(whole + decimals.ljust(exponent, "0"))
    if minor > AMOUNT_MAX:
        raise AmountInvalid(exponent=exponent)
    return minor


def format_amount(minor: int, *, exponent: int) -> str:
    """The decimal string with exactly the currency's decimals."""
    sign, digits = ("-", str(-minor)) if minor < 0 else ("", str(minor))
    if exponent == 0:
        return sign + digits
    digits = digits.rjust(exponent + 1, "0")
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}"
