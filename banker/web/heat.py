"""The heat map: a thousand numbers at a glance and a hundred of them at a time, which a script keeps live."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from banker import risk, selectors
from banker.models import Phase
from banker.risk import NumberRisk
from banker.web.booth import Booth, for_admins
from banker.web.phases import head
from banker.web.words import Words
from keno_platform.core.errors import NotFound

LEVELS = (1, 10, 25, 50, 75, 90, 100)
"""From so many percent on a number is a level hotter; the script has the same."""
BARRED = "x"
BLOCK = 100
HIGHEST_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A number of the map: how hot it is, 0 to 7 or barred, and what it says."""

    number: str
    level: str
    percent: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A hundred numbers that begin with the same digit."""

    first: str
    last: str
    cells: Sequence[Cell]
    percent: str


def percent_of(one: NumberRisk, *, top: int) -> int:
    """How much of its limit is staked on a number; with `top`, of what is staked on the highest one."""
    whole = top or one.limit
    return one.total * 100 // whole if whole else 100 if one.total else 0


def level_of(one: NumberRisk, *, top: int) -> str:
    """How hot a number is."""
    if not one.limit:
        return BARRED
    percent = percent_of(one, top=top)
    hot = sum(percent >= least for least in LEVELS)
    return str(max(hot, 1) if one.total else 0)


@require_safe
@for_admins
def heat_map(booth: Booth, phase_id: UUID) -> HttpResponse:
    """The map, by how much of its limit is staked on each number, or of the highest one."""
    phase, asked = selectors.get_phase(phase_id), booth.request.GET
    risks = risk.heat_map(phase)
    by = "top" if asked.get("by") == "top" else "limit"
    top = max((one.total for one in risks), default=0) if by == "top" else 0
    blocks = _blocks(booth.words, risks, top=top)
    hottest = max(range(len(blocks)), key=lambda at: _heat_of(risks, at, top=top), default=0)
    chosen = asked.get("block", "")
    at = int(chosen) if chosen in set("0123456789") else hottest
    facts: dict[str, Any] = {
        "blocks": blocks,
        "detail": blocks[at] if blocks else None,
        "at": at,
        "by": by,
        "staked": booth.words.money(sum(one.total for one in risks)),
        "highest": _highest(booth.words, phase, risks),
        "data": _data(booth.words, phase, risks) | {"by": by},
    }
    return booth.show("heat", **head(booth, phase, "map"), **facts)


@require_safe
@for_admins
def figures(booth: Booth, phase_id: UUID) -> HttpResponse:
    """What the map's script reads when it begins to listen, and after each gap."""
    phase = selectors.get_phase(phase_id)
    return booth.dressed(JsonResponse(_data(booth.words, phase, risk.heat_map(phase))))


def _blocks(words: Words, risks: list[NumberRisk], *, top: int) -> list[Block]:
    cells = [
        Cell(
            number=one.number,
            level=level_of(one, top=top),
            percent=f"{percent_of(one, top=top)}%",
            label=words("cell_label", number=one.number, amount=words.money(one.total), room=words.money(one.room)),
        )
        for one in risks
    ]
    return [
        Block(
            first=part[0].number,
            last=part[-1].number,
            cells=part,
            percent=f"{_heat_of(risks, start // BLOCK, top=top)}%",
        )
        for start in range(0, len(cells), BLOCK)
        if (part := cells[start : start + BLOCK])
    ]


def _heat_of(risks: list[NumberRisk], at: int, *, top: int) -> int:
    return max(percent_of(one, top=top) for one in risks[at * BLOCK : (at + 1) * BLOCK])


def _highest(words: Words, phase: Phase, risks: list[NumberRisk]) -> list[dict[str, str]]:
    """The numbers with the most staked on them; what stands here the script writes anew."""
    hot = sorted((one for one in risks if one.total), key=lambda one: (-one.total, one.number))[:HIGHEST_SHOWN]
    return [
        {
            "number": one.number,
            "total": words.money(one.total),
            "payout": words.money(one.potential_payout),
            "percent": f"{percent_of(one, top=0)}%",
        }
        for one in hot
    ]


def _data(words: Words, phase: Phase, risks: list[NumberRisk]) -> dict[str, Any]:
    """Each number's total and limit in minor units, and version, in order; and how a script writes amounts."""
    return {
        "phase_id": str(phase.pk),
        "status": phase.status,
        "multiplier": phase.multiplier,
        "money": words.money_pattern(),
        "label": words("cell_label"),
        "numbers": [[one.total, one.limit, one.version] for one in risks],
    }


@require_safe
@for_admins
def number(booth: Booth, phase_id: UUID, number: str) -> HttpResponse:
    """One number: what is staked on it, what it would cost in all, and its limit."""
    words, phase = booth.words, selectors.get_phase(phase_id)
    risks = risk.heat_map(phase)
    found = next((one for one in risks if one.number == number), None)
    if found is None:
        raise NotFound()
    outcome = risk.outcome(phase, risks, number)
    facts: dict[str, Any] = {
        "number": number,
        "found": {
            "total": words.money(found.total),
            "bets": words.number(found.bets),
            "limit": words.money(found.limit),
            "barred": not found.limit,
            "room": words.money(found.room),
            "percent": f"{percent_of(found, top=0)}%",
            "level": level_of(found, top=0),
        },
        "outcome": {"payout": words.money(outcome.payout), "net": words.money(outcome.net)},
        "prizes": [(one, words.money(paid)) for one, paid in sorted(outcome.prizes.items())],
    }
    return booth.show("number", **head(booth, phase, "map"), **facts)
