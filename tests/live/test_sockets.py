"""The live streams over real sockets: what is told, in which order, to whom, and when a socket is closed."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.db import connections

from keno_platform.asgi import application
from operators.models import Operator
from players.models import Player
from rounds.models import Game
from rounds.services.voiding import void_round
from tests.support.bets import backend, bet_body, give, new_player, place, player_client
from tests.support.rounds import Timing, commit_rounds, drive, new_game, open_round, settle

pytestmark = pytest.mark.usefixtures("committed")
PATIENCE_S = 15.0
T = TypeVar("T")


def run(scenario: Callable[[], Awaitable[T]]) -> T:
    """The scenario on an event loop of its own: a socket's tasks must go on while the test waits."""

    async def bounded() -> T:
        async with asyncio.timeout(60):
            try:
                return await scenario()
            finally:
                await sync_to_async(connections.close_all)()  # of the thread that consumers use

    return asyncio.run(bounded())


async def work(call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """A call of the database from a scenario, on a thread and connection of its own."""

    def apart() -> T:
        try:
            return call(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(apart)


def _opening(path: str, host: str, origin: str) -> ApplicationCommunicator:
    headers = [(b"host", host.encode()), (b"origin", origin.encode())]
    scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers, "subprotocols": []}
    return ApplicationCommunicator(application, scope)


@asynccontextmanager
async def socket(path: str, *, host: str = "alpha.localhost") -> AsyncIterator[ApplicationCommunicator]:
    """An open socket on this host; closed in any case."""
    one = _opening(path, host, f"http://{host}")
    await one.send_input({"type": "websocket.connect"})
    assert (await one.receive_output(PATIENCE_S))["type"] == "websocket.accept"
    try:
        yield one
    finally:
        await one.send_input({"type": "websocket.disconnect", "code": 1000})
        await one.wait(PATIENCE_S)


async def frame(one: ApplicationCommunicator) -> dict[str, Any]:
    message = await one.receive_output(PATIENCE_S)
    assert message["type"] == "websocket.send", message
    return dict(json.loads(message["text"]))


async def say(one: ApplicationCommunicator, text: str | bytes) -> None:
    kind = "bytes" if isinstance(text, bytes) else "text"
    await one.send_input({"type": "websocket.receive", kind: text})


async def closing_code(one: ApplicationCommunicator) -> int:
    """The code that the server closes with; frames before it are passed over."""
    while True:
        message = await one.receive_output(PATIENCE_S)
        if message["type"] == "websocket.close":
            return int(message["code"])


async def until(one: ApplicationCommunicator, kind: str) -> dict[str, Any]:
    while (shown := await frame(one))["type"] != kind:
        pass
    return shown


def test_a_game_says_hello_and_then_every_event_with_the_next_number() -> None:
    game = new_game()
    rounds = commit_rounds(game, count=2, timing=Timing(opens_in=1.0, betting=0.2))

    async def scenario() -> list[dict[str, Any]]:
        async with socket(f"/ws/v1/games/{game.code}") as one:
            hello = await frame(one)
            driving = asyncio.ensure_future(work(drive, rounds))
            frames = [hello] + [await frame(one) for _ in range(10)]
            await driving
            return frames

    hello, *frames = run(scenario)

    assert (hello["type"], hello["seq"]) == ("hello", 0)
    assert (hello["round"]["round_id"], hello["round"]["status"]) == (rounds[0].pk, "scheduled")
    assert [one["seq"] for one in frames] == list(range(1, 11))
    by_round = [[one["type"] for one in frames if one["round_id"] == r.pk] for r in rounds]
    assert by_round == [["round.opened", "round.closed", "round.drawn", "round.settled", "round.revealed"]] * 2
    drawn = next(one for one in frames if one["type"] == "round.drawn")
    assert len(set(drawn["numbers"])) == 20
    for one in frames:
        assert ("server_seed" in one) == (one["type"] == "round.revealed")
        assert ("numbers" in one) == (one["type"] not in ("round.opened", "round.closed"))


def test_hello_goes_on_from_the_number_that_the_game_has_reached() -> None:
    game = new_game()
    drive(commit_rounds(game, timing=Timing(betting=0.1)))
    [following] = commit_rounds(game, timing=Timing(opens_in=1.0, betting=5))

    async def scenario() -> tuple[dict[str, Any], dict[str, Any]]:
        async with socket(f"/ws/v1/games/{game.code}") as one:
            hello = await frame(one)
            await work(void_round, round_id=following.pk, reason="test", actor="test")
            return hello, await frame(one)

    hello, voided = run(scenario)
    assert (hello["seq"], voided["seq"]) == (5, 6)
    assert (voided["type"], voided["reason"], voided["status"]) == ("round.voided", "test", "void")


@pytest.mark.parametrize(
    ("host", "code"), [("alpha.localhost", "no-such-game"), ("nobody.localhost", None), ("localhost", None)]
)
def test_an_unknown_game_or_host_is_closed_with_4404(host: str, code: str | None) -> None:
    game = code or new_game().code
    commit_rounds(Game.objects.get(code=game), timing=Timing(opens_in=5)) if code is None else None

    async def scenario() -> int:
        async with socket(f"/ws/v1/games/{game}", host=host) as one:
            return await closing_code(one)

    assert run(scenario) == 4404


def test_another_operators_own_game_is_unknown_here(operator_b: Operator) -> None:
    game = new_game(owner_id=operator_b.pk)
    commit_rounds(game, timing=Timing(opens_in=10))

    async def scenario() -> tuple[int, str]:
        async with socket(f"/ws/v1/games/{game.code}") as here:
            code = await closing_code(here)
        async with socket(f"/ws/v1/games/{game.code}", host="beta.localhost") as there:
            return code, (await frame(there))["type"]

    assert run(scenario) == (4404, "hello")


@pytest.mark.parametrize("sent", ["{}", "x", ""])
def test_a_game_socket_takes_no_messages(sent: str) -> None:
    game = new_game()
    commit_rounds(game, timing=Timing(opens_in=10))

    async def scenario() -> int:
        async with socket(f"/ws/v1/games/{game.code}") as one:
            await frame(one)
            await say(one, sent)
            return await closing_code(one)

    assert run(scenario) == 1008


def test_a_socket_from_another_origin_is_not_opened() -> None:
    async def scenario() -> str:
        one = _opening("/ws/v1/player", "alpha.localhost", "http://evil.example")
        await one.send_input({"type": "websocket.connect"})
        answer = await one.receive_output(PATIENCE_S)
        await one.send_input({"type": "websocket.disconnect", "code": 1006})
        await one.wait(PATIENCE_S)
        return str(answer["type"])

    assert run(scenario) == "websocket.close"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ('{"type": "auth", "token": "ps.alpha.wrong"}', 4401),
        ('{"type": "auth", "token": "ps.nobody.wrong"}', 4401),
        ('{"type": "auth", "token": "garbage"}', 4401),
        ('{"type": "auth", "token": 7}', 4401),
        ('{"type": "auth"}', 4401),
        ('{"type": "hello"}', 4401),
        ("[]", 4401),
        ("not json", 4401),
        ('{"type": "auth", "type": "auth"}', 4401),
        ("x" * 2000, 1008),
        (b"\x00\x01", 1008),
    ],
)
def test_a_player_socket_needs_a_good_token_first(sent: str | bytes, code: int) -> None:
    async def scenario() -> int:
        async with socket("/ws/v1/player") as one:
            await say(one, sent)
            return await closing_code(one)

    assert run(scenario) == code


def test_a_player_socket_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keno_platform.live.first_message.AUTH_WITHIN_S", 0.2)

    async def scenario() -> int:
        async with socket("/ws/v1/player") as one:
            return await closing_code(one)

    assert run(scenario) == 4401


async def _entered(one: ApplicationCommunicator, token: str) -> None:
    await say(one, json.dumps({"type": "auth", "token": token}))
    assert await frame(one) == {"type": "ready"}


def test_a_player_sees_bets_accepted_and_settled_with_the_balance(operator_a: Operator) -> None:
    player, other = (new_player(operator_a, money=10_000) for _ in range(2))
    token = player_client(operator_a, player).secret
    round_ = open_round(new_game(), timing=Timing(betting=3))

    async def scenario() -> tuple[str, dict[str, Any], dict[str, Any]]:
        async with socket("/ws/v1/player") as one:
            await _entered(one, token)
            await work(place, operator_a, other, round_id=round_.pk)  # nobody else's bets are told
            bet = await work(place, operator_a, player, round_id=round_.pk, picks=[5], stake="20.00")
            accepted = await frame(one)
            await work(drive, [round_])
            return str(bet.pk), accepted, await frame(one)

    bet_id, accepted, settled = run(scenario)

    assert accepted == {"type": "bet.accepted", "bets": [bet_id], "balance": "80.00", "currency": "KES"}
    [told] = settled["bets"]
    won = {"won": "71.00", "lost": "0.00"}[told["status"]]
    assert told == {"id": bet_id, "status": told["status"], "win_amount": won, "stake": "20.00"}
    assert (settled["type"], settled["round_id"], settled["currency"]) == ("bet.settled", round_.pk, "KES")
    assert settled["balance"] == {"won": "151.00", "lost": "80.00"}[told["status"]]


def test_a_void_round_is_told_as_rolled_back_with_the_stake_returned(operator_a: Operator) -> None:
    player = new_player(operator_a, money=10_000)
    token = player_client(operator_a, player).secret
    round_ = open_round(new_game(), timing=Timing(betting=5))
    place(operator_a, player, round_id=round_.pk)

    async def scenario() -> dict[str, Any]:
        async with socket("/ws/v1/player") as one:
            await _entered(one, token)
            await work(void_round, round_id=round_.pk, reason="test", actor="test")
            await work(settle, [round_.pk])
            return await frame(one)

    told = run(scenario)
    assert (told["bets"][0]["status"], told["balance"]) == ("rolled_back", "100.00")


def test_a_revoked_session_closes_its_sockets_at_once_and_no_other(operator_a: Operator) -> None:
    player = new_player(operator_a, money=10_000)
    api = backend(operator_a)
    opened = api.post("sessions", {"player_token": player.token, "currency": "KES"}).json()
    token = api.post("sessions/enter", {"launch_token": opened["launch_token"]}).json()["session_token"]
    kept = player_client(operator_a, player).secret

    def revoke() -> int:
        headers = {"Authorization": f"Bearer {api.secret}"}
        return int(api.again().client.delete(f"/api/v1/sessions/{opened['session_id']}", headers=headers).status_code)

    async def scenario() -> tuple[int, int, str]:
        async with socket("/ws/v1/player") as gone, socket("/ws/v1/player") as stays:
            await _entered(gone, token)
            await _entered(stays, kept)
            status = await work(revoke)
            code = await closing_code(gone)
            round_ = await work(open_round, new_game_apart)
            await work(place, operator_a, player, round_id=round_.pk)
            return status, code, (await until(stays, "bet.accepted"))["type"]

    new_game_apart = new_game()
    assert run(scenario) == (204, 4401, "bet.accepted")
    refused = api.again()
    assert type(refused)(token).post("bets", bet_body(operator_a, None, game="x")).status_code == 401


def test_a_second_message_on_a_player_socket_closes_it(operator_a: Operator) -> None:
    player: Player = new_player(operator_a)
    token = player_client(operator_a, player).secret

    async def scenario() -> int:
        async with socket("/ws/v1/player") as one:
            await _entered(one, token)
            await say(one, json.dumps({"type": "auth", "token": token}))
            return await closing_code(one)

    assert run(scenario) == 1008


def test_players_of_different_operators_with_the_same_row_number_hear_only_their_own(
    operator_a: Operator, operator_b: Operator
) -> None:
    """Players' numbers repeat between operators; the topics must not."""
    a, b = new_player(operator_a), new_player(operator_b)
    while a.pk != b.pk:
        a, b = (a, new_player(operator_b)) if a.pk > b.pk else (new_player(operator_a), b)
    for operator, player in ((operator_a, a), (operator_b, b)):
        give(operator, player, 10_000)
    tokens = player_client(operator_a, a).secret, player_client(operator_b, b).secret
    round_ = open_round(new_game(), timing=Timing(betting=5))

    async def scenario() -> tuple[str, str]:
        async with socket("/ws/v1/player") as at_a, socket("/ws/v1/player", host="beta.localhost") as at_b:
            await _entered(at_a, tokens[0])
            await _entered(at_b, tokens[1])
            await work(place, operator_b, b, round_id=round_.pk)
            await work(place, operator_a, a, round_id=round_.pk)
            return (await frame(at_a))["currency"], (await frame(at_b))["currency"]

    assert run(scenario) == ("KES", "XOF")


def test_a_lean_stream_tells_a_round_in_400_bytes_and_misses_no_number() -> None:
    game = new_game()
    [one_round] = commit_rounds(game, timing=Timing(opens_in=1.0, betting=0.2))
    with connections["default"].cursor() as cursor:
        # As after years: ids and numbers of seven digits.
        cursor.execute("UPDATE rounds_game SET event_seq = 7654321 WHERE id = %s", [game.pk])

    async def scenario() -> list[str]:
        path = f"/ws/v1/games/{game.code}"
        async with _lean(path) as one:
            hello = await one.receive_output(PATIENCE_S)
            assert json.loads(hello["text"])["type"] == "hello"
            driving = asyncio.ensure_future(work(drive, [one_round]))
            texts = [(await one.receive_output(PATIENCE_S))["text"] for _ in range(5)]
            await driving
            return texts

    texts = run(scenario)
    opened, closed, drawn, settled, revealed = map(json.loads, texts)
    assert [one["seq"] for one in (opened, closed, drawn, settled, revealed)] == list(range(7654322, 7654327))
    assert opened.keys() == {"type", "seq", "round_id", "number", "opens_at", "closes_at"}
    assert (closed["type"], closed["round_id"]) == ("round.closed", one_round.pk)
    assert (drawn["type"], len(drawn["numbers"])) == ("round.drawn", 20)
    assert settled.keys() == revealed.keys() == {"seq"}
    of_longer_ids = 4 * (7 - len(str(one_round.pk)))
    heads = sum(2 if len(text) < 126 else 4 for text in texts)
    assert sum(map(len, texts)) + of_longer_ids + heads <= 400, texts


@asynccontextmanager
async def _lean(path: str) -> AsyncIterator[ApplicationCommunicator]:
    headers = [(b"host", b"alpha.localhost"), (b"origin", b"http://alpha.localhost")]
    scope = {"type": "websocket", "path": path, "query_string": b"lean=1", "headers": headers, "subprotocols": []}
    one = ApplicationCommunicator(application, scope)
    await one.send_input({"type": "websocket.connect"})
    assert (await one.receive_output(PATIENCE_S))["type"] == "websocket.accept"
    try:
        yield one
    finally:
        await one.send_input({"type": "websocket.disconnect", "code": 1000})
        await one.wait(PATIENCE_S)
