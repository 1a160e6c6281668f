"""Log lines say what they are about, and never who."""

import json
import logging
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from keno_platform.core import request_ids
from keno_platform.observability import facts
from keno_platform.observability.logs import JsonLines, TextLines
from keno_platform.observability.redaction import redact
from operators.models import Operator
from operators.tenancy import tenant_context
from tests.support.web import web_process

SEED = "5f" * 32
SECRETS = {
    "an operator's key": ("key ko_Zx81kd-aP_20fkD9 was refused", "ko_Zx81kd"),
    "a provider's key": ("kp_0123456789abcdef", "kp_0123"),
    "a bearer": ("Authorization: Bearer eyJhbGciOi.J9", "eyJhbGciOi"),
    "a seed": (f"opened {SEED} for round 7", SEED),
    "a database's password": ("could not reach postgresql://keno:hunter22@db/keno", "hunter22"),
    "a password in a message": ("password=hunter22 is wrong", "hunter22"),
    "a player's token": ('{"player_token": "amina-0712"}', "amina-0712"),
    "an e-mail address": ("mail to amina.k@example.co.ke failed", "amina.k@"),
    "a webhook's secret": ("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "C2FVsBQ"),
    "a private key": ("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYD\n-----END PRIVATE KEY-----", "MC4CAQAw"),
}


def line_of(work: Any, formatter: logging.Formatter | None = None) -> str:
    """What one log call becomes."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter or JsonLines("web"))
    logger = logging.getLogger(f"keno.test.{uuid4().hex}")
    logger.addHandler(handler)
    logger.propagate = False
    work(logger)
    return stream.getvalue().rstrip("\n")


def test_a_line_is_one_json_object_with_what_it_is_about() -> None:
    with request_ids.answering("call-4711"), facts.about(operator="nyota", round_id=12), facts.about(bet_id="b-1"):
        line = json.loads(line_of(lambda log: log.warning("the round %s\nwaits", 12)))
    assert line["message"] == "the round 12\nwaits"
    assert (line["level"], line["process"]) == ("warning", "web")
    assert {name: line[name] for name in ("request_id", "operator", "round_id", "bet_id")} == {
        "request_id": "call-4711",
        "operator": "nyota",
        "round_id": "12",
        "bet_id": "b-1",
    }
    assert line["time"].endswith("+00:00")


def test_what_a_line_is_about_ends_where_the_work_ends() -> None:
    with facts.about(round_id=12):
        pass
    assert "round_id" not in json.loads(line_of(lambda log: log.info("x") or log.warning("after")))


@pytest.mark.django_db
def test_a_line_knows_the_operator_whose_schema_is_bound(operator_a: Operator) -> None:
    with tenant_context(operator_a):
        inside = json.loads(line_of(lambda log: log.warning("inside")))
    outside = json.loads(line_of(lambda log: log.warning("outside")))
    assert inside["operator"] == "alpha"
    assert "operator" not in outside


def test_facts_that_name_people_cannot_be_noted() -> None:
    with pytest.raises(ValueError, match="player"), facts.about(player="amina"):
        pass


def test_a_trace_stands_in_its_line_and_is_cleaned_too() -> None:
    def fail(log: logging.Logger) -> None:
        try:
            raise ValueError("Bearer abcdefghijkl")
        except ValueError:
            log.exception("it failed")

    line = json.loads(line_of(fail))
    assert "ValueError" in line["trace"]
    assert "abcdefghijkl" not in line["trace"]


@pytest.mark.parametrize("what", sorted(SECRETS))
def test_a_line_never_holds(what: str) -> None:
    text, secret = SECRETS[what]
    assert secret not in line_of(lambda log: log.warning("%s", text))
    assert secret not in line_of(lambda log: log.warning("%s", text), TextLines())


def test_what_an_engineer_needs_stays() -> None:
    kept = (
        "round 4711 of operator nyota was overdue; settling it now",
        f"transaction 0x{'ab' * 32} is final",
        "https://keno.example/api/v1/bets answered 503 at 2026-11-22T10:00:00Z",
        "bet 0190a000-0000-7000-8000-000000000000",
    )
    assert [redact(one) for one in kept] == list(kept)


def test_text_lines_have_the_same_facts_in_brackets() -> None:
    with facts.about(operator="nyota", round_id=12):
        line = line_of(lambda log: log.warning("late"), TextLines())
    assert line.endswith("late [operator=nyota round_id=12]")


@pytest.fixture
def lines(committed: None, tmp_path: Path) -> list[dict[str, Any]]:
    """All that a web process wrote until it had answered a request, and stopped."""
    with web_process(tmp_path, KENO_LOG_FORMAT="json", KENO_PROCESS="web-7", KENO_LOG_LEVEL="INFO"):
        pass  # it is waited for by a request
    return [json.loads(line) for line in (tmp_path / "web.log").read_text().splitlines()]


def test_every_line_of_a_web_process_is_an_object_the_servers_own_too(lines: list[dict[str, Any]]) -> None:
    assert any("startup complete" in line["message"] for line in lines if line["logger"].startswith("uvicorn"))
    assert {line["process"] for line in lines} == {"web-7"}


def test_a_web_process_writes_no_line_for_each_request(lines: list[dict[str, Any]]) -> None:
    assert "uvicorn.access" not in {line["logger"] for line in lines}
