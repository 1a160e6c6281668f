"""The collector's counter: a slip is typed, shown back line by line as it is read, and handed in."""

import re
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from banker import selectors
from banker.models import Phase, PhaseStatus
from banker.services import slips
from banker.services.results import number_now
from banker.services.slips import Asked, SlipOverLimit, SlipTotalDiffers
from banker.slips import Slip, parse
from banker.slips.numbers import numbers_of
from banker.slips.shapes import Fault, Item, SlipInvalid
from banker.slips.showing import lines
from banker.web import refusals
from banker.web.booth import Booth, for_collectors, lead
from banker.web.typed import identity
from banker.web.words import Words
from keno_platform.core.errors import Refusal
from keno_platform.core.money import parse_amount
from keno_platform.http.problems import STATUS
from wallet.services import InsufficientFunds

_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
EXAMPLES = (
    ("123 500", "ex_one"),
    ("123 456 789 500", "ex_many"),
    ("123R 500", "ex_turned"),
    ("123 500R200", "ex_both"),
    ("1** 100", "ex_pattern"),
    ("100-120 50", "ex_range"),
    ("DOUBLE 5", "ex_double"),
    ("TRIPLE 5", "ex_triple"),
    ("SERIES 5", "ex_series"),
)
"""What the help shows: a slip's line, and the text that says what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLine:
    """A line as it was read, with the least room that any of its numbers has; `over` when it does not fit."""

    text: str
    bets: str
    total: str
    room: str
    over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """
    A slip shown back. `total` is what its confirmation names; `over` says which numbers lack room, `short` that the
    balance does not cover it. With `mistakes` there is nothing else.
    """

    lines: Sequence[ShownLine] = ()
    bets: str = ""
    total: str = ""
    shown_total: str = ""
    balance_after: str = ""
    over: Sequence[str] = ()
    short: str = ""
    mistakes: Sequence[str] = ()

    @property
    def is_good(self) -> bool:
        """Whether it may be handed in as it stands."""
        return bool(self.lines) and not self.over and not self.short


def counter(booth: Booth, *, status: int = 200, **facts: Any) -> HttpResponse:
    """The page where slips are typed, with what was typed before."""
    member, phase = booth.member, selectors.find_open_phase()
    latest = selectors.phases().filter(status=PhaseStatus.SETTLED).order_by("-ends_at").first()
    text = facts.pop("text", "") or again(booth)
    context: dict[str, Any] = {
        "phase": phase,
        "text": text,
        "key": secrets.token_urlsafe(18),
        "balance": booth.words.money(selectors.balance_of(member)),
        "examples": [(line, booth.words(meaning)) for line, meaning in EXAMPLES],
        "latest": latest and {"name": latest.name, "number": number_now(latest)},
    }
    if phase and text and "preview" not in facts:
        facts["preview"] = read_back(booth, phase, text)
    return booth.show("sell", status=status, **context | facts)


def again(booth: Booth) -> str:
    """The text of a slip of one's own that is to be handed in once more."""
    slip_id = identity(booth.request.GET.get("slip", ""))
    if slip_id is None or booth.request.method != "GET":
        return ""
    return selectors.get_slip(slip_id, member=booth.member).text


@require_POST
@for_collectors
def read(booth: Booth) -> HttpResponse:
    """What was typed so far, shown back: a part of the page, for its script."""
    phase, text = selectors.find_open_phase(), booth.request.POST.get("text", "")
    preview = read_back(booth, phase, text) if phase and text.strip() else None
    return booth.show("preview", preview=preview, part=True)


@require_POST
@for_collectors
def hand_in(booth: Booth) -> HttpResponse:
    """
    Show the slip back, or take it under the key that its page has had from the start: however often it is sent, it is
    one slip.
    """
    form, text = booth.request.POST, booth.request.POST.get("text", "")
    key, phase_id, step = form.get("key", ""), identity(form.get("phase", "")), form.get("step", "check")
    if step not in ("whole", "partial") or phase_id is None or not _KEY.fullmatch(key):
        return counter(booth, text=text)
    try:
        total = parse_amount(form.get("total", ""), exponent=booth.operator.currency_exponent)
        asked = Asked(phase_id=phase_id, text=text, partial=step == "partial", total=total)
        placed = slips.place_slip(operator=booth.operator, member=booth.member, asked=asked, key=f"web-{key}")
    except Refusal as refusal:
        return _not_taken(booth, refusal, text)
    return booth.dressed(lead(f"/slips/{placed.slip.pk}?taken=1"))


def _not_taken(booth: Booth, refusal: Refusal, text: str) -> HttpResponse:
    """The page again with what was typed. What the slip itself shows below is not said twice."""
    shown_below = isinstance(refusal, SlipInvalid | SlipOverLimit | InsufficientFunds)
    explained = refusals.explain(booth.words, refusal)
    reasons = explained[:1] if shown_below else explained
    facts: dict[str, Any] = {"key": secrets.token_urlsafe(18)} if isinstance(refusal, SlipTotalDiffers) else {}
    return counter(booth, status=STATUS[refusal.kind], text=text, reasons=reasons, **facts)


def read_back(booth: Booth, phase: Phase, text: str) -> Preview:
    """A slip as it would be taken now."""
    words = booth.words
    try:
        slip = parse(text, exponent=booth.operator.currency_exponent)
    except SlipInvalid as refusal:
        return Preview(mistakes=[_shown_fault(words, one) for one in refusal.faults])
    asked = _asked(slip)
    rooms = selectors.rooms(phase, sorted(asked))
    over = [number for number in sorted(asked) if asked[number] > rooms.get(number, 0)]
    after = selectors.balance_of(booth.member) - slip.total
    return Preview(
        lines=[
            _shown_line(words, text, item, rooms, set(over)) for text, item in zip(lines(slip), slip.items, strict=True)
        ],
        bets=words.counted("bets_count", slip.count),
        total=booth.operator.money(slip.total),
        shown_total=words.money(slip.total),
        balance_after=words.money(after) if after >= 0 else "",
        over=[_shown_over(words, number, asked[number], rooms.get(number, 0)) for number in over],
        short="" if after >= 0 else words("short", amount=words.money(-after)),
    )


def _asked(slip: Slip) -> Counter[str]:
    asked: Counter[str] = Counter()
    for _, number, amount in slip.bets():
        asked[number] += amount
    return asked


def _shown_line(words: Words, text: str, item: Item, rooms: Mapping[str, int], over: set[str]) -> ShownLine:
    numbers = {number for number, _ in item.bets()} if item.others is not None else _straight(item)
    return ShownLine(
        text=text,
        bets=words.counted("bets_count", item.count),
        total=words.money(item.total),
        room=words.money(min(rooms.get(number, 0) for number in numbers)),
        over=not over.isdisjoint(numbers),
    )


def _straight(item: Item) -> set[str]:
    return {number for selection in item.selections for number in numbers_of(selection)}


def _shown_over(words: Words, number: str, asked: int, free: int) -> str:
    return words("over_number", number=number, asked=words.money(asked), free=words.money(free))


def _shown_fault(words: Words, fault: Fault) -> str:
    what = words(f"fault_{fault.mistake.name.lower()}")
    # What was typed runs from the left, whatever the text around it does.
    excerpt = f": \u2066{fault.text}\u2069" if fault.text else ""
    return words("fault_at", line=fault.line, column=fault.column, fault=f"{what}{excerpt}")
