"""
A database for each worker, with two operators in it; the servers are started by tests/servers.py.

Tests that commit leave their rows behind, as in production nothing is ever deleted: each makes games and players
of its own, under names of its own.
"""

import inspect
import os
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from asgiref.sync import async_to_sync

_numbers = count(1)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Coroutine tests run on the test's own thread, so that they share its connection and tenant."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    async_to_sync(pyfuncitem.obj)(**arguments)
    return True


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """
    Once for each worker: a database with two operators of different currency, for all tests.

    Instead of pytest-django's own, which makes no database when every test of a run is `committed`.
    """
    from django.db import connections
    from django.test.utils import setup_databases

    from operators.services import OperatorTerms, create_operator
    from tests.support import staff

    staff.connect()
    with django_db_blocker.unblock():
        setup_databases(verbosity=0, interactive=False)
        for slug, currency in (("alpha", "KES"), ("beta", "XOF")):
            unit = 1 if currency == "XOF" else 100
            create_operator(
                terms=OperatorTerms(
                    slug=slug,
                    name=slug.title(),
                    currency_code=currency,
                    domain=f"{slug}.localhost",
                    min_bet=1 * unit,
                    max_bet=1_000 * unit,
                    max_win_per_ticket=10_000_000 * unit,
                )
            )
    yield
    with django_db_blocker.unblock():
        connections.close_all()  # the database goes with its server


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database without a transaction around the test: what it does is committed, seen by threads, and stays."""
    from django.db import connections

    with django_db_blocker.unblock():
        yield
        connections.close_all()


@pytest.fixture
def unique() -> Callable[[str], str]:
    """Names that no other test of this run uses: `unique("p")`."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw")
    return lambda prefix: f"{prefix}-{worker}-{next(_numbers)}"


@pytest.fixture
def operator_a() -> Any:
    """Alpha, in Kenyan shillings (two decimals). Needs `db` or `committed`."""
    from operators.selectors import get_operator

    return get_operator(slug="alpha")


@pytest.fixture
def operator_b() -> Any:
    """Beta, in CFA francs (no decimals)."""
    from operators.selectors import get_operator

    return get_operator(slug="beta")
