"""Receivers, endpoints that go when the test ends, and what must hold whatever a test has done."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from operators.models import Operator
from tests.support.database import rows
from tests.webhooks.receivers import Receiver, receiving
from webhooks import selectors
from webhooks.invariants import INVARIANTS
from webhooks.models import Endpoint
from webhooks.services import numbering
from webhooks.services.endpoints import create_endpoint, delete_endpoint

Subscribe = Callable[..., tuple[Endpoint, str]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def other_receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def clean(committed: None) -> Iterator[None]:
    """No endpoint is left for the next test, every event has its number, and every invariant holds."""
    _delete_all()
    yield
    numbering.number_events()
    broken = {one.code: offenders for one in INVARIANTS if (offenders := rows(one.violations))}
    _delete_all()
    assert broken == {}


def _delete_all() -> None:
    selectors._known.clear()
    for endpoint in Endpoint.objects.exclude(state="deleted"):
        delete_endpoint(endpoint_id=endpoint.pk, actor="test")


@pytest.fixture
def subscribe(clean: None, operator_a: Operator) -> Subscribe:
    """A new endpoint of Alpha's (or of `operator`) at an address, and its secret."""

    def make(url: str, *events: str, operator: Operator = operator_a, **more: Any) -> tuple[Endpoint, str]:
        return create_endpoint(
            operator=operator, url=url, events=events or ("bet.settled",), is_local=True, actor="test", **more
        )

    return make
