"""Bets for staff: each with what became of it, its money and its proof. Nobody changes them here."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join

from bets import paytables, receipts, selectors
from bets.models import Attempt, BetState, BetStatus, Slip
from bets.proofs import bet_proof
from keno_platform.core.errors import NotFound
from keno_platform.staff.columns import (
    NOTHING,
    code,
    column,
    exact_utc,
    hexed,
    in_utc,
    link,
    list_link,
    record_link,
    state,
    story_link,
    utc,
)
from keno_platform.staff.filters import DayFilter
from keno_platform.staff.pages import UncountedPages
from operators.bound import TenantRecordAdmin, amount, bound_operator, shown_amount
from players.admin import player_link
from rounds.selectors import get_round
from wallet.selectors import transactions_of_bet

STATUS_COLORS = {BetStatus.WON: "success", BetStatus.ROLLED_BACK: "warning", BetStatus.PENDING: "info"}
BIGGEST_ROUND = 2**63 - 1
round_link = column(lambda record: record_link("rounds.round", record.round_id), name="round_link", title="round")
bet_link = column(lambda record: record_link("bets.betstate", record.bet_id), name="bet_link", title="bet")
paytable_link = column(
    lambda bet: record_link("bets.paytable", bet.paytable_id, bet.paytable), name="paytable_link", title="paytable"
)


def _picks(bet: BetState) -> str:
    return " ".join(f"{number:02d}" for number in bet.picks)


def shown_multiplier(record: Any) -> str:
    """What a bet's stake was multiplied by."""
    hundredths = record.multiplier_hundredths
    return NOTHING if hundredths is None else f"× {paytables.text_of(hundredths)}"


def _ticket(bet: BetState) -> Any:
    return record_link("bets.betstate", bet.ticket_id) if bet.ticket_id else NOTHING


def _transactions(bet: BetState) -> Any:
    rows = format_html_join(
        "",
        '<tr><td>{}</td><td>{}</td><td class="number">{}</td><td class="number">{}</td><td>{}</td></tr>',
        (
            (
                one.get_kind_display(),
                record_link("wallet.transaction", one.pk),
                shown_amount(one.amount),
                shown_amount(one.balance_after),
                in_utc(one.created_at),
            )
            for one in transactions_of_bet(bet.pk).order_by("pk")
        ),
    )
    head = "<th>Kind</th><th>Transaction</th><th>Amount</th><th>Balance after</th><th>At</th>"
    return format_html('<table class="plain-table"><tr>' + head + "</tr>{}</table>", rows)


def _receipt(bet: BetState) -> Any:
    operator = bound_operator()
    if operator is None:
        return NOTHING
    one = get_round(round_id=bet.round_id)
    return code(receipts.receipt(bet, operator=operator, stream=one.game.stream, round_number=one.number).hex())


def _proof(bet: BetState) -> Any:
    links = (
        link(reverse("admin:bets_betstate_proof", args=[bet.pk]), "this bet's proof", elsewhere=True),
        link(f"/api/v1/rounds/{bet.round_id}/proof", "the round's proof", elsewhere=True),
    )
    return format_html_join(" · ", "{}", ((one,) for one in links))


@admin.register(BetState)
class BetAdmin(TenantRecordAdmin):
    """Every bet, newest first."""

    paginator = UncountedPages
    stored_in = "bets_bet"
    list_display = (
        "id",
        round_link,
        player_link(),
        column(_picks, name="numbers"),
        amount("stake"),
        state("settlement_status", STATUS_COLORS, "status"),
        "hits",
        amount("win_amount", "win"),
        utc("created_at"),
    )
    list_select_related = ("player",)
    list_filter = (DayFilter, "settlement_status")
    search_exactly = ("id", "ticket_id", "player__token")
    search_help_text = "An exact bet id, ticket id, round id or player token."
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "id",
                    column(lambda bet: story_link("bet", bet.pk), name="story"),
                    state("settlement_status", STATUS_COLORS, "status"),
                    round_link,
                    player_link(),
                    column(_picks, name="numbers"),
                    amount("stake"),
                    amount("potential_max_win", "highest possible win"),
                    exact_utc("created_at", "accepted at"),
                    paytable_link,
                    column(_ticket, name="ticket", title="first bet of its ticket"),
                )
            },
        ),
        ("Payout", {"fields": ("hits", column(shown_multiplier, name="multiplier"), amount("win_amount", "win"))}),
        ("Transactions", {"fields": (column(_transactions, name="transactions"),)}),
        (
            "Proof",
            {
                "fields": (
                    column(_proof, name="proof"),
                    column(_receipt, name="receipt", title="receipt (its leaf, hex)"),
                    hexed("leaf_hash"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[BetState]:
        return selectors.bets().order_by("-pk")

    def get_urls(self) -> list[URLPattern]:
        own = path("<uuid:bet_id>/proof/", self.admin_site.admin_view(self.proof), name="bets_betstate_proof")
        own.callback = self._with_operator(own.callback)
        return [own, *super().get_urls()]

    def proof(self, request: HttpRequest, bet_id: Any) -> HttpResponse:
        """The KPS-1 proof document of a bet, as its player gets it."""
        if not self.has_view_permission(request):
            raise Http404
        try:
            bet = selectors.get_bet(bet_id)
        except NotFound as error:
            raise Http404 from error
        return JsonResponse(bet_proof(self.operator, bet), json_dumps_params={"indent": 2})

    def matches(self, term: str) -> list[Q]:
        found = super().matches(term)
        return [*found, Q(round_id=int(term))] if is_round_id(term) else found


@admin.register(Slip)
class SlipAdmin(TenantRecordAdmin):
    """Idempotency keys of placements."""

    paginator = UncountedPages
    list_display = (
        "key",
        column(lambda slip: record_link("bets.betstate", slip.first_bet_id), name="first_bet"),
        utc("created_at"),
    )
    search_exactly = ("key",)
    search_help_text = "An exact key."
    fields = (
        "key",
        column(lambda slip: record_link("bets.betstate", slip.first_bet_id), name="first_bet"),
        column(lambda slip: list_link("bets.betstate", "all its bets", f"q={slip.first_bet_id}"), name="see_also"),
        hexed("fingerprint"),
        exact_utc("created_at"),
    )


def _attempt_calls(attempt: Attempt) -> Any:
    return list_link("wallet.walletcall", "wallet calls", f"q={attempt.first_bet_id}")


@admin.register(Attempt)
class AttemptAdmin(TenantRecordAdmin):
    """Placements whose debit is on its way to the operator's wallet: normally for less than two seconds."""

    list_display = ("key", column(_attempt_calls, name="calls"), utc("created_at"))
    search_exactly = ("key",)
    search_help_text = "An exact key."
    fields = ("key", column(_attempt_calls, name="calls"), hexed("fingerprint"), exact_utc("created_at"))


def is_round_id(term: str) -> bool:
    """Whether a searched text can be a round's id."""
    return term.isascii() and term.isdigit() and int(term) <= BIGGEST_ROUND
