"""
Small pictures of figures, drawn on the server as SVG: no script, and no style but classes, so that a strict policy
lets them through. Each comes with its numbers, for whoever cannot see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 480, 140
_LEFT, _BOTTOM, _TOP = 8, 22, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture with the table of what it shows: a heading for each column, and rows of texts."""

    title: str
    picture: SafeString
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One place on the axis: its label, and two values of which the second is drawn inside the first."""

    label: str
    outer: int
    inner: int


def bars(bars: Sequence[Bar], *, title: str) -> SafeString:
    """Bars, each with another one inside it."""
    top = max((max(bar.outer, bar.inner) for bar in bars), default=0) or 1
    step = (WIDTH - 2 * _LEFT) / max(len(bars), 1)
    shapes = []
    for place, bar in enumerate(bars):
        x = _LEFT + place * step
        shapes += [
            _rectangle("chart-outer", x + step * 0.1, step * 0.8, bar.outer / top),
            _rectangle("chart-inner", x + step * 0.3, step * 0.4, bar.inner / top),
        ]
    return _frame(shapes, [bar.label for bar in bars], title)


def line(values: Sequence[float], labels: Sequence[str], *, title: str, bound: float) -> SafeString:
    """A line over time, and the bound that it should stay below."""
    top = max([*values, bound]) * 1.1 or 1.0
    points = " ".join(f"{x:.1f},{_y(value / top):.1f}" for x, value in zip(_places(len(values)), values, strict=True))
    limit = _y(bound / top)
    shapes = [
        format_html('<line class="chart-bound" x1="{}" y1="{}" x2="{}" y2="{}"/>', _LEFT, limit, WIDTH - _LEFT, limit),
        format_html('<polyline class="chart-line" points="{}"/>', points),
        format_html('<text class="chart-label" x="{}" y="{}">{} s</text>', _LEFT, limit + 16, f"{bound:.0f}"),
    ]
    return _frame(shapes, labels, title)


def interval(*, low: float, value: float, high: float, theory: tuple[float, float], title: str) -> SafeString:
    """A measured value with its band, beside the range that theory says; all in percent."""
    begin, end = min(low, theory[0]) - 2, max(high, theory[1]) + 2

    def place(x: float) -> float:
        return _LEFT + (WIDTH - 2 * _LEFT) * (x - begin) / (end - begin)

    middle = HEIGHT / 2 - 10
    shapes = [
        format_html(
            '<rect class="chart-theory" x="{}" y="{}" width="{}" height="{}"/>',
            f"{place(theory[0]):.1f}",
            _TOP,
            f"{max(place(theory[1]) - place(theory[0]), 2):.1f}",
            HEIGHT - _BOTTOM - _TOP,
        ),
        format_html(
            '<line class="chart-band" x1="{}" y1="{}" x2="{}" y2="{}"/>',
            *(f"{place(low):.1f}", middle, f"{place(high):.1f}", middle),
        ),
        format_html('<circle class="chart-dot" cx="{}" cy="{}" r="5"/>', f"{place(value):.1f}", middle),
    ]
    return _frame(shapes, [f"{begin:.0f} %", f"{end:.0f} %"], title)


def _rectangle(kind: str, x: float, width: float, part: float) -> SafeString:
    y = _y(part)
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>',
        *(kind, f"{x:.1f}", f"{y:.1f}", f"{width:.1f}", f"{HEIGHT - _BOTTOM - y:.1f}"),
    )


def _y(part: float) -> float:
    return _TOP + (HEIGHT - _BOTTOM - _TOP) * (1 - part)


def _places(count: int) -> list[float]:
    step = (WIDTH - 2 * _LEFT) / max(count - 1, 1)
    return [_LEFT + place * step for place in range(count)]


def _frame(shapes: Sequence[SafeString], labels: Sequence[str], title: str) -> SafeString:
    """The picture around its shapes: the base line, and the first and last label."""
    ends = [(labels[0], _LEFT, "start"), (labels[-1], WIDTH - _LEFT, "end")] if labels else []
    texts = format_html_join(
        "",
        '<text class="chart-label" x="{}" y="{}" text-anchor="{}">{}</text>',
        ((x, HEIGHT - 6, anchor, label) for label, x, anchor in ends),
    )
    return format_html(
        '<svg class="chart-picture" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<line class="chart-base" x1="{}" y1="{}" x2="{}" y2="{}"/>{}{}</svg>',
        *(WIDTH, HEIGHT, title, _LEFT, HEIGHT - _BOTTOM, WIDTH - _LEFT, HEIGHT - _BOTTOM),
        format_html_join("", "{}", ((shape,) for shape in shapes)),
        texts,
    )
