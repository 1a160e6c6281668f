"""Whatever colour an operator picks, what is written in it or on it can be read."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from play.brand import sheet_of
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


def test_the_sheet_has_the_dark_accent_where_the_device_or_the_page_is_dark_and_nowhere_else() -> None:
    brand = brand_of("#1f3a8a")
    assert brand.accent_on_light != brand.accent_on_dark
    light, dark = sheet_of(brand).split("@media (prefers-color-scheme:dark)")
    assert light == f":root{{--brand:#1f3a8a;--on-brand:#ffffff;--accent:{brand.accent_on_light}}}"
    device, forced = dark.split("}}")
    assert device == f"{{:root:not([data-theme=light]){{--accent:{brand.accent_on_dark}"
    assert forced == f":root[data-theme=dark]{{--accent:{brand.accent_on_dark}}}"


def test_the_pages_without_scripts_have_the_colors_that_contrast_is_reckoned_against() -> None:
    sheet = (Path(__file__).resolve().parents[2] / "play" / "static" / "lite" / "lite.css").read_text()
    light, _, dark = sheet.partition("prefers-color-scheme: dark")
    assert f"--page: {LIGHT_PAGE};" in light
    assert "--surface: #fff;" in light
    assert dark.count(f"--page: {DARK_PAGE};") == dark.count(f"--surface: {DARK_SURFACE};") == 2
    for text in re.findall(r"--(?:text|warn): (#[0-9a-f]{6})", light):
        assert min(contrast(text, LIGHT_PAGE), contrast(text, LIGHT_SURFACE)) >= TEXT_CONTRAST
    for text in re.findall(r"--(?:text|warn): (#[0-9a-f]{6})", dark):
        assert min(contrast(text, DARK_PAGE), contrast(text, DARK_SURFACE)) >= TEXT_CONTRAST
    for line, page in ((light, LIGHT_PAGE), (dark, DARK_PAGE)):
        assert all(contrast(color, page) >= 3 for color in re.findall(r"--line: (#[0-9a-f]{6})", line))
