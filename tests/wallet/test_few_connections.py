"""Who asks an operator's wallet gives its connection back meanwhile: few of them are enough for many who ask."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from operators.models import Operator
from operators.services import OperatorTerms, connect_wallet, create_operator
from operators.tenancy import tenant_context
from players.services import ensure_players
from tests.support.seamless import Sandbox, free_port
from tests.support.web import web_process

pytestmark = pytest.mark.usefixtures("committed")
CONNECTIONS, PLAYERS, AT_ONCE = 2, 24, 12
PATIENCE_S = 12.0
"""Below the fifteen seconds for which a connection is waited for before a call is given up."""


@pytest.fixture
def wallet() -> Iterator[Sandbox]:
    sandbox = Sandbox(free_port(), "--unsigned")
    sandbox.start()
    try:
        yield sandbox
    finally:
        sandbox.stop()


@pytest.fixture
def seamless(wallet: Sandbox) -> tuple[Operator, str]:
    """An operator whose wallet's calls are signed under our own key, which a new process has yet to read."""
    terms = OperatorTerms(
        slug="few",
        name="Few",
        currency_code="KES",
        domain="few.localhost",
        min_bet=100,
        max_bet=100_000,
        max_win_per_ticket=10**9,
    )
    operator, key = create_operator(terms=terms)
    connect_wallet(operator=operator, url=wallet.url, is_local=True, actor="test")
    operator.refresh_from_db()
    return operator, key


def test_more_players_ask_for_their_balances_than_a_new_process_has_connections(
    tmp_path: Path, seamless: tuple[Operator, str]
) -> None:
    operator, key = seamless
    tokens = [f"p-{number}" for number in range(PLAYERS)]
    with tenant_context(operator):
        ensure_players(operator=operator, tokens=tokens)
    headers = {"Authorization": f"Bearer {key}"}
    with (
        web_process(tmp_path, KENO_DB_POOL_SIZE=str(CONNECTIONS)) as web,
        closing(httpx.Client(base_url=f"{web.address}/api/v1", headers=headers, timeout=PATIENCE_S)) as client,
        ThreadPoolExecutor(AT_ONCE) as threads,
    ):
        answers = list(threads.map(lambda token: client.get(f"wallet/accounts/{token}"), tokens))
    assert {(one.status_code, one.json().get("balance")) for one in answers} == {(200, "10000.00")}
