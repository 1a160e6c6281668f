"""Players with money, slips, calls of the API, and what must not change when a slip is refused."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.db import connection
from django.test import Client
from psycopg import sql

from bets.models import Bet
from bets.services.placement import Placed, place_slips
from bets.slips import SlipAsk
from keno_platform.core.errors import Refusal
from operators.models import Operator
from operators.services import issue_key
from operators.tenancy import tenant_context
from players.models import Player
from players.selectors import get_player
from players.services import ensure_player, enter_session, open_session
from wallet.selectors import balance_of
from wallet.services import deposit


def new_player(operator: Operator, *, money: int = 0, token: str | None = None) -> Player:
    """A player with so much money, in minor units."""
    token = token or f"p-{uuid4().hex[:12]}"
    with tenant_context(operator):
        player = ensure_player(operator=operator, token=token, currency=operator.currency_code)
    if money:
        give(operator, player, money)
    return player


def give(operator: Operator, player: Player, money: int) -> None:
    """A deposit of so much, in minor units."""
    with tenant_context(operator):
        deposit(key=f"gift-{uuid4()}", player=player, amount=money, reference="")


def balance(operator: Operator, player: Player) -> int:
    """A player's money in minor units."""
    with tenant_context(operator):
        return balance_of(player.pk)


def slip(operator: Operator, player: Player, **changed: Any) -> SlipAsk:
    """A slip of three numbers and ten units of the currency; what is named is otherwise."""
    asked: dict[str, Any] = {
        "key": f"o:{uuid4()}",
        "player_token": player.token,
        "picks": [7, 21, 63],
        "stake": operator.money(10 * 10**operator.currency_exponent),
        "currency": operator.currency_code,
    }
    return SlipAsk(**(asked | changed))


def place(operator: Operator, player: Player, **changed: Any) -> Bet:
    """One accepted bet."""
    return place_ticket(operator, player, **changed)[0]


def place_ticket(operator: Operator, player: Player, **changed: Any) -> list[Bet]:
    """All bets of one accepted slip."""
    [placed] = place_slips(operator=operator, asks=[slip(operator, player, **changed)])
    assert not isinstance(placed, Refusal), placed.code
    return placed


def code_of(placed: Placed) -> str:
    """The code of a refusal, or `accepted`."""
    return placed.code if isinstance(placed, Refusal) else "accepted"


@dataclass(frozen=True, slots=True)
class Backend:
    """An operator's backend, or with a session's token a player's client: one that calls the API."""

    secret: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=True))

    def post(self, path: str, body: Any, *, key: str | None = None) -> Any:
        """POST this body: a value, or raw bytes. Without a key, a new one."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.secret}", "Idempotency-Key": key or str(uuid4())}
        return self.client.post(f"/api/v1/{path}", raw, content_type="application/json", headers=headers)

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {self.secret}"})

    def again(self) -> "Backend":
        """The same caller with a connection of its own, for another thread."""
        return Backend(self.secret)


def backend(operator: Operator) -> Backend:
    """The operator's backend with a new key."""
    _, secret = issue_key(operator=operator, label="test", actor="test")
    return Backend(secret)


def player_client(operator: Operator, player: Player) -> Backend:
    """A player's client with a session of its own."""
    with tenant_context(operator):
        _, launch = open_session(operator=operator, player=player, language="en", country="")
        _, token = enter_session(operator=operator, launch=launch.partition(".")[2])
    return Backend(token)


def bet_body(operator: Operator, player: Player | None, **changed: Any) -> dict[str, Any]:
    """The JSON of a good bet but for what is named; None takes a member away."""
    ask = {
        "player_token": player.token if player else None,
        "picks": [7, 21, 63],
        "stake": operator.money(10 * 10**operator.currency_exponent),
        "currency": operator.currency_code,
    } | changed
    return {name: value for name, value in ask.items() if value is not None}


def everything(schemas: Sequence[str] = ("public", "op_alpha", "op_beta")) -> dict[str, tuple[int, int]]:
    """Every table: how many rows, and a sum over their contents that any change of any row changes."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [list(schemas)])
        counts = [_COUNT.format(sql.Literal(".".join(name)), sql.Identifier(*name)) for name in cursor.fetchall()]
        cursor.execute(sql.SQL(" UNION ALL ").join(counts).as_string(cursor.connection))
        return {table: (rows, contents) for table, rows, contents in cursor.fetchall()}


def changes_nothing(call: Callable[[], Any]) -> Any:
    """What the call returns, when it has left every row of every table as it was."""
    before = everything()
    answer = call()
    after = everything()
    assert [name for name in before if before[name] != after[name]] == []
    return answer


def reload(operator: Operator, player: Player) -> Player:
    """The player as stored now."""
    with tenant_context(operator):
        return get_player(player.token)


_TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'calls_call'
    ORDER BY 1, 2
"""
"""Without the request log, in which a refused call stands too, a moment later."""
_COUNT = sql.SQL("SELECT {}, count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {} t")
