"""Amounts: decimal strings outside, integers in minor units inside. Never a float."""

import re

DECIMALS = dict.fromkeys(("BIF", "DJF", "GNF", "KMF", "RWF", "UGX", "XAF", "XOF"), 0) | {"LYD": 3, "TND": 3}
"""Of the currencies that have not two."""

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,14})(?:\.([0-9]+))?", re.ASCII)


def parse(text: str, currency: str) -> int:
    """
    The minor units of an amount: "10.00" KES is 1000, "500" XOF is 500.

    :raises ValueError: not an amount with exactly the currency's decimals.
    """
    found = _AMOUNT.fullmatch(text)
    decimals = DECIMALS.get(currency, 2)
    if found is None or len(found[2] or "") != decimals:
        raise ValueError(f"{text!r} is not an amount with {decimals} decimals, as {currency} has")
    return int(found[1] + (found[2] or ""))


def whole(units: int, currency: str) -> int:
    """The minor units of so many shillings, francs or birr."""
    return int(units * 10 ** DECIMALS.get(currency, 2))


def show(minor: int, currency: str) -> str:
    """The amount as the wallet API writes it."""
    decimals = DECIMALS.get(currency, 2)
    if decimals == 0:
        return str(minor)
    whole, rest = divmod(abs(minor), 10**decimals)
    return f"{'-' if minor < 0 else ''}{whole}.{rest:0{decimals}}"
