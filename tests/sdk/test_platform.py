"""The clients against the platform itself: what they send is taken, and what comes back has the types they promise."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from keno_operator import AsyncKenoClient, KenoClient, KenoError, Retries
from keno_operator.types import BetAsk, GameOutput

from operators.models import Operator
from rounds.models import Round
from tests.sdk.conftest import OverWsgi
from tests.support.bets import backend
from tests.support.fixtures import standing_game, standing_rounds

__all__ = ["standing_game", "standing_rounds"]
BASE = "http://localhost"


@pytest.fixture
def keno(platform: httpx.WSGITransport, operator_a: Operator) -> Iterator[KenoClient]:
    with KenoClient(BASE, backend(operator_a).secret, transport=platform) as one:
        yield one


@pytest.fixture
def player() -> str:
    return f"p-{uuid4().hex[:12]}"


def test_money_and_bets_from_a_deposit_to_a_cancelled_bet(
    keno: KenoClient, player: str, standing_rounds: list[Round]
) -> None:
    given = keno.deposit(player_token=player, amount="100.00", currency="KES", idempotency_key=f"in-{player}")
    again = keno.deposit(player_token=player, amount="100.00", currency="KES", idempotency_key=f"in-{player}")
    assert given == again
    game = standing_rounds[0].game.code
    bet = keno.place_bet(game=game, player_token=player, picks=[5, 17], stake="10.00", currency="KES")
    assert (bet.status, bet.stake, keno.read_account(player).balance) == ("pending", "10.00", "90.00")
    assert keno.read_bet(bet.id, sign_receipt=True).receipt_signature
    assert keno.cancel_bet(bet.id).status == "rolled_back"
    kinds = [row.kind for row in keno.iter_transactions(player_token=player, limit=1)]
    assert kinds == ["refund", "stake", "deposit"]
    out = keno.withdraw(player_token=player, amount="100.00", currency="KES")
    assert out.balance_after == "0.00"


def test_a_batch_takes_bets_as_objects(keno: KenoClient, player: str, standing_rounds: list[Round]) -> None:
    game = standing_rounds[0].game.code
    keno.deposit(player_token=player, amount="100.00", currency="KES")
    asks = [
        BetAsk(game=game, player_token=player, picks=picks, stake="10.00", currency="KES") for picks in ([1], [9, 9])
    ]
    answer = keno.place_bets(bets=asks)
    assert len(answer.results) == 2


def test_what_can_be_read_is_read(keno: KenoClient, standing_rounds: list[Round]) -> None:
    games = keno.list_games()
    assert all(isinstance(game, GameOutput) for game in games)
    code = standing_rounds[0].game.code
    assert code in {game.code for game in games}
    assert keno.current_round(code).round_id == standing_rounds[0].pk
    assert keno.read_round(standing_rounds[1].pk).number == standing_rounds[1].number
    assert keno.latest_draws(code, count=5) == []
    assert [page.results for page in [keno.list_rounds(game=code, limit=3)]] == [[]]
    assert keno.active_paytable().picks
    assert keno.report_turnover_csv(from_="2026-01-01T00:00:00Z", to="2026-01-02T00:00:00Z").startswith("day,")
    turnover = keno.report_turnover_json(from_="2026-01-01T00:00:00Z", to="2026-01-02T00:00:00Z")
    assert (turnover.from_, turnover.rows) == ("2026-01-01T00:00:00.000Z", [])
    assert "test" in {key["label"] for key in keno.list_keys()}


def test_sessions_and_keys_are_opened_and_ended(keno: KenoClient, player: str) -> None:
    opened = keno.open_session(player_token=player, currency="KES", language="sw", country="KE")
    assert opened.launch_token in opened.launch_url
    keno.revoke_session(opened.session_id)
    [key] = [one for one in keno.list_keys() if one["label"] == "test"]
    renewed = keno.rotate_key(key["key_id"], overlap_seconds=60)
    keno.revoke_key(renewed.key_id)


def test_a_refusal_is_an_error_that_says_what_to_do(keno: KenoClient, player: str) -> None:
    with pytest.raises(KenoError) as caught:
        keno.withdraw(player_token=player, amount="1.00", currency="KES", idempotency_key="order-7")
    refused = caught.value
    assert (refused.code, refused.status, refused.idempotency_key) == ("insufficient_funds", 409, "order-7")
    assert refused.money_moved == "no"
    assert refused.retry in ("never", "new_key", "same_key")
    assert refused.request_id
    assert refused.doc_url == f"{BASE}/api/v1/docs/errors#insufficient_funds"


def test_a_key_that_is_none_is_refused_once(platform: httpx.WSGITransport, db: None) -> None:
    sent: list[httpx.Request] = []

    class Counting(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            sent.append(request)
            return platform.handle_request(request)

    with KenoClient(BASE, "ko_none", transport=Counting()) as keno, pytest.raises(KenoError) as caught:
        keno.list_games()
    assert caught.value.code == "unauthenticated"
    assert len(sent) == 1


async def test_tasks_call_the_same(
    platform: httpx.WSGITransport, operator_a: Operator, player: str, standing_rounds: list[Round]
) -> None:
    secret = await _secret(operator_a)
    async with AsyncKenoClient(BASE, secret, transport=OverWsgi(platform), retries=Retries(attempts=1)) as keno:
        for number in range(3):
            await keno.deposit(player_token=player, amount=f"{number + 1}.00", currency="KES")
        amounts = [row.credit_amount async for row in keno.iter_transactions(player_token=player, limit=2)]
        assert amounts == ["3.00", "2.00", "1.00"]
        with pytest.raises(KenoError, match="not_found"):
            await keno.read_account("nobody-here")


async def _secret(operator: Operator) -> Any:
    from asgiref.sync import sync_to_async

    return (await sync_to_async(backend)(operator)).secret
