"""The banker's calls, as an operator's backend makes them."""

import json
from typing import Any

import pytest
from django.test import Client

from operators.services import issue_key

pytestmark = pytest.mark.django_db
PHASES = "/api/v1/banker/phases"
ASK = {"name": "Feb-01", "starts_at": "2030-02-01T00:00:00Z", "ends_at": "2030-02-02T00:00:00+03:00"}


class Backend:
    """An operator's backend with its key."""

    def __init__(self, operator: Any) -> None:
        _, secret = issue_key(operator=operator, label="tests", actor="tests")
        self.headers = {"Authorization": f"Bearer {secret}"}

    def call(self, method: str, address: str, body: Any = None) -> tuple[int, Any]:
        response = Client().generic(
            method,
            address,
            data=b"" if body is None else json.dumps(body),
            content_type="application/json",
            headers=self.headers,
        )
        return response.status_code, response.json()


@pytest.fixture
def backend_a(operator_a: Any) -> Backend:
    return Backend(operator_a)


@pytest.fixture
def backend_b(operator_b: Any) -> Backend:
    return Backend(operator_b)


def test_a_phase_from_its_creation_to_its_close(backend_a: Backend) -> None:
    status, phase = backend_a.call("POST", PHASES, ASK | {"global_limit": "1000.50", "multiplier": 70})
    assert status == 201
    own = f"{PHASES}/{phase['phase_id']}"
    created_at = phase.pop("created_at")
    assert phase == {
        "phase_id": phase["phase_id"],
        "name": "Feb-01",
        "status": "draft",
        "starts_at": "2030-02-01T00:00:00.000Z",
        "ends_at": "2030-02-01T21:00:00.000Z",
        "global_limit": "1000.50",
        "currency": "KES",
        "multiplier": 70,
        "tod_multiplier": 0,
        "neighbour_multiplier": 0,
        "cancellation": True,
        "winning_number": None,
    }
    assert backend_a.call("PUT", f"{own}/limits/123", {"max_amount": "10"}) == (
        200,
        {"number": "123", "max_amount": "10.00"},
    )
    assert backend_a.call("GET", f"{own}/limits") == (
        200,
        {
            "phase_id": phase["phase_id"],
            "currency": "KES",
            "global_limit": "1000.50",
            "numbers": [{"number": "123", "max_amount": "10.00"}],
        },
    )
    assert backend_a.call("POST", f"{own}/open")[1]["status"] == "open"
    assert backend_a.call("POST", f"{own}/close")[1]["status"] == "closed"
    shown = phase | {"status": "closed", "created_at": created_at}
    assert backend_a.call("GET", own) == (200, shown)
    assert backend_a.call("GET", PHASES)[1]["results"] == [shown]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "parameter_invalid"),
        (ASK | {"unknown": 1}, 422, "parameter_invalid"),
        (ASK | {"multiplier": "80"}, 422, "parameter_invalid"),
        (ASK | {"global_limit": 1000}, 422, "parameter_invalid"),
        (ASK | {"global_limit": "1e3"}, 422, "amount_invalid"),
        (ASK | {"global_limit": "1.001"}, 422, "currency_exponent"),
        (ASK | {"global_limit": "0"}, 422, "phase_invalid"),
        (ASK | {"starts_at": "tomorrow"}, 400, "malformed_request"),
        (ASK | {"starts_at": "2030-02-01T00:00:00"}, 400, "malformed_request"),
        (ASK | {"starts_at": "0001-01-01T00:00:00+14:00"}, 400, "malformed_request"),
        (ASK | {"ends_at": "9999-12-31T23:59:59-14:00"}, 400, "malformed_request"),
    ],
)
def test_a_body_that_cannot_become_a_phase_is_refused_with_its_code(
    backend_a: Backend, body: Any, status: int, code: str
) -> None:
    answer = backend_a.call("POST", PHASES, body)
    assert (answer[0], answer[1]["code"]) == (status, code)
    assert backend_a.call("GET", PHASES)[1]["results"] == []


def test_an_operator_neither_sees_nor_changes_anothers_phase(backend_a: Backend, backend_b: Backend) -> None:
    _, phase = backend_a.call("POST", PHASES, ASK)
    own = f"{PHASES}/{phase['phase_id']}"
    assert backend_b.call("GET", PHASES)[1]["results"] == []
    for method, address, body in [
        ("GET", own, None),
        ("POST", f"{own}/open", None),
        ("POST", f"{own}/close", None),
        ("GET", f"{own}/limits", None),
        ("PUT", f"{own}/limits/123", {"max_amount": "10"}),
    ]:
        status, problem = backend_b.call(method, address, body)
        assert (status, problem["code"]) == (404, "phase_not_found"), address
    assert backend_a.call("GET", own)[1]["status"] == "draft"


def test_a_call_without_a_key_is_refused() -> None:
    assert Client().get(PHASES).json()["code"] == "unauthenticated"
