"""
Receipts of slips: on paper of 58 mm, on A4, and as the bytes that a thermal printer takes.

A printer of receipts has no letters of Arabic or Ethiopic, so it is sent a picture of the page, dot by dot.
"""

from enum import Enum
from io import BytesIO
from pathlib import Path
from typing import Any

import segno

from banker.models import Phase
from banker.reports.shapes import Sort
from banker.reports.words import Words
from banker.services.slips import Placed
from banker.slips import parse
from banker.slips.showing import lines
from keno_platform.documents import render_pages, render_pdf

PAGE = Path(__file__).with_name("pages") / "receipt.typ"


class Paper(Enum):
    """What a receipt is printed on."""

    ROLL = "58mm"
    SHEET = "a4"


def receipt_pdf(placed: Placed, words: Words, *, paper: Paper) -> bytes:
    """A receipt to print or to send. The same slip gives the same bytes for as long as it stands."""
    data = _page(placed, words) | {"paper": paper.value}
    return render_pdf(PAGE, data, words.language, made_at=placed.slip.created_at, tagged=False)


def receipt_dots(placed: Placed, words: Words) -> list[bytes]:
    """The same as pictures (PNG) of as many dots across as a thermal head of 58 mm has."""
    return render_pages(PAGE, _page(placed, words) | {"paper": "dots"}, words.language, ppi=DOTS_PER_INCH)


DOTS_PER_INCH = 203.2
"""Eight dots a millimetre: 384 across the 48 mm that a head of 58 mm prints."""


def _page(placed: Placed, words: Words) -> dict[str, Any]:
    slip, operator = placed.slip, words.operator
    read = parse(slip.text, exponent=operator.currency_exponent)
    return {
        "texts": words.texts,
        "operator": operator.name,
        "phase": slip.phase.name,
        "collector": slip.member.username,
        "slip": str(slip.pk),
        "time": words.shown(slip.created_at, Sort.MOMENT),
        "ends_at": words.shown(slip.phase.ends_at, Sort.MOMENT),
        "lines": [[text, words.money(item.total)] for text, item in zip(lines(read), read.items, strict=True)],
        "cuts": [_cut(one, words) for one in placed.cuts],
        "bets": words.shown(slip.bets, Sort.COUNT),
        "total": words.money(slip.total_amount),
        "pays": _pays(slip.phase, words),
        "cancelled": bool(getattr(slip, "is_cancelled", False)),
        "check_code": placed.check_code,
        "square": _square(f"{slip.pk} {placed.check_code}"),
    }


def _cut(one: Any, words: Words) -> str:
    text = words.texts["cut"]
    return text.format(number=one.number, taken=words.money(one.taken), asked=words.money(one.asked))


def _pays(phase: Phase, words: Words) -> list[str]:
    """What the phase pays, as its multipliers stand: fixed since it opened."""
    multipliers = {
        "pays": phase.multiplier,
        "pays_tod": phase.tod_multiplier,
        "pays_neighbour": phase.neighbour_multiplier,
    }
    return [words.texts[key].format(multiplier=value) for key, value in multipliers.items() if value]


def _square(text: str) -> str:
    """A QR code as SVG, for whoever checks the receipt."""
    file = BytesIO()
    segno.make(text, error="m", micro=False).save(file, kind="svg", border=0, xmldecl=False, svgns=True)
    return file.getvalue().decode()
