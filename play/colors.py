"""Readable colours from an operator's brand colour: WCAG 2 contrast, computed, not guessed."""

from dataclasses import dataclass

BLACK, WHITE = "#000000", "#ffffff"
LIGHT_PAGE, DARK_PAGE = "#f4f5f7", "#12161b"
"""
The page's backgrounds, the same as in base.css of the client. A surface on them is lighter, so these are the harder
cases.
"""
LIGHT_SURFACE, DARK_SURFACE = "#ffffff", "#1c2229"
TEXT_CONTRAST = 4.5
"""What level AA asks of text of normal size."""

Channels = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """An operator's colour, the text on it, and its nearest readable shades for text on light and dark pages."""

    color: str
    text_on_color: str
    accent_on_light: str
    accent_on_dark: str


def brand_of(color: str) -> Brand:
    """The palette of a colour such as #1f6feb. Every text in it has at least TEXT_CONTRAST."""
    return Brand(
        color=color.lower(),
        text_on_color=max((WHITE, BLACK), key=lambda text: contrast(text, color)),
        accent_on_light=_readable(color, towards=BLACK, on=(LIGHT_PAGE, LIGHT_SURFACE)),
        accent_on_dark=_readable(color, towards=WHITE, on=(DARK_PAGE, DARK_SURFACE)),
    )


def contrast(one: str, other: str) -> float:
    """The WCAG 2 contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _readable(color: str, *, towards: str, on: tuple[str, ...]) -> str:
    """The colour itself if it can be read on all of these backgrounds, else mixed with black or white until it can."""
    shades = (_mix(color, towards, percent) for percent in range(0, 101, 4))
    return next(shade for shade in shades if all(contrast(shade, background) >= TEXT_CONTRAST for background in on))


def _mix(color: str, other: str, percent: int) -> str:
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{(own * (100 - percent) + more * percent) // 100:02x}" for own, more in pairs)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _channels(color: str) -> Channels:
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue
