"""What stands around every page of the staff's site: the way through it, and whose tables these are."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from operators.middleware import picked_operator
from operators.models import Operator
from play.colors import brand_of

PROVIDER = (
    ("approvals.request", "Approvals", "how_to_reg"),
    ("configuration.change", "Configuration", "settings"),
    ("operators.operator", "Operators", "domain"),
    ("operators.apikey", "API keys", "key"),
    ("operators.callerkey", "Keys for signed calls", "draw"),
    ("operators.callsigningkey", "Our call keys", "signature"),
    ("operators.walletconnection", "Wallets of operators", "account_balance_wallet"),
    ("operators.jurisdiction", "Jurisdictions", "gavel"),
    ("webhooks.endpoint", "Webhook endpoints", "webhook"),
    ("webhooks.event", "Webhook events", "campaign"),
    ("webhooks.delivery", "Webhook deliveries", "outbox"),
    ("webhooks.attempt", "Delivery attempts", "send"),
    ("rounds.game", "Games", "casino"),
    ("rounds.round", "Rounds", "timer"),
    ("rounds.epoch", "Epochs", "lock_clock"),
    ("rounds.resultstree", "Results", "account_tree"),
    ("rounds.signingkey", "Signing keys", "vpn_key"),
    ("rounds.relay", "Beacon relays", "cell_tower"),
    ("anchors.root", "Anchored roots", "anchor"),
    ("anchors.transaction", "Chain transactions", "swap_horiz"),
    ("anchors.contract", "Contracts", "description"),
    ("anchors.alarm", "Chain alarms", "notifications_active"),
    ("reconciliation.reconciliationrun", "Reconciliations", "balance"),
    ("reconciliation.difference", "Differences", "difference"),
    ("reconciliation.dailyfile", "Daily files", "calendar_today"),
    ("reports.reportrun", "Reports", "summarize"),
    ("reports.reportschedule", "Scheduled reports", "event_repeat"),
    ("reports.revenueterm", "Revenue shares", "percent"),
    ("reports.simulationrun", "Simulation runs", "monitoring"),
    ("localization.text", "Texts", "translate"),
    ("calls.call", "Request log", "swap_calls"),
    ("audit.auditentry", "Audit log", "history"),
)
PAGES = {"configuration.change": "admin:configuration_settings"}
"""Where a table is looked at by another page than its list."""
OF_OPERATOR = (
    ("bets.betstate", "Bets", "confirmation_number"),
    ("bets.settlement", "Settlements", "task_alt"),
    ("bets.payout", "Payouts", "payments"),
    ("bets.cancellation", "Cancellations", "undo"),
    ("bets.slip", "Slips", "receipt_long"),
    ("bets.attempt", "Bets on their way", "hourglass_top"),
    ("wallet.transaction", "Transactions", "swap_horiz"),
    ("wallet.walletcall", "Wallet calls", "sync_alt"),
    ("wallet.resolution", "Dead letters", "healing"),
    ("wallet.account", "Accounts", "account_balance_wallet"),
    ("wallet.archivedday", "Archived days", "inventory_2"),
    ("players.player", "Players", "person"),
    ("players.session", "Sessions", "devices"),
    ("players.playerlimit", "Limits", "speed"),
    ("players.exclusion", "Exclusions", "do_not_disturb_on"),
    ("players.realitycheck", "Reality checks", "schedule"),
    ("bets.paytable", "Paytables", "table_chart"),
    ("flags.flag", "Flags", "flag"),
    ("banker.phase", "Banker phases", "event"),
    ("banker.numberlimit", "Banker limits", "block"),
    ("banker.member", "Banker members", "groups"),
    ("banker.slip", "Banker slips", "receipt"),
    ("banker.resultentry", "Banker numbers", "pin"),
    ("banker.settlement", "Banker settlements", "fact_check"),
    ("banker.statement", "Banker statements", "request_quote"),
    ("banker.correction", "Banker corrections", "undo"),
)
STAFF = (
    ("access.staffmember", "Staff", "badge"),
    ("access.rolenetwork", "Allowed networks", "lan"),
    ("access.staffsession", "Sessions of staff", "devices"),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the side bar, with what this member of staff may see."""
    operator = picked_operator(request)
    start = [
        {"title": "Home", "icon": "home", "link": reverse("admin:index")},
        {"title": "Needs a human", "icon": "inbox", "link": reverse("desk-inbox")},
        {"title": "Pick an operator", "icon": "swap_calls", "link": reverse("admin:operators_pick")},
    ]
    return [
        {"items": start},
        _group(request, operator.name if operator else "Operator: none picked", OF_OPERATOR),
        _group(request, "Provider", PROVIDER),
        _group(request, "Access", STAFF),
    ]


def staff_context(request: HttpRequest) -> dict[str, Any]:
    """What the templates of every page of the staff's site know beside their own."""
    operator = picked_operator(request) if request.user.is_authenticated else None
    return {
        "staff_style": static("staff/staff.css"),
        "search_script": static("desk/search.js"),
        "tenant": _bar(operator) if operator else None,
    }


def _bar(operator: Operator) -> dict[str, Any]:
    """The bar in the operator's colour, so that nobody works in the wrong books."""
    colors = brand_of(operator.primary_color)
    return {
        "name": operator.name,
        "currency": operator.currency_code,
        "active": operator.is_active,
        "color": colors.color,
        "text_color": colors.text_on_color,
        "pick": reverse("admin:operators_pick"),
    }


def _group(request: HttpRequest, title: str, tables: tuple[tuple[str, str, str], ...]) -> dict[str, Any]:
    items = [_item(label, title, icon) for label, title, icon in tables if _may_see(request, label)]
    return {"title": title, "separator": True, "items": items}


def _item(label: str, title: str, icon: str) -> dict[str, Any]:
    page = PAGES.get(label, f"admin:{label.replace('.', '_')}_changelist")
    return {"title": title, "icon": icon, "link": reverse(page)}


def _may_see(request: HttpRequest, label: str) -> bool:
    app, _, model = label.partition(".")
    return any(request.user.has_perm(f"{app}.{right}_{model}") for right in ("view", "change"))
