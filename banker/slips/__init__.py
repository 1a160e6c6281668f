"""The text of a bulk slip: what it may say, what it means, and how it is shown back. See docs/banker-slips.md."""

from banker.slips.grammar import parse
from banker.slips.shapes import BOUNDS, Bounds, Item, Slip, SlipInvalid
from banker.slips.showing import render

__all__ = ["BOUNDS", "Bounds", "Item", "Slip", "SlipInvalid", "parse", "render"]
