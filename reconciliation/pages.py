"""The page behind a support link. It needs no script and no credential: the address is the credential."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language_info, get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_safe

from bets.models import BetStatus
from bets.paytables import text_of
from keno_platform.core.clock import to_text
from keno_platform.core.errors import Refusal
from keno_platform.http.problems import STATUS
from localization.selectors import texts_for
from operators.models import Operator
from operators.selectors import find_operator_by_domain
from operators.tenancy import tenant_context
from reconciliation import support
from reconciliation.support import BetStory, RoundStory
from rounds.models import Round
from wallet.models import Kind, WalletCall

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
STATUS_TEXTS = {
    BetStatus.PENDING: "bet.pending",
    BetStatus.LOST: "bet.lost",
    BetStatus.WON: "bet.won",
    BetStatus.ROLLED_BACK: "bet.returned",
}


@require_safe
def round_page(request: HttpRequest, token: str) -> HttpResponse:
    """A round for support staff, or a page that says why there is none."""
    operator = find_operator_by_domain(request.get_host().partition(":")[0])
    if operator is None:
        raise Http404
    language = _language(request, operator)
    try:
        round_id, player_id, bet_id = support.read_link(operator, token)
        with tenant_context(operator):
            story = support.tell_round(operator, round_id=round_id, player_id=player_id, bet_id=bet_id)
            shown = _shown(operator, story, texts_for(locale=language, operator_id=operator.pk))
    except Refusal as refusal:
        with translation.override(language):
            context = {"title": translation.gettext(refusal.title), "code": refusal.code}
        return _page(request, "refused", operator, language, context, status=STATUS[refusal.kind])
    return _page(request, "round", operator, language, shown)


def _page(
    request: HttpRequest, name: str, operator: Operator, language: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    direction = "rtl" if get_language_info(language)["bidi"] else "ltr"
    whole = {"operator": operator, "language": language, "direction": direction, **context}
    response = render(request, f"reconciliation/{name}.html", whole, status=status)
    response["Content-Language"] = language
    response["Content-Security-Policy"] = POLICY
    # The address opens the page for whoever has it: it goes nowhere else, and nothing keeps it.
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _language(request: HttpRequest, operator: Operator) -> str:
    """The browser's language, else the operator's."""
    for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return operator.default_language


def _shown(operator: Operator, story: RoundStory, texts: dict[str, str]) -> dict[str, Any]:
    one = story.round
    drawn = set(one.numbers_drawn or ())
    return {
        "title": texts["round.number"].replace("{number}", str(one.number)),
        "text": {name: texts[key] for name, key in _TEXTS.items()},
        "round": one,
        "times": _times(one),
        "drawn": one.numbers_drawn,
        "player_token": story.player.token if story.player else "",
        "bets": [_bet(operator, each, drawn, texts) for each in story.bets],
        "more": story.more,
        "bets_max": support.BETS_MAX,
        "calls": [_call(operator, call) for call in story.calls],
        "proof": f"/api/v1/rounds/{one.pk}/proof",
        "seed": bytes(one.server_seed).hex() if one.server_seed and one.revealed_at else "",
        "commitment": bytes(one.server_seed_hash).hex(),
    }


_TEXTS = {
    "drawn": "round.drawn_numbers",
    "picks": "board.your_picks",
    "stake": "slip.stake",
    "possible_win": "slip.possible_win",
    "verify": "round.verify",
    "no_bets": "history.empty",
    "void": "round.void",
}


def _times(one: Round) -> list[tuple[str, str]]:
    moments: list[tuple[str, datetime | None]] = [
        ("committed", one.created_at),
        ("opened" if one.opened_at else "opens", one.opened_at or one.opens_at),
        ("betting closed" if one.closed_at else "betting closes", one.closed_at or one.closes_at),
        ("drawn", one.drawn_at),
        ("settled", one.settled_at),
        ("revealed", one.revealed_at),
        ("void", one.voided_at),
    ]
    return [(name, to_text(moment)) for name, moment in moments if moment]


def _bet(operator: Operator, story: BetStory, drawn: set[int], texts: dict[str, str]) -> dict[str, Any]:
    bet = story.bet
    status = BetStatus(bet.settlement_status)
    amount = bet.win_amount if status == BetStatus.WON else bet.stake
    return {
        "id": bet.pk,
        "ticket_id": bet.ticket_id,
        "player_token": bet.player.token,
        "picks": [(number, number in drawn) for number in bet.picks],
        "hits": None if story.hits is None else texts["bet.hits"].replace("{hits}", str(story.hits)),
        "stake": _money(operator, bet.stake),
        "potential_max_win": _money(operator, bet.potential_max_win),
        "multiplier": text_of(bet.multiplier_hundredths) if bet.multiplier_hundredths else "",
        "status": status.value,
        "outcome": texts[STATUS_TEXTS[status]].replace("{amount}", _money(operator, amount or 0)),
        "placed_at": to_text(bet.created_at),
        "movements": [
            {
                "id": one.pk,
                "kind": one.get_kind_display(),
                "amount": _money(operator, one.amount),
                "at": to_text(one.created_at),
            }
            for one in story.movements
        ],
        "calls": [_call(operator, call) for call in story.calls],
    }


def _call(operator: Operator, call: WalletCall) -> dict[str, Any]:
    return {
        "id": call.pk,
        "kind": Kind(call.kind).label,
        "state": call.get_state_display(),
        "is_open": call.due_at is not None or call.finished_at is None,
        "reason": call.get_reason_display() if call.reason else "",
        "player_token": call.player.token,
        "amount": _money(operator, call.amount),
        "attempts": call.attempts,
        "error": call.error,
        "reference": call.operator_reference or "",
        "made_at": to_text(call.created_at),
        "finished_at": to_text(call.finished_at) if call.finished_at else "",
        "next_at": to_text(call.due_at) if call.due_at else "",
    }


def _money(operator: Operator, minor: int) -> str:
    return f"{operator.money(minor)} {operator.currency_code}"
