"""What stands around every page of the staff's site: the way through it, and whose tables these are."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from operators.middleware import picked_operator
from operators.models import Operator
from play.colors import brand_of

PROVIDER = (
    ("operators.operator", "Operators", "domain"),
    ("operators.apikey", "API keys", "key"),
    ("operators.jurisdiction", "Jurisdictions", "gavel"),
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
    ("reports.simulationrun", "Simulation runs", "monitoring"),
    ("localization.text", "Texts", "translate"),
    ("audit.auditentry", "Audit log", "history"),
)
OF_OPERATOR = (
    ("bets.betstate", "Bets", "confirmation_number"),
    ("bets.settlement", "Settlements", "task_alt"),
    ("bets.payout", "Payouts", "payments"),
    ("bets.cancellation", "Cancellations", "undo"),
    ("bets.slip", "Slips", "receipt_long"),
    ("wallet.transaction", "Transactions", "swap_horiz"),
    ("wallet.account", "Accounts", "account_balance_wallet"),
    ("players.player", "Players", "person"),
    ("players.session", "Sessions", "devices"),
    ("bets.paytable", "Paytables", "table_chart"),
    ("banker.phase", "Banker phases", "event"),
    ("banker.numberlimit", "Banker limits", "block"),
)
STAFF = (("auth.user", "Staff", "badge"), ("auth.group", "Groups", "group"))


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the side bar, with what this member of staff may see."""
    operator = picked_operator(request)
    start = [
        {"title": "Home", "icon": "home", "link": reverse("admin:index")},
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
    return {"staff_style": static("staff/staff.css"), "tenant": _bar(operator) if operator else None}


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
    return {"title": title, "icon": icon, "link": reverse(f"admin:{label.replace('.', '_')}_changelist")}


def _may_see(request: HttpRequest, label: str) -> bool:
    app, _, model = label.partition(".")
    return any(request.user.has_perm(f"{app}.{right}_{model}") for right in ("view", "change"))
