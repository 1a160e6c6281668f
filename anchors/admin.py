"""Roots, contracts and transactions for staff: what is on the chain, what is on its way, and what is wrong."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from anchors.models import (
    GIVEN_UP,
    Alarm,
    AlarmCode,
    Contract,
    Root,
    Transaction,
    TransactionStatus,
)
from keno_platform.staff.columns import NOTHING, code, column, exact_utc, hexed, in_utc, list_link, record_link, utc
from keno_platform.staff.columns import state as status_column
from keno_platform.staff.pages import RecordAdmin, UncountedPages

GWEI = 10**9
PENDING, FINAL = "pending", "final"
STATE_COLORS = {PENDING: "warning", FINAL: "success"}
STATUS_COLORS = {
    TransactionStatus.BROADCAST: "info",
    TransactionStatus.MINED: "info",
    TransactionStatus.FINAL: "success",
    TransactionStatus.REORGANISED: "warning",
    TransactionStatus.FAILED: "danger",
}
ALARM_COLORS = {"now": "danger", "over": "success"}


def _standing(root: Root) -> list[Transaction]:
    """The transactions that stand for a root, one for each contract that took it or shall."""
    return list(root.transactions.all())


def _final(root: Root) -> Transaction | None:
    """The one that proves when the root was there: the oldest final one, as the proofs show it."""
    return next((one for one in _standing(root) if one.status == TransactionStatus.FINAL), None)


def _state(root: Root) -> str:
    return FINAL if _final(root) else PENDING


def _block(root: Root) -> Any:
    one = _final(root)
    return one.block_number if one else NOTHING


def _links(root: Root) -> Any:
    shown = ((record_link("anchors.transaction", one.pk, f"{one} ({one.status})"),) for one in _standing(root))
    return format_html_join(" · ", "{}", shown) or NOTHING


def _leaves(root: Root) -> Any:
    address = f"/api/v1/anchors/{root.seq}/leaves"
    return format_html('<a class="text-link underline" href="{}">{}</a>', address, address)


@admin.register(Root)
class RootAdmin(RecordAdmin):
    """Every root in the order in which it goes to the chain, newest first, and whether it is there for good."""

    paginator = UncountedPages
    list_display = (
        "seq",
        "kind",
        hexed("root", short=True),
        "size",
        utc("created_at"),
        column(_state, name="state", colors=STATE_COLORS),
        column(_block, name="block"),
        column(_links, name="transactions"),
    )
    search_exactly = ("seq",)
    search_help_text = "An exact sequence number."
    fields = (
        "seq",
        "kind",
        hexed("root"),
        "size",
        exact_utc("created_at"),
        column(_state, name="state", colors=STATE_COLORS),
        column(_block, name="block"),
        column(_links, name="transactions"),
        column(_leaves, name="leaves", title="its leaves"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Root]:
        standing = Transaction.objects.exclude(status__in=GIVEN_UP).order_by("contract_id")
        return Root.objects.order_by("-pk").prefetch_related(Prefetch("transactions", queryset=standing))


def _gwei(wei: int | None) -> str:
    return NOTHING if wei is None else f"{wei / GWEI:.3f} gwei"


def _cost(one: Transaction) -> str:
    limit = f"of {one.gas_limit} allowed" if one.gas_limit else ""
    return f"{one.gas_used} {limit}" if one.gas_used else NOTHING


def _life(one: Transaction) -> Any:
    rows = format_html_join(
        "",
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        (
            (
                exact_utc("at")(event),
                event.status,
                event.block_number or NOTHING,
                event.note or NOTHING,
            )
            for event in one.events.order_by("pk")
        ),
    )
    head = "<th>At</th><th>Status</th><th>Block</th><th>Why</th>"
    return format_html('<table class="plain-table"><tr>' + head + "</tr>{}</table>", rows)


def _attempts(one: Transaction) -> Any:
    others = Transaction.objects.filter(contract=one.contract_id, nonce=one.nonce).exclude(pk=one.pk).order_by("pk")
    shown = ((record_link("anchors.transaction", each.pk, f"{each} ({each.status})"),) for each in others)
    return format_html_join(" · ", "{}", shown) or NOTHING


def _does(one: Transaction) -> Any:
    return record_link("anchors.root", one.root_id) if one.root_id else "deployment of the contract"


def _block_time(one: Transaction) -> str:
    return in_utc(datetime.fromtimestamp(one.block_time, UTC)) if one.block_time else NOTHING


contract_link = column(
    lambda one: record_link("anchors.contract", one.contract_id, one.contract), name="contract_link", title="contract"
)


@admin.register(Transaction)
class TransactionAdmin(RecordAdmin):
    """Every transaction that was ever built, newest first, each with its whole life."""

    paginator = UncountedPages
    list_display = (
        "id",
        column(_does, name="does", title="root"),
        status_column("status", STATUS_COLORS),
        "note",
        "nonce",
        "block_number",
        utc("created_at"),
    )
    list_filter = ("status",)
    search_exactly = ("id", "root__seq", "hash")
    search_help_text = "An exact transaction hash (0x...), root's sequence number, or id."
    fieldsets = (
        (
            None,
            {
                "fields": (
                    column(_does, name="does", title="root"),
                    contract_link,
                    status_column("status", STATUS_COLORS),
                    "note",
                    column(lambda one: code(one.hash) if one.hash else NOTHING, name="hash_shown", title="hash"),
                    column(_attempts, name="attempts", title="others with the same nonce"),
                )
            },
        ),
        ("Life", {"fields": (column(_life, name="life"),)}),
        (
            "Block",
            {
                "fields": (
                    "block_number",
                    column(lambda one: code(one.block_hash) if one.block_hash else NOTHING, name="block_hash_shown"),
                    column(_block_time, name="block_time_shown", title="block time"),
                    "succeeded",
                    column(_cost, name="gas"),
                )
            },
        ),
        (
            "As it was signed",
            {
                "fields": (
                    "nonce",
                    column(lambda one: _gwei(one.max_fee_wei), name="max_fee", title="highest fee for a unit of gas"),
                    column(lambda one: _gwei(one.priority_fee_wei), name="priority_fee", title="of it to who mines"),
                    hexed("previous_head"),
                    hexed("head"),
                    hexed("raw", "signed bytes"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transaction]:
        return Transaction.objects.order_by("-pk").select_related("contract")


def _taken(contract: Contract) -> Any:
    return list_link("anchors.transaction", "its transactions", f"contract__id__exact={contract.pk}")


def _use(contract: Contract) -> str:
    return contract.retirement or "in use"


@admin.register(Contract)
class ContractAdmin(RecordAdmin):
    """The contracts that took roots, newest first; at most one is in use."""

    list_display = (
        "address",
        "chain_id",
        column(_use, name="use", colors={"in use": "success", "forgotten": "danger", "failed": "danger"}),
        "first_seq",
        "publisher",
        utc("created_at"),
        utc("retired_at"),
    )
    search_exactly = ("address",)
    search_help_text = "An exact address, as it is shown."
    fields = (
        "address",
        "chain_id",
        "genesis",
        "publisher",
        column(_use, name="use"),
        "first_seq",
        hexed("first_head"),
        exact_utc("created_at"),
        exact_utc("retired_at"),
        column(_taken, name="see_also"),
    )


alarm_code = column(lambda alarm: str(alarm.code), name="alarm_code", title="code")
alarm_meaning = column(lambda alarm: AlarmCode(alarm.code).label, name="meaning")


def _since(alarm: Alarm) -> str:
    return "over" if alarm.ended_at else "now"


@admin.register(Alarm)
class AlarmAdmin(RecordAdmin):
    """What kept, or keeps, roots from the chain, newest first."""

    list_display = (
        alarm_code,
        column(_since, name="since", title="state", colors=ALARM_COLORS),
        alarm_meaning,
        "detail",
        utc("began_at"),
        utc("ended_at"),
    )
    search_exactly = ("code",)
    search_help_text = "An exact code."
    fields = (
        alarm_code,
        alarm_meaning,
        "detail",
        exact_utc("began_at"),
        exact_utc("ended_at"),
    )
