"""A slip in its one canonical form, which reads as the same slip again."""

from banker.slips.shapes import Item, Slip
from keno_platform.core.money import format_amount


def render(slip: Slip) -> str:
    """The slip's lines, one for each item, without a newline at the end. Never longer than what was typed."""
    return "\n".join(lines(slip))


def lines(slip: Slip) -> list[str]:
    """The same, line by line."""
    return [_line(one, slip.exponent) for one in slip.items]


def _line(item: Item, exponent: int) -> str:
    stake = _short(item.stake, exponent)
    if item.others is not None:
        stake += f"R{_short(item.others, exponent)}"
    return " ".join((*item.selections, stake))


def _short(minor: int, exponent: int) -> str:
    text = format_amount(minor, exponent=exponent)
    return text.rstrip("0").rstrip(".") if "." in text else text
