"""Every alert can fire, is silent below its bound, names a metric that is counted, and leads to a page that ends it."""

import re
import time
from typing import Any

import pytest
import redis
import yaml
from django.conf import settings as django_settings
from django.db import connection
from prometheus_client import CollectorRegistry, generate_latest

from keno_platform.monitoring.collecting import ALL, OTHERS, StateCollector
from keno_platform.monitoring.dashboards import ALL as DASHBOARDS
from keno_platform.monitoring.dashboards import as_json
from keno_platform.observability.instruments import (
    BREAKER_OPEN,
    PLACEMENT_SECONDS,
    PLACEMENTS,
    REFUSALS,
    REGISTRY,
    STEP_FAULTS,
    SWEPT,
    TASKS,
    VIOLATIONS,
)
from tests.docs.snippets import ROOT
from tests.docs.test_documents import anchors_of
from tests.ops.promql import Moment, fires
from tests.ops.scraping import Scrape
from tests.support.rounds import Timing, commit_rounds, new_game

RULES = {
    rule["alert"]: rule
    for group in yaml.safe_load((ROOT / "ops" / "prometheus" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}
RUNBOOKS = ROOT / "docs" / "runbooks.md"
_NAME = re.compile(r"\bkeno_\w+")
_SUFFIXES = ("_total", "_bucket", "_count", "_sum")
EMPTY = Scrape("")
ILL: dict[str, tuple[str, ...]] = {
    "KenoRoundsLate": ("keno_round_lag_seconds 16",),
    "KenoDrawsWait": ("keno_draw_lag_seconds 21",),
    "KenoSettlementLate": ("keno_settlement_lag_seconds 31",),
    "KenoRoundsRunOut": ("keno_rounds_ahead_seconds 90",),
    "KenoRoundsVoid": ('keno_rounds_void_hour{cause="2"} 1',),
    "KenoSweeperBusy": ("keno_swept_settlements_total 21",),
    "KenoRoundStepFails": ('keno_round_step_faults_total{step="draw_due"} 6',),
    "KenoBeaconSilent": ('keno_beacon_silence_seconds{relay="a"} 300', 'keno_beacon_silence_seconds{relay="b"} 121'),
    "KenoPlacementSlow": (
        'keno_placement_seconds_bucket{le="0.5"} 90',
        'keno_placement_seconds_bucket{le="1.0"} 100',
        'keno_placement_seconds_bucket{le="+Inf"} 100',
    ),
    "KenoPlacementFails": (
        'keno_placement_calls_total{status="201"} 97',
        'keno_placement_calls_total{status="503"} 3',
    ),
    "KenoRefusedByUs": ('keno_refusals_total{code="maintenance",operator="nyota"} 60',),
    "KenoWalletBehind": ('keno_wallet_outbox_age_seconds{operator="nyota"} 301',),
    "KenoMoneyInDoubt": ('keno_wallet_calls_open{operator="nyota",state="in_doubt"} 21',),
    "KenoDeadLetter": ('keno_wallet_calls_open{operator="nyota",state="dead"} 1',),
    "KenoBreakerOpen": ('keno_outbound_breaker_open{lane="op_nyota"} 1',),
    "KenoInvariantBroken": ('keno_invariant_violations{invariant="I8-owed"} 1',),
    "KenoInvariantsUnchecked": ("keno_invariants_checked_timestamp_seconds 1000",),
    "KenoWebhooksLate": ("keno_webhook_outbox_age_seconds 61",),
    "KenoWebhookEndpointDisabled": ('keno_webhook_endpoints{state="disabled"} 1',),
    "KenoQueueLong": ('keno_queue_messages{queue="settlement"} 501',),
    "KenoTasksFail": ('keno_tasks_total{task="audit.seal",outcome="failure"} 6',),
    "KenoChainAlarm": ('keno_chain_alarm{code="chain_unreachable"} 1',),
    "KenoRootsWait": ("keno_chain_root_age_seconds 1801",),
    "KenoRecordUnsealed": ("keno_audit_unsealed_seconds 61",),
    "KenoDatabaseDown": ("keno_database_up 0",),
    "KenoBrokerDown": ("keno_broker_up 0",),
    "KenoMetricsMissing": ("keno_sockets 1",),
    "KenoGaugeFailed": ('keno_gauge_failed{gauge="keno_operators"} 1',),
    "KenoConnectionsScarce": (
        'keno_database_connections{process="web"} 160',
        'keno_database_connections{process="door"} 15',
        "keno_database_connections_max 200",
    ),
    "KenoTransactionOpen": ("keno_database_longest_transaction_seconds 301",),
    "KenoWraparoundNear": ("keno_database_transactions_until_wraparound 499999999",),
}
"""For each alert what a scrape says when it must fire."""


def named_in(expression: str) -> set[str]:
    return {_without_suffix(name) for name in _NAME.findall(expression)}


def _without_suffix(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.removesuffix(suffix) in counted():
            return name.removesuffix(suffix)
    return name


def counted() -> set[str]:
    own = {family.name for family in REGISTRY.collect()}
    return own | {gauge.name for gauge in ALL} | set(OTHERS)


def state() -> Scrape:
    registry = CollectorRegistry()
    registry.register(StateCollector(kept_s=0))
    return Scrape(generate_latest(registry).decode())


def own() -> Scrape:
    return Scrape(generate_latest(REGISTRY).decode())


def firing(name: str, *scrapes: Scrape, seconds: float = 60) -> list[dict[str, str]]:
    return fires(RULES[name]["expr"], Moment(scrapes, seconds=seconds, now=time.time()))


@pytest.mark.parametrize("name", sorted(RULES))
def test_the_alert_names_metrics_that_are_counted(name: str) -> None:
    named = named_in(RULES[name]["expr"])
    assert named
    assert named <= counted()


@pytest.mark.parametrize("name", sorted(RULES))
def test_the_alert_says_who_is_woken_and_where_it_is_ended(name: str) -> None:
    rule = RULES[name]
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert page == "docs/runbooks.md"
    assert anchor in anchors_of(RUNBOOKS)
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]


def test_every_runbook_is_that_of_an_alert() -> None:
    led_to = {rule["annotations"]["runbook"].partition("#")[2] for rule in RULES.values()}
    headings = re.findall(r"^### (.+)$", RUNBOOKS.read_text(encoding="utf-8"), re.M)
    assert {heading.lower().replace(" ", "-") for heading in headings} == led_to


def test_every_alert_has_a_scrape_that_makes_it_fire() -> None:
    assert set(ILL) == set(RULES)


@pytest.mark.parametrize("name", sorted(ILL))
def test_the_alert_fires_when_a_scrape_says_so(name: str) -> None:
    assert firing(name, EMPTY, Scrape("\n".join(ILL[name]) + "\n"))


@pytest.mark.parametrize("name", sorted(ILL))
def test_the_alert_is_silent_just_below_its_bound(name: str) -> None:
    """The same scrape with the last number a little better: what was beyond the bound is on it."""
    if name in ("KenoMetricsMissing", "KenoInvariantsUnchecked"):
        well = {"KenoMetricsMissing": "keno_database_up 1"}.get(
            name, f"keno_invariants_checked_timestamp_seconds {time.time()}"
        )
        assert firing(name, EMPTY, Scrape(f"{well}\n")) == []
        return
    assert firing(name, EMPTY, Scrape("\n".join(_better(line) for line in ILL[name]) + "\n")) == []


def _better(line: str) -> str:
    """What is counted up to is less; what must not fall, or must be up, is more."""
    head, _, number = line.rpartition(" ")
    if head.startswith(("keno_database_up", "keno_broker_up")):
        return f"{head} 1"
    if head.startswith(("keno_rounds_ahead", "keno_database_transactions_until", "keno_database_connections_max")):
        return f"{head} {float(number) * 2}"
    if 'le="0.5"' in head or 'status="201"' in head:
        return f"{head} {100 if 'le' in head else float(number) * 3}"
    return f"{head} {float(number) - 1 if float(number) < 30 else float(number) / 2}"


def _backdate(table: str, change: str, where: str, parameter: object) -> None:
    """Write past the triggers, in a transaction that is taken back: hours cannot be waited for in a test."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE public.{table} DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE public.{table} SET {change} WHERE {where} = %s", [parameter])
        assert cursor.rowcount
        cursor.execute(f"ALTER TABLE public.{table} ENABLE TRIGGER USER")


@pytest.mark.django_db
class TestWhatIsReallyWrong:
    """The alert fires on what the database, the broker or the process say when that has happened."""

    def test_a_round_that_nobody_closes(self) -> None:
        [one] = commit_rounds(new_game(), timing=Timing(betting=600))
        before = firing("KenoRoundsLate", state())
        _backdate("rounds_epoch", "committed_at = committed_at - interval '1 hour'", "id", one.epoch_id)
        _backdate(
            "rounds_round",
            "status = 'open', opens_at = opens_at - interval '1 hour', closes_at = closes_at - interval '1 hour',"
            " created_at = created_at - interval '1 hour'",
            "id",
            one.pk,
        )
        assert before == []
        assert firing("KenoRoundsLate", state())

    def test_an_entry_of_the_record_that_nobody_seals(self) -> None:
        from audit import services as audit

        audit.record("test.happened", description="something", actor="test")
        earlier = "created_at = created_at - interval '5 minutes'"
        _backdate("audit_auditentry", earlier, "event_type", "test.happened")
        assert firing("KenoRecordUnsealed", state())

    def test_an_alarm_of_the_chain(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO public.anchors_alarm (code, detail, began_at)"
                " VALUES ('chain_unreachable', '', clock_timestamp())"
            )
        [fired] = firing("KenoChainAlarm", state())
        assert fired["code"] == "chain_unreachable"

    def test_relays_that_have_all_fallen_silent(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM public.rounds_relay")
            cursor.execute(
                "INSERT INTO public.rounds_relay (url, answered_at, refusal, detail) VALUES"
                " ('https://a.example', clock_timestamp() - interval '3 minutes', '', ''),"
                " ('https://b.example', clock_timestamp() - interval '4 minutes', '', '')"
            )
        assert firing("KenoBeaconSilent", state())

    def test_a_broker_that_does_not_answer(self, settings: Any) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        scrape = state()
        assert firing("KenoBrokerDown", scrape)
        assert firing("KenoDatabaseDown", scrape) == []

    def test_a_queue_that_nobody_serves(self) -> None:
        broker = redis.Redis.from_url(django_settings.REDIS_URL)
        broker.lpush("webhooks", *(["x"] * 501))
        try:
            [fired] = firing("KenoQueueLong", state())
        finally:
            broker.ltrim("webhooks", 501, -1)
            broker.close()
        assert fired == {"queue": "webhooks"}

    def test_what_a_process_has_counted(self) -> None:
        before = own()
        SWEPT.inc(21)
        for _ in range(6):
            STEP_FAULTS.labels("draw_due").inc()
            TASKS.labels("audit.seal", "failure").inc()
        REFUSALS.labels("maintenance", "nyota").inc(60)
        PLACEMENTS.labels("503").inc(50)
        for _ in range(50):
            PLACEMENT_SECONDS.observe(0.9)
        BREAKER_OPEN.labels("op_test").set(1)
        VIOLATIONS.labels("I0-test").set(1)
        after = own()
        BREAKER_OPEN.remove("op_test")
        VIOLATIONS.remove("I0-test")
        names = (
            *("KenoSweeperBusy", "KenoRoundStepFails", "KenoTasksFail", "KenoRefusedByUs", "KenoPlacementFails"),
            *("KenoPlacementSlow", "KenoBreakerOpen", "KenoInvariantBroken"),
        )
        assert [name for name in names if not firing(name, before, after)] == []
        assert [name for name in names if firing(name, after, own())] == []


def test_while_nothing_more_goes_wrong_no_growth_is_an_alert() -> None:
    counts = own()
    growths = [name for name, rule in RULES.items() if "increase(" in rule["expr"] or "rate(" in rule["expr"]]
    assert len(growths) == 6
    assert [name for name in growths if firing(name, counts, counts)] == []


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one.name)
def test_every_panel_of_a_dashboard_asks_for_what_is_counted(dashboard: Any) -> None:
    wrong = [
        panel.title for panel in dashboard.panels if not named_in(panel.query) or named_in(panel.query) - counted()
    ]
    assert wrong == []
    assert len({panel.title for panel in dashboard.panels}) == len(dashboard.panels)


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one.name)
def test_the_dashboards_that_are_shipped_are_those_that_the_code_makes(dashboard: Any) -> None:
    import json

    shipped = ROOT / "ops" / "grafana" / "dashboards" / f"{dashboard.name}.json"
    assert json.loads(shipped.read_text()) == as_json(dashboard), "run `manage.py write_dashboards`"


def test_every_metric_that_the_page_of_observability_names_is_counted() -> None:
    named = named_in((ROOT / "docs" / "observability.md").read_text(encoding="utf-8")) - {"keno_platform"}
    assert len(named) > 20
    assert named <= counted()
