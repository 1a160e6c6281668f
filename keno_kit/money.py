"""Money: integer minor units inside, strings with exactly the currency's decimals outside. No floats anywhere."""

import re

MINOR_MAX = 10**15
"""No amount of the wallet API is larger, in minor units; no sum of them leaves 64 bits."""

# ISO 4217: what has not two decimals.
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_AMOUNT = re.compile(r"(?P<sign>-?)(?P<whole>0|[1-9][0-9]{0,15})(?:\.(?P<decimals>[0-9]{1,4}))?", re.ASCII)


def exponent_of(currency: str) -> int:
    """
    Decimals of a currency.

    :raises ValueError: not three capital letters.
    """
    if not _CURRENCY.fullmatch(currency):
        raise ValueError(f"{currency!r} is not a currency code")
    return _EXPONENTS.get(currency, 2)


def parse(text: object, *, currency: str, signed: bool = False) -> int:
    """
    Minor units of a string with exactly the currency's decimals: "10.00" in KES, "10" in XOF.

    :raises ValueError: anything else: a number, other decimals, a sign, spaces, an exponent, too large.
    """
    found = _AMOUNT.fullmatch(text) if isinstance(text, str) else None
    exponent = exponent_of(currency)
    if found is None or len(found["decimals"] or "") != exponent or (found["sign"] and not signed):
        raise ValueError(f"{text!r} is not a string with exactly {exponent} decimals")
    minor = int(found["whole"] + (found["decimals"] or ""))
    if minor > MINOR_MAX and not signed:
        raise ValueError(f"{text!r} is more than any amount may be")
    return -minor if found["sign"] else minor


def render(minor: int, *, currency: str) -> str:
    """The string of an amount: 1000 in KES is "10.00"."""
    exponent = exponent_of(currency)
    if exponent == 0:
        return str(minor)
    digits = str(abs(minor)).rjust(exponent + 1, "0")
    return f"{'-' if minor < 0 else ''}{digits[:-exponent]}.{digits[-exponent:]}"
