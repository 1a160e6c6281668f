"""What is counted, by all processes together, and who may read it."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bets.services.settlement import settle_round
from keno_platform.core.gauges import Gauge
from keno_platform.local import children, ports
from keno_platform.monitoring.collecting import ALL, OTHERS, StateCollector
from keno_platform.observability.instruments import REGISTRY
from operators.models import Operator
from rounds.models import RoundStatus
from tests.docs.snippets import ROOT
from tests.ops.scraping import Scrape
from tests.support.bets import backend, bet_body, new_player, place
from tests.support.door import open_door
from tests.support.fixtures import listening, standing_game, standing_rounds
from tests.support.rounds import Timing, commit_rounds, drive, new_game, open_round

__all__ = ["listening", "standing_game", "standing_rounds"]
TOKEN = "t" * 40
OPERATORS = next(one for one in ALL if one.name == "keno_operators")


def counted() -> Scrape:
    """What this process has counted so far."""
    return Scrape(generate_latest(REGISTRY).decode())


def state(gauges: Sequence[Gauge] = ALL) -> Scrape:
    """What the database and the broker say now."""
    registry = CollectorRegistry()
    registry.register(StateCollector(kept_s=0, gauges=gauges))
    return Scrape(generate_latest(registry).decode())


def test_an_accepted_bet_is_counted_with_its_stake_and_a_refused_one_with_its_code(
    committed: None, operator_a: Operator
) -> None:
    one = open_round(new_game(), timing=Timing(betting=30))
    player = new_player(operator_a, money=10_000)
    caller = backend(operator_a)
    before = counted()
    with open_door() as door:
        body = bet_body(operator_a, player, round_id=one.pk)
        assert door.post(caller.secret, body).status_code == 201
        assert door.post(caller.secret, body | {"stake": "999999.00"}).status_code == 422
        assert door.post("ko_nobody", body).status_code == 401
    after = counted()
    grown = {name: after.value(name, **labels) - before.value(name, **labels) for name, labels in _WATCHED.items()}
    assert grown == {
        "keno_bets_accepted_total": 1,
        "keno_stakes_accepted_minor_total": 1_000,
        "keno_placement_seconds_count": 3,
        "keno_placement_flight_slips_sum": 1,
    }
    assert after.value("keno_placement_calls_total", status="401") > before.value(
        "keno_placement_calls_total", status="401"
    )
    assert (
        after.total("keno_refusals_total", operator="alpha")
        == before.total("keno_refusals_total", operator="alpha") + 1
    )


_WATCHED: dict[str, dict[str, str]] = {
    "keno_bets_accepted_total": {"operator": "alpha"},
    "keno_stakes_accepted_minor_total": {"operator": "alpha", "currency": "KES"},
    "keno_placement_seconds_count": {},
    "keno_placement_flight_slips_sum": {},
}


def test_a_settlement_is_counted_once_however_often_it_is_asked_for(committed: None, operator_a: Operator) -> None:
    [one] = commit_rounds(new_game(), timing=Timing(betting=1.5))
    drive([one], RoundStatus.OPEN)
    place(operator_a, new_player(operator_a, money=10_000), round_id=one.pk)
    before = counted()
    drive([one], RoundStatus.REVEALED)
    settle_round(operator_id=operator_a.pk, round_id=one.pk)
    after = counted()
    for name in ("keno_settlements_total", "keno_settled_bets_total"):
        assert after.value(name, operator="alpha") - before.value(name, operator="alpha") == 1


@pytest.mark.django_db
def test_other_calls_are_counted_by_route_and_what_strangers_make_up_is_one_route() -> None:
    before = counted()
    client = Client()
    for path in ("/health/live", "/health/live", "/made-up-by-a-stranger", "/another"):
        client.get(path)
    after = counted()
    assert after.total("keno_http_requests_total", route="health/live") == 2 + before.total(
        "keno_http_requests_total", route="health/live"
    )
    assert after.total("keno_http_requests_total", route="unknown") == 2 + before.total(
        "keno_http_requests_total", route="unknown"
    )
    assert not [labels for labels in after.labels("keno_http_requests_total") if "made-up" in labels["route"]]


_CHILD = """
import django, os, signal, sys
django.setup()
from keno_platform.observability.instruments import BETS, SOCKETS
BETS.labels("nyota").inc(int(sys.argv[1]))
SOCKETS.inc(3)
print("counted", flush=True)
sys.stdin.read() if sys.argv[2] == "stay" else os.kill(os.getpid(), signal.SIGKILL)
"""


def test_counts_of_all_processes_are_one_and_those_of_a_killed_one_are_kept(tmp_path: Path) -> None:
    environment = os.environ | {
        "KENO_METRICS_DIR": str(tmp_path / "metrics"),
        "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
    }
    children_ = [
        subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(count), how],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for count, how in ((5, "stay"), (7, "die"))
    ]
    try:
        for child in children_:
            assert child.stdout is not None
            assert child.stdout.readline() == b"counted\n"
        children_[1].wait(20)
        read = (
            "import django; django.setup()\n"
            "from keno_platform.observability.registry import exposition\n"
            "print(exposition().decode())"
        )
        shown = subprocess.run(
            [sys.executable, "-c", read], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
    finally:
        for child in children_:
            child.communicate()
    scrape = Scrape(shown.stdout)
    assert scrape.value("keno_bets_accepted_total", operator="nyota") == 12
    assert scrape.value("keno_sockets") == 3, "what a dead process said of the present is forgotten"


@pytest.mark.django_db
class TestTheGuardedAddress:
    def test_it_is_unknown_as_long_as_no_token_is_set(self, settings: Any) -> None:
        settings.METRICS_TOKEN = ""
        assert Client().get("/metrics").status_code == 404
        assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404

    def test_it_tells_nothing_to_who_has_not_the_token(self, settings: Any) -> None:
        settings.METRICS_TOKEN = TOKEN
        for shown in ("", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}"):
            answer = Client().get("/metrics", headers={"Authorization": shown})
            assert answer.status_code == 401
            assert b"keno_" not in answer.content

    def test_it_tells_everything_to_who_has_it(self, settings: Any) -> None:
        settings.METRICS_TOKEN = TOKEN
        answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        scrape = Scrape(answer.content.decode())
        assert scrape.value("keno_database_up") == 1
        assert scrape.value("keno_operators", status="active") >= 2

    def test_nothing_can_be_posted_to_it(self, settings: Any) -> None:
        settings.METRICS_TOKEN = TOKEN
        assert Client().post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405


@pytest.mark.django_db
def test_every_gauge_is_answered_and_none_fails() -> None:
    scrape = state()
    assert scrape.labels("keno_gauge_failed") == []
    told = scrape.families()
    assert {gauge.name for gauge in ALL} <= told
    assert told <= {gauge.name for gauge in ALL} | set(OTHERS)


def test_a_gauge_that_cannot_be_asked_is_named_and_hides_no_other(committed: None) -> None:
    broken = replace(ALL[0], query="SELECT no_such_column FROM public.rounds_round")
    scrape = state(gauges=(broken, OPERATORS))
    assert [labels["gauge"] for labels in scrape.labels("keno_gauge_failed")] == [broken.name]
    assert scrape.value("keno_operators", status="active") >= 2


@pytest.mark.django_db
def test_no_gauge_reads_a_whole_table_however_large() -> None:
    """With sequential scans out of reach, every big table is found by an index: the plan says so."""
    big = ("rounds_round", "wallet_walletcall", "webhooks_event", "audit_auditentry", "rounds_participation")
    scanned = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for gauge in ALL:
            query = gauge.query.format(schema="op_alpha") if "{schema}" in gauge.query else gauge.query
            cursor.execute(f"EXPLAIN {query}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            scanned += [(gauge.name, table) for table in big if f"Seq Scan on {table}" in plan]
    assert scanned == []


@pytest.mark.django_db
def test_scrapes_that_come_close_together_ask_the_database_once() -> None:
    collector = StateCollector(kept_s=60)
    with CaptureQueriesContext(connection) as first:
        told = list(collector.collect())
    with CaptureQueriesContext(connection) as later:
        assert [list(collector.collect()) == told for _ in range(3)] == [True] * 3
    assert len(first) > len(ALL)
    assert len(later) == 0


def test_the_port_of_its_own_serves_metrics_and_nothing_else(committed: None, tmp_path: Path) -> None:
    port = ports.find_free()
    environment = os.environ | {
        "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}",
        "KENO_METRICS_DIR": str(tmp_path / "metrics"),
        "KENO_METRICS_LISTEN": f"127.0.0.1:{port}",
    }
    with (tmp_path / "log").open("wb") as log:
        process = children.start(
            [sys.executable, "manage.py", "serve_metrics"], output=log, environment=environment, directory=ROOT
        )
        try:
            children.wait_until(
                lambda: not ports.is_free(port),
                what="serve_metrics",
                alive=lambda: process.poll() is None,
                log=tmp_path / "log",
            )
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
                scrape = Scrape(answer.read().decode())
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/admin/", timeout=30)
            refused.value.close()
        finally:
            children.stop(process)
    assert refused.value.code == 404
    assert scrape.value("keno_database_up") == 1
    assert process.returncode == 0


def test_every_name_and_label_is_of_a_kind_that_names_nobody() -> None:
    known = {"operator", "currency", "code", "status", "method", "route", "lane", "reason", "step", "task", "outcome"}
    known |= {"invariant", "le", "queue", "gauge", "state", "cause", "relay", "process"}
    families = [*text_string_to_metric_families(generate_latest(REGISTRY).decode())]
    labels = {label for family in families for sample in family.samples for label in sample.labels}
    labels |= {label for gauge in ALL for label in gauge.labels}
    assert labels <= known
    assert all(family.name.startswith("keno_") for family in families)
    assert all(gauge.meaning.endswith(".") for gauge in ALL)
