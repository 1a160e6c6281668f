"""Balances and movements for staff, inside the picked operator. Nobody changes them here."""

from typing import Any

from django.contrib import admin

from keno_platform.staff.columns import NOTHING, Column, column, exact_utc, list_link, record_link, utc
from keno_platform.staff.filters import DayFilter
from keno_platform.staff.pages import UncountedPages
from operators.bound import TenantRecordAdmin, amount
from players.admin import player_link
from wallet import selectors
from wallet.models import Account, Transaction

KIND_COLORS = {"payout": "success", "refund": "warning", "deposit": "info", "withdrawal": "info", "rollback": "warning"}
KIND = column(lambda movement: movement.get_kind_display(), name="kind", colors=KIND_COLORS)


def bet_link() -> Column:
    """The bet that caused a movement; deposits and withdrawals have none."""

    def show(movement: Transaction) -> Any:
        bet_id = selectors.cause_of(movement)
        return record_link("bets.betstate", bet_id) if bet_id else NOTHING

    return column(show, name="bet_link", title="bet")


@admin.register(Account)
class AccountAdmin(TenantRecordAdmin):
    """What every player has here."""

    paginator = UncountedPages
    list_display = ("id", player_link(), amount("balance"))
    list_select_related = ("player",)
    search_exactly = ("id", "player__token")
    search_help_text = "An exact player token."
    fields = (
        player_link(),
        amount("balance"),
        column(
            lambda account: list_link("wallet.transaction", "transactions", f"q={account.player.token}"),
            name="see_also",
        ),
    )


@admin.register(Transaction)
class TransactionAdmin(TenantRecordAdmin):
    """Every movement, newest first."""

    paginator = UncountedPages
    list_display = (
        "id",
        player_link("account.player"),
        KIND,
        amount("amount"),
        amount("balance_after"),
        bet_link(),
        utc("created_at", sortable=True),
    )
    list_select_related = ("account__player",)
    list_filter = (DayFilter, "kind")
    search_exactly = ("id", "account__player__token")
    search_help_text = "An exact transaction id or player token."
    fields = (
        "id",
        player_link("account.player"),
        KIND,
        amount("amount"),
        amount("balance_after"),
        bet_link(),
        "reference",
        exact_utc("created_at"),
    )
