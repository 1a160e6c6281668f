"""Pictures of effects, as SVG that the server draws. They need no script, and take their colours from the page."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from approvals.shapes import Comparison, Pair

WIDTH, ROW, TOP, LEFT, RIGHT = 640, 26, 34, 90, 150
TICKS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """From values to places across the picture. It does not begin at zero, so values are points and not bars."""

    low: Decimal
    high: Decimal

    def at(self, value: Decimal) -> str:
        share = (value - self.low) / (self.high - self.low)
        return f"{LEFT + share * (WIDTH - LEFT - RIGHT):.1f}"


def draw(comparison: Comparison) -> SafeString:
    """Each pair as a line from its hollow point, before, to its full one, after."""
    scale = _scale_of(comparison)
    height = TOP + ROW * len(comparison.pairs) + 28
    return format_html(
        '<svg class="comparison" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>',
        WIDTH,
        height,
        f"{comparison.title}, before and after",
        _axis(comparison, scale, height),
        _limit(comparison, scale, height),
        format_html_join("", "{}", ((_row(pair, n, scale),) for n, pair in enumerate(comparison.pairs))),
    )


def _scale_of(comparison: Comparison) -> _Scale:
    texts = [text for pair in comparison.pairs for text in (pair.before, pair.after) if text]
    values = [Decimal(text) for text in [*texts, *([comparison.limit] if comparison.limit else [])]] or [Decimal(0)]
    low, high = min(values), max(values)
    room = (high - low) / 10 or Decimal("0.5")
    return _Scale(low=low - room, high=high + room)


def _axis(comparison: Comparison, scale: _Scale, height: int) -> SafeString:
    step = (scale.high - scale.low) / (TICKS - 1)
    ticks = [scale.low + step * n for n in range(TICKS)]
    lines = format_html_join(
        "",
        '<line class="grid" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/><text class="tick" x="{0}" y="{3}">{4}</text>',
        ((scale.at(tick), TOP - 6, height - 22, height - 8, f"{tick:.2f}{comparison.unit}") for tick in ticks),
    )
    return format_html('{}<text class="side" x="{}" y="16">before → after</text>', lines, WIDTH - RIGHT + 12)


def _limit(comparison: Comparison, scale: _Scale, height: int) -> SafeString:
    if not comparison.limit:
        return SafeString("")
    place = scale.at(Decimal(comparison.limit))
    return format_html(
        '<line class="limit" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>'
        '<text class="label" x="{0}" y="16">limit {3}{4}</text>',
        place,
        TOP - 12,
        height - 22,
        comparison.limit,
        comparison.unit,
    )


def _row(pair: Pair, number: int, scale: _Scale) -> SafeString:
    y = TOP + ROW * number + ROW // 2
    before = scale.at(Decimal(pair.before)) if pair.before else ""
    after = scale.at(Decimal(pair.after)) if pair.after else ""
    way = format_html('<line class="way" x1="{}" x2="{}" y1="{}" y2="{}"/>', before, after, y, y)
    return format_html(
        '<text class="label" x="{}" y="{}">{}</text>{}{}{}<text class="side" x="{}" y="{}">{} → {}</text>',
        LEFT - 10,
        y + 4,
        pair.label,
        way if before and after else "",
        format_html('<circle class="before" cx="{}" cy="{}" r="5"/>', before, y) if before else "",
        format_html('<circle class="after" cx="{}" cy="{}" r="5"/>', after, y) if after else "",
        WIDTH - RIGHT + 12,
        y + 4,
        pair.before or "none",
        pair.after or "none",
    )
