"""The few shapes that diagrams are made of, as SVG with classes that the page gives colours to."""

from collections.abc import Sequence
from html import escape

FONT_PX = 13
LINE_PX = 17
READABLE_PX = 560
"""A wider picture may shrink to this, and no further: on a phone it is moved within its frame."""
_WIDE, _NARROW, _USUAL = 0.72, 0.34, 0.57
"""Of the font's size, by kind of character: near enough for boxes that must not be too small."""


def width_of(text: str) -> float:
    """How wide a line is, about."""
    return FONT_PX * sum(_NARROW if one in "iljtfr.,:;'|! " else _WIDE if one in "mwMWOQ" else _USUAL for one in text)


def lines_of(text: str) -> list[str]:
    """The lines of a label; `<br/>` parts them."""
    return [line.strip() for line in text.replace("<br>", "<br/>").split("<br/>")]


def block_size(text: str) -> tuple[float, float]:
    """Width and height of a label with all its lines."""
    lines = lines_of(text)
    return max(map(width_of, lines)), LINE_PX * len(lines)


class Canvas:
    """Elements in the order in which they are drawn, and how far they reach."""

    def __init__(self) -> None:
        self._elements: list[str] = []
        self._left, self._right = 0.0, 0.0

    def add(self, other: "Canvas") -> None:
        """What is on another, on top."""
        self._elements += other._elements
        self._left, self._right = min(self._left, other._left), max(self._right, other._right)

    def rect(self, x: float, y: float, width: float, height: float, kind: str, *, round_px: float = 4) -> None:
        self._elements.append(
            f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{round_px}"/>'
        )

    def cylinder(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        """A store of data."""
        lid = 5.0
        body = f"M{x:.1f} {y + lid:.1f} v{height - 2 * lid:.1f} a{width / 2:.1f} {lid} 0 0 0 {width:.1f} 0"
        top = f"v{2 * lid - height:.1f} a{width / 2:.1f} {lid} 0 0 0 {-width:.1f} 0"
        rim = f"a{width / 2:.1f} {lid} 0 0 0 {width:.1f} 0"
        self._elements.append(f'<path class="{kind}" d="{body} {top} {rim}"/>')

    def path(self, points: str, kind: str, *, arrow: bool = True) -> None:
        end = ' marker-end="url(#arrow)"' if arrow else ""
        self._elements.append(f'<path class="{kind}" d="{points}"{end}/>')

    def dot(self, x: float, y: float) -> None:
        """Where a life begins or ends."""
        self._elements.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="6"/>')

    def text(self, x: float, y: float, text: str, kind: str = "label", *, anchor: str = "middle") -> None:
        """A label whose lines stand around `y`."""
        lines = lines_of(text)
        before = {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
        wide = max(map(width_of, lines))
        self._left, self._right = min(self._left, x - wide * before - 4), max(self._right, x + wide * (1 - before) + 4)
        first = y - (len(lines) - 1) * LINE_PX / 2 + FONT_PX * 0.35
        for number, line in enumerate(lines):
            at = first + number * LINE_PX
            self._elements.append(
                f'<text class="{kind}" x="{x:.1f}" y="{at:.1f}" text-anchor="{anchor}">{escape(line)}</text>'
            )

    def render(self, *, width: float, height: float, title: str, description: str) -> str:
        """The whole picture, wider where a label needs it, with words for those who cannot see it."""
        width = max(width, self._right) - self._left
        sizes = f"min-width:{min(width, READABLE_PX):.0f}px;max-width:{width:.0f}px"
        head = f'<svg class="diagram" role="img" viewBox="{self._left:.0f} 0 {width:.0f} {height:.0f}" style="{sizes}"'
        words = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
        return f'{head} xmlns="http://www.w3.org/2000/svg">{words}{_ARROW}{_join(self._elements)}</svg>'


def _join(elements: Sequence[str]) -> str:
    return "\n".join(elements)


_ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path class="head" d="M0 0 L8 4 L0 8 z"/></marker></defs>'
)
