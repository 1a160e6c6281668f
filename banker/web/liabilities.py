"""What a phase may come to cost: the dearest outcomes, what if a number won, and what to lay off."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from banker import risk, selectors
from banker.risk import Outcome
from banker.services.phases import NumberInvalid
from banker.slips.numbers import NUMBERS
from banker.web import refusals
from banker.web.booth import Booth, for_admins
from banker.web.phases import head
from banker.web.typed import amount, plain
from banker.web.words import Words
from keno_platform.core.errors import Refusal
from keno_platform.http.problems import STATUS

WORST_SHOWN = 10


@require_safe
@for_admins
def overview(booth: Booth, phase_id: UUID) -> HttpResponse:
    """The three of them; what is asked for stands in the address."""
    words, phase = booth.words, selectors.get_phase(phase_id)
    risks, asked = risk.heat_map(phase), booth.request.GET
    facts: dict[str, object] = {
        "worst": [show_outcome(words, one) for one in risk.worst(phase, risks, WORST_SHOWN) if one.payout],
        "asked_number": asked.get("number", "")[:3],
        "bears": asked.get("bears", "")[:20],
    }
    status = 200
    try:
        if facts["asked_number"]:
            facts["what_if"] = show_outcome(words, risk.outcome(phase, risks, _number(asked["number"])))
        if facts["bears"]:
            found = risk.lay_offs(phase, risks, amount(booth, asked["bears"]))
            facts["lay_offs"] = [
                (one.number, words.money(one.potential_payout), words.money(one.amount)) for one in found
            ]
            facts["lay_off_total"] = words.money(sum(one.amount for one in found))
    except Refusal as refusal:
        status, facts["reasons"] = STATUS[refusal.kind], refusals.explain(words, refusal)
    return booth.show("liabilities", status=status, **head(booth, phase, "liabilities"), **facts)


def show_outcome(words: Words, one: Outcome) -> dict[str, object]:
    """An outcome: to which numbers it pays, how much in all, and what the house keeps."""
    return {
        "number": one.number,
        "payout": words.money(one.payout),
        "net": words.money(one.net),
        "loses": one.net < 0,
        "prizes": [(number, words.money(paid)) for number, paid in sorted(one.prizes.items())],
    }


def _number(text: str) -> str:
    found = plain(text)
    if found not in NUMBERS:
        raise NumberInvalid(number=found[:16])
    return found
