"""Whatever colour an operator picks, what is written in it or on it can be read."""

from hypothesis import given
from hypothesis import strategies as st

from play.colors import (
    DARK_PAGE,
    DARK_SURFACE,
    LIGHT_PAGE,
    LIGHT_SURFACE,
    TEXT_CONTRAST,
    brand_of,
    contrast,
)

COLORS = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#777777", "#777777") == 1
    # The well-known pair of greys around the border of level AA on white.
    assert contrast("#767676", "#ffffff") > TEXT_CONTRAST > contrast("#777777", "#ffffff")


@given(COLORS)
def test_every_color_gives_readable_text(color: str) -> None:
    brand = brand_of(color)
    assert contrast(brand.text_on_color, color) >= TEXT_CONTRAST
    for background in (LIGHT_PAGE, LIGHT_SURFACE):
        assert contrast(brand.accent_on_light, background) >= TEXT_CONTRAST
    for background in (DARK_PAGE, DARK_SURFACE):
        assert contrast(brand.accent_on_dark, background) >= TEXT_CONTRAST


def test_a_color_that_can_be_read_is_not_changed() -> None:
    assert brand_of("#0F7B4F").accent_on_light == "#0f7b4f"
    assert brand_of("#ffd000").accent_on_dark == "#ffd000"
    assert brand_of("#ffd000").accent_on_light != "#ffd000"
