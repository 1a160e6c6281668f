"""Grafana's dashboards, made of a few lines each, so that their queries can be held against what is counted."""

from dataclasses import dataclass
from typing import Any

SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH, HEIGHT, COLUMNS = 8, 8, 3


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: its title, what it shows, and the unit as Grafana calls it."""

    title: str
    query: str
    unit: str = "short"
    legend: str = "__auto"
    stat: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page, for one kind of reader."""

    name: str
    title: str
    panels: tuple[Panel, ...]


def _quantile(part: float, name: str, by: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({part}, sum by ({labels}) (rate({name}_bucket[5m])))"


ROUNDS = Dashboard(
    "keno-rounds",
    "Keno: rounds and servers",
    (
        Panel("Rounds late by", "keno_round_lag_seconds", "s", stat=True),
        Panel("Draw waits", "keno_draw_lag_seconds", "s", stat=True),
        Panel("Settlement waits", "keno_settlement_lag_seconds", "s", stat=True),
        Panel("Rounds ahead", "keno_rounds_ahead_seconds", "s", stat=True),
        Panel("Record unsealed since", "keno_audit_unsealed_seconds", "s", stat=True),
        Panel("Violations of invariants", "sum(keno_invariant_violations)", stat=True),
        Panel("Rounds on their way", "keno_rounds_unfinished", legend="{{status}}"),
        Panel("Steps a second", "sum by (step) (rate(keno_round_steps_total[5m]))", "ops", "{{step}}"),
        Panel("Steps: 99 of 100 within", _quantile(0.99, "keno_round_step_seconds", "step"), "s", "{{step}}"),
        Panel("Steps that fail", "sum by (step) (increase(keno_round_step_faults_total[5m]))", legend="{{step}}"),
        Panel("Void rounds, last hour", "sum by (cause) (keno_rounds_void_hour)", legend="{{cause}}"),
        Panel("Relays silent for", "keno_beacon_silence_seconds", "s", "{{relay}}"),
        Panel("Messages that wait", "keno_queue_messages", legend="{{queue}}"),
        Panel("Tasks a second", "sum by (task, outcome) (rate(keno_tasks_total[5m]))", "ops", "{{task}} {{outcome}}"),
        Panel("Tasks: 95 of 100 within", _quantile(0.95, "keno_task_seconds", "task"), "s", "{{task}}"),
        Panel("Swept settlements", "increase(keno_swept_settlements_total[10m])"),
        Panel("Connections", "keno_database_connections", legend="{{process}}"),
        Panel("Longest transaction", "keno_database_longest_transaction_seconds", "s"),
        Panel("Transactions left", "keno_database_transactions_until_wraparound"),
        Panel("Roots wait for the chain", "keno_chain_root_age_seconds", "s"),
        Panel("Publisher's balance", "keno_chain_balance_gwei"),
        Panel("Sockets", "keno_sockets"),
        Panel("Asking all of this takes", "keno_collect_seconds", "s"),
    ),
)
OPERATORS = Dashboard(
    "keno-operators",
    "Keno: operators, bets and money",
    (
        Panel("Bets a second", "sum by (operator) (rate(keno_bets_accepted_total[5m]))", "ops", "{{operator}}"),
        Panel(
            "Turnover an hour, minor units",
            "sum by (operator, currency) (increase(keno_stakes_accepted_minor_total[1h]))",
            legend="{{operator}} {{currency}}",
        ),
        Panel("Bets settled a second", "sum by (operator) (rate(keno_settled_bets_total[5m]))", "ops", "{{operator}}"),
        Panel("Refusals a second", "sum by (code) (rate(keno_refusals_total[5m]))", "ops", "{{code}}"),
        Panel(
            "Refusals by operator",
            "sum by (operator, code) (rate(keno_refusals_total[5m]))",
            "ops",
            "{{operator}} {{code}}",
        ),
        Panel("Placements by status", "sum by (status) (rate(keno_placement_calls_total[5m]))", "ops", "{{status}}"),
        Panel("Placements: half within", _quantile(0.5, "keno_placement_seconds"), "s"),
        Panel("Placements: 99 of 100 within", _quantile(0.99, "keno_placement_seconds"), "s"),
        Panel("Slips together: half up to", _quantile(0.5, "keno_placement_flight_slips")),
        Panel("Settlement: 99 of 100 within", _quantile(0.99, "keno_settlement_seconds"), "s"),
        Panel("Wallets: 95 of 100 within", _quantile(0.95, "keno_outbound_seconds", "lane"), "s", "{{lane}}"),
        Panel(
            "Wallets without an answer",
            "sum by (lane, reason) (rate(keno_outbound_failures_total[5m]))",
            "ops",
            "{{lane}} {{reason}}",
        ),
        Panel("Breakers that are open", "max by (lane) (keno_outbound_breaker_open)", legend="{{lane}}"),
        Panel("Open calls", "keno_wallet_calls_open", legend="{{operator}} {{state}}"),
        Panel("Money in them, minor units", "keno_wallet_money_open_minor", legend="{{operator}} {{state}}"),
        Panel("Oldest of them", "keno_wallet_outbox_age_seconds", "s", "{{operator}}"),
        Panel("Webhooks: oldest event", "keno_webhook_outbox_age_seconds", "s"),
        Panel("Webhooks due", "keno_webhook_deliveries_due"),
        Panel("Webhook endpoints", "keno_webhook_endpoints", legend="{{state}}"),
        Panel("Other calls by route", "sum by (route) (rate(keno_http_requests_total[5m]))", "ops", "{{route}}"),
        Panel("Other calls: 99 of 100 within", _quantile(0.99, "keno_http_request_seconds", "route"), "s", "{{route}}"),
        Panel("Operators", "keno_operators", legend="{{status}}"),
    ),
)
ALL = (ROUNDS, OPERATORS)


def as_json(dashboard: Dashboard) -> dict[str, Any]:
    """What Grafana loads: every panel asks the data source that the reader picks."""
    return {
        "uid": dashboard.name,
        "title": dashboard.title,
        "schemaVersion": 39,
        "editable": True,
        "refresh": "15s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "label": "Data source", "type": "datasource", "query": "prometheus"}]
        },
        "panels": [_panel(place, panel) for place, panel in enumerate(dashboard.panels)],
    }


def _panel(place: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(place, COLUMNS)
    return {
        "id": place + 1,
        "title": panel.title,
        "type": "stat" if panel.stat else "timeseries",
        "datasource": SOURCE,
        "gridPos": {"x": column * WIDTH, "y": row * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [{"refId": "A", "datasource": SOURCE, "expr": panel.query, "legendFormat": panel.legend}],
    }
