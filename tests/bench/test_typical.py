"""A yardstick that does not do the work is none: the typical implementation, over HTTP, in its own database."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from bench.load import Bettor
from bench.yardsticks.typical import server
from bench.yardsticks.typical.server import SCHEMA, Typical


@pytest.fixture(scope="module")
def typical() -> Iterator[Typical]:
    with server.running(os.environ["DATABASE_URL"], players=40, balance="100.00") as running:
        yield running


@pytest.fixture(scope="module")
def tokens(typical: Typical) -> Iterator[str]:
    return iter(typical.bettor.players)


@pytest.fixture
def token(tokens: Iterator[str]) -> str:
    """A player that no other test bets for."""
    return next(tokens)


def test_a_bet_is_paid_for_once_and_leaves_a_movement(typical: Typical, token: str) -> None:
    status, bet = place(typical, token, stake="7.50")
    assert status == 201
    assert (bet["stake"], bet["picks"], len(bet["receipt"])) == ("7.50", [3, 11, 80], 64)
    assert money(typical, token) == ("92.50", 1, "-7.50")


def test_the_same_key_again_answers_with_the_first_bet_and_takes_no_more_money(typical: Typical, token: str) -> None:
    first, again = place(typical, token, key="once"), place(typical, token, key="once")
    assert first == again
    assert money(typical, token) == ("90.00", 1, "-10.00")


def test_the_same_key_for_another_bet_is_refused(typical: Typical, token: str) -> None:
    place(typical, token, key="twice")
    assert refused(place(typical, token, key="twice", stake="11.00")) == (409, "idempotency_key_reused")


def test_one_key_at_the_same_time_is_one_bet(typical: Typical, token: str) -> None:
    answers = together(8, lambda _: place(typical, token, key="at-once"))
    assert len({json.dumps(answer) for answer in answers}) == 1
    assert answers[0][0] == 201
    assert money(typical, token) == ("90.00", 1, "-10.00")


def test_a_bet_that_cannot_be_paid_for_is_refused_and_changes_nothing(typical: Typical, token: str) -> None:
    assert refused(place(typical, token, stake="100.01")) == (409, "insufficient_funds")
    assert money(typical, token) == ("100.00", 0, None)


def test_bets_at_the_same_time_never_spend_more_than_there_is(typical: Typical, token: str) -> None:
    answers = together(12, lambda _: place(typical, token, stake="30.00"))
    assert Counter(status for status, _ in answers) == {201: 3, 409: 9}
    assert money(typical, token) == ("10.00", 3, "-90.00")


@pytest.mark.parametrize("change", ["status = 'closed'", "closes_at = now() - interval '1 ms'"])
def test_a_round_that_is_over_takes_no_bets(typical: Typical, token: str, change: str) -> None:
    with psycopg.connect(typical.database_url, autocommit=True) as connection:
        made = connection.execute(
            "INSERT INTO houses_round (status, closes_at) VALUES ('open', now() + interval '1 hour') RETURNING id"
        ).fetchone()
        assert made is not None
        assert place(typical, token, round_id=made[0])[0] == 201
        connection.execute(f"UPDATE houses_round SET {change} WHERE id = %s", [made[0]])
    assert refused(place(typical, token, round_id=made[0])) == (409, "round_not_open")


def test_a_close_waits_for_the_bets_under_way_and_none_is_taken_after_it(typical: Typical, token: str) -> None:
    with psycopg.connect(typical.database_url) as connection, ThreadPoolExecutor() as pool:
        made = connection.execute(
            "INSERT INTO houses_round (status, closes_at) VALUES ('open', now() + interval '1 hour') RETURNING id"
        ).fetchone()
        assert made is not None
        connection.commit()
        connection.execute("UPDATE houses_round SET status = 'closed' WHERE id = %s", made)
        waiting = pool.submit(place, typical, token, round_id=made[0])
        wait_for_lock(connection)
        connection.commit()
        assert refused(waiting.result()) == (409, "round_not_open")


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"stake": "0.99"}, 422),
        ({"stake": "1000.01"}, 422),
        ({"currency": "XOF"}, 422),
        ({"picks": [81]}, 400),
        ({"picks": [1, 1]}, 400),
        ({"picks": []}, 400),
        ({"player_token": "nobody"}, 404),
        ({"round_id": 0}, 404),
    ],
)
def test_terms_that_do_not_hold_are_refused(typical: Typical, token: str, changed: dict[str, Any], status: int) -> None:
    assert place(typical, token, **changed)[0] == status
    assert money(typical, token) == ("100.00", 0, None)


def test_another_key_is_nobodys(typical: Typical, token: str) -> None:
    stranger = Typical(
        url=typical.url,
        database_url=typical.database_url,
        bettor=Bettor(key="other", players=[], round_id=typical.bettor.round_id),
    )
    assert place(stranger, token)[0] == 401


def place(typical: Typical, token: str, *, key: str | None = None, **changed: Any) -> tuple[int, dict[str, Any]]:
    body = {
        "round_id": typical.bettor.round_id,
        "player_token": token,
        "picks": [80, 3, 11],
        "stake": "10.00",
        "currency": "KES",
    } | changed
    headers = {
        "Authorization": f"Bearer {typical.bettor.key}",
        "Idempotency-Key": f"{token}-{key or uuid4()}",
    }
    answer = httpx.post(f"{typical.url}/api/v1/bets", json=body, headers=headers, timeout=30)
    return answer.status_code, answer.json()


def refused(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return answer[0], answer[1]["code"]


def together(count: int, call: Any) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def money(typical: Typical, token: str) -> tuple[str, int, str | None]:
    """The balance, the number of bets and the sum of movements."""
    with psycopg.connect(typical.database_url) as connection:
        row = connection.execute(
            f"""
            SELECT a.balance::text, (SELECT count(*) FROM {SCHEMA}.betting_bet b WHERE b.player_id = p.id),
                   (SELECT sum(t.amount)::text FROM {SCHEMA}.betting_transaction t WHERE t.account_id = a.id)
            FROM {SCHEMA}.betting_player p JOIN {SCHEMA}.betting_account a ON a.player_id = p.id WHERE p.token = %s
            """,
            [token],
        ).fetchone()
    assert row is not None
    return row


def wait_for_lock(connection: psycopg.Connection[Any]) -> None:
    """Until somebody waits for what this connection holds."""
    with psycopg.connect(connection.info.dsn, autocommit=True) as watcher:
        for _ in range(2000):
            waiting = watcher.execute(
                "SELECT pid FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))", [connection.info.backend_pid]
            ).fetchone()
            if waiting:
                return
            watcher.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waited")
