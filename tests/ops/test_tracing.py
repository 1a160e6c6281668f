"""One trace from the call to the operator's wallet; and nothing at all while traces are off."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from keno_platform import outbound
from keno_platform.observability import tracing
from keno_platform.observability.tasks import begin, end, hand_on
from keno_platform.outbound import CallFailed, Target
from tests.support.bets import backend, bet_body
from tests.support.door import open_door
from tests.support.rounds import Timing, new_game, open_round
from tests.support.seamless import Sandbox, free_port, new_player, new_seamless_operator

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Receiver:
    """A stranger's server that keeps the headers it was sent."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        kept = self.headers

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.append({name.lower(): value for name, value in self.headers.items()})
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.stop()


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.start_with(exporter, percent=100, process="test")
    yield exporter
    tracing.stop()


def finished(exporter: InMemorySpanExporter) -> dict[str, Any]:
    assert tracing._provider is not None
    tracing._provider.force_flush()
    return {one.name: one for one in exporter.get_finished_spans()}


async def _post(url: str) -> None:
    try:
        await outbound.caller().post(
            Target(url=url, local=True), "/debit", b"{}", headers={}, deadline_s=5, lane="op_x", lane_max=9
        )
    finally:
        await outbound.close()


def test_the_operators_wallet_is_told_our_trace_and_we_take_up_the_callers(
    spans: InMemorySpanExporter, receiver: Receiver
) -> None:
    with tracing.span("POST /api/v1/bets", carrier={"traceparent": PARENT}, kind="server"):
        asyncio.run(_post(receiver.url))
    [told] = receiver.headers
    made = finished(spans)
    assert told["traceparent"].split("-")[1] == PARENT.split("-")[1]
    assert told["traceparent"].split("-")[2] == f"{made['POST /debit'].context.span_id:016x}"
    assert made["POST /debit"].parent.span_id == made["POST /api/v1/bets"].context.span_id
    assert made["POST /api/v1/bets"].parent.span_id == int(PARENT.split("-")[2], 16)


def test_a_bet_on_a_seamless_wallet_is_one_trace_from_the_call_to_the_debit(
    committed: None, spans: InMemorySpanExporter, unique: Callable[[str], str]
) -> None:
    port = free_port()
    operator, secret = new_seamless_operator(unique("traced"), url=f"http://127.0.0.1:{port}")
    wallet = Sandbox(port, "--hmac-secret", secret)
    wallet.start()
    try:
        one = open_round(new_game(), timing=Timing(betting=30))
        player = new_player(operator)
        with open_door() as door:
            body = bet_body(operator, player, round_id=one.pk)
            answer = door.post(backend(operator).secret, body, traceparent=PARENT)
    finally:
        wallet.stop()
    made = finished(spans)
    assert answer.status_code == 201, answer.text
    server, asked, sent = made["POST /api/v1/bets"], made["wallet/debit"], made["POST /debit"]
    assert {one.context.trace_id for one in (server, asked, sent)} == {int(PARENT.split("-")[1], 16)}
    assert asked.parent.span_id == server.context.span_id
    assert sent.parent.span_id == asked.context.span_id
    assert server.attributes["keno.operator"] == operator.slug
    assert asked.attributes["keno.bet_id"] == answer.json()["id"]
    assert asked.attributes["keno.outcome"] == "ok"
    assert player.token not in str([one.to_json() for one in made.values()])


def test_a_task_goes_on_with_the_trace_of_the_call_that_sent_it(spans: InMemorySpanExporter) -> None:
    headers: dict[str, Any] = {}
    with tracing.span("POST /api/v1/bets", kind="server"):
        hand_on(headers=headers)

    class Task:
        name = "bets.settle_rounds"
        request = type("Request", (), {"headers": headers})()

    begin(task_id="one", task=Task)
    end(task_id="one", task=Task, state="SUCCESS")
    made = finished(spans)
    assert made["task bets.settle_rounds"].parent.span_id == made["POST /api/v1/bets"].context.span_id


def test_a_call_that_fails_is_a_span_that_has_failed(spans: InMemorySpanExporter) -> None:
    with pytest.raises(CallFailed):
        asyncio.run(_post("http://127.0.0.1:1"))
    assert not finished(spans)["POST /debit"].status.is_ok


def test_where_traces_are_off_nobody_is_told_of_one_and_no_tracer_is_loaded(receiver: Receiver) -> None:
    asyncio.run(_post(receiver.url))
    assert "traceparent" not in receiver.headers[0]
    loaded = (
        "import sys, django; django.setup(); import keno_platform.asgi;"
        "print([one for one in sys.modules if one.startswith('opentelemetry.sdk.trace')])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True, env=_environment()
    )
    assert shown.stdout.strip() == "[]"


def _environment() -> dict[str, str]:
    import os

    return os.environ | {"DJANGO_SETTINGS_MODULE": "keno_platform.settings"}


def test_only_so_many_in_a_hundred_are_traced() -> None:
    exporter = InMemorySpanExporter()
    tracing.start_with(exporter, percent=0, process="test")
    try:
        with tracing.span("POST /api/v1/bets", kind="server"):
            pass
        assert finished(exporter) == {}
    finally:
        tracing.stop()
