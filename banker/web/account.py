"""A collector's account: the balance, every movement that made it, and the statements of phases."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from banker import selectors
from banker.models import Member, Statement
from banker.services.results import number_now
from banker.web.booth import Booth, for_collectors
from banker.web.paging import newest
from banker.web.words import Words
from keno_platform.core import clock
from wallet.models import Kind, Transaction

STATEMENTS_SHOWN = 12


@require_safe
@for_collectors
def own(booth: Booth) -> HttpResponse:
    """The account of the collector that is here."""
    return booth.show("account", **facts_of(booth, booth.member))


def facts_of(booth: Booth, member: Member) -> dict[str, Any]:
    """What the page of an account shows."""
    words = booth.words
    page = newest(booth, selectors.movements(member))
    found = list(selectors.statements_of(member)[:STATEMENTS_SHOWN])
    causes = selectors.causes_of(page.rows)
    today = clock.now().astimezone(booth.visit.zone).date()
    return {
        "balance": words.money(selectors.balance_of(member)),
        "commission": words.percent(member.commission),
        "parent": member.parent,
        "movements": [show_movement(words, one, causes.get(one.pk)) for one in page.rows],
        "older": page.older,
        "statements": [
            show | {"phase": one.phase, "number": number_now(one.phase)}
            for one, show in zip(found, show_statements(words, found), strict=True)
        ],
        "first_day": f"{today.replace(day=1)}",
        "last_day": f"{today}",
    }


def show_movement(words: Words, one: Transaction, cause: selectors.Cause | None) -> dict[str, Any]:
    """A movement: what it was and why, when, how much and what was left."""
    return {
        "what": words(f"kind_{Kind(one.kind).name.lower()}"),
        "phase": cause.phase if cause else None,
        "slip_id": cause.slip_id if cause else None,
        "at": words.moment(one.created_at),
        "amount": words.money(abs(one.amount)),
        "sign": "+" if one.amount > 0 else "\u2212",
        "after": words.money(one.balance_after),
    }


def show_statements(words: Words, some: Sequence[Statement]) -> list[dict[str, Any]]:
    """Collectors' accounts of phases; `due` is what each keeps for the house, corrections counted."""
    corrected = selectors.corrected(some)
    return [_show(words, one, corrected[one.pk]) for one in some]


def _show(words: Words, one: Statement, corrected: int) -> dict[str, Any]:
    return {
        "slips": words.number(one.slips),
        "total_in": words.money(one.total_in),
        "total_out": words.money(one.total_out + corrected),
        "commission": words.money(one.commission_amount),
        "due": words.money(one.total_in - one.total_out - corrected - one.commission_amount),
    }
