"""Amounts are read and written exactly, in every currency's own decimals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keno_kit import money
from keno_platform.core import money as the_platforms


@given(st.integers(-money.MINOR_MAX, money.MINOR_MAX), st.sampled_from(["KES", "XOF", "BHD", "CLF"]))
def test_what_is_rendered_is_read_back(minor: int, currency: str) -> None:
    assert money.parse(money.render(minor, currency=currency), currency=currency, signed=True) == minor


@pytest.mark.parametrize("currency", ["KES", "XOF", "BHD", "CLF", "JPY", "EUR", "UGX", "RWF", "TND", "ETB"])
def test_decimals_are_those_that_the_platform_knows(currency: str) -> None:
    assert money.exponent_of(currency) == the_platforms.exponent_of(currency)


STRANGE = (
    *("1", "1.0", "1.000", "-1.00", "+1.00", " 1.00", "1.00\n", "1e2", "01.00", "1,00", "", ".50", "1_0.00", "１.00"),
    *(1, 1.0, None, True, "9" * 17 + ".00"),
)


@pytest.mark.parametrize("text", STRANGE)
def test_what_is_no_amount_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"decimals|more than"):
        money.parse(text, currency="KES")


@pytest.mark.parametrize("currency", ["", "kes", "KE", "KESH", "K3S", "KÉS"])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    with pytest.raises(ValueError, match="currency code"):
        money.exponent_of(currency)
