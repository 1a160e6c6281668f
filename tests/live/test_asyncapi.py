"""The AsyncAPI document describes the frames that the sockets really send, and nothing that they do not."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jsonschema
import msgspec
import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import URLPattern

from bets.services.placement import place_slips
from keno_platform.asgi import sockets
from keno_platform.live import asyncapi, frames
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player, Session
from players.services import LimitTerms, set_limit
from rounds.models import RoundStatus
from rounds.services.voiding import void_round
from tests.live.test_sockets import _entered, frame, run, socket, until, work
from tests.support.bets import backend, code_of, new_player, place, player_client, slip
from tests.support.rounds import Timing, commit_rounds, drive, new_game, open_round
from wallet import announce as wallet

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return asyncapi.document("https://keno.example")


def check(document: dict[str, Any], channel: str, sent: dict[str, Any]) -> str:
    """Hold one frame against the document: its form, and that every member of it is described. Returns its type."""
    messages = {
        document["components"]["messages"][name]["name"]: document["components"]["messages"][name]["payload"]["$ref"]
        for name in document["channels"][channel]["messages"]
    }
    assert sent["type"] in messages, f"{sent['type']} is not among the messages of {channel}"
    schema = {**closed(document), "$ref": messages[sent["type"]]}
    jsonschema.Draft202012Validator(schema).validate(sent)
    return str(sent["type"])


def closed(document: dict[str, Any]) -> dict[str, Any]:
    """The schemas of the document with every member that is not described forbidden: clients must ignore more."""
    schemas = json.loads(json.dumps(document["components"]["schemas"]))
    for schema in schemas.values():
        schema["additionalProperties"] = False
    return {"components": {"schemas": schemas}}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def test_the_document_is_for_anyone_and_is_the_one_that_is_made(settings: Any) -> None:
    answer = Client().get("/api/v1/asyncapi.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer.json() == asyncapi.document(settings.BASE_URL)
    assert answer.json()["asyncapi"] == "3.0.0"


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    found = list(references(document))
    assert len(found) > 20
    for one in found:
        place: Any = document
        for part in one.removeprefix("#/").split("/"):
            place = place[part]
        assert place


def test_the_channels_are_the_sockets_that_the_server_has(document: dict[str, Any]) -> None:
    assert all(isinstance(route, URLPattern) for route in sockets.routes)
    served = {"/" + str(route.pattern).replace("<slug:", "{").replace(">", "}") for route in sockets.routes}
    assert {one["address"] for one in document["channels"].values()} == served


def test_the_server_is_named_with_the_protocol_of_its_address() -> None:
    assert asyncapi.document("https://keno.example:444")["servers"]["here"]["protocol"] == "wss"
    here = asyncapi.document("http://localhost:8000")["servers"]["here"]
    assert (here["protocol"], here["host"]) == ("ws", "localhost:8000")


def test_every_status_of_a_round_and_no_other_is_described() -> None:
    [status] = [one for one in msgspec.structs.fields(frames.RoundFacts) if one.name == "status"]
    assert set(status.type.__args__) == set(RoundStatus.values)


def test_the_frames_of_a_round_from_opening_to_its_seed_are_as_described(document: dict[str, Any]) -> None:
    game = new_game()
    [round_] = commit_rounds(game, timing=Timing(opens_in=0.5, betting=0.5))

    async def scenario() -> list[dict[str, Any]]:
        async with socket(f"/ws/v1/games/{game.code}") as one:
            seen = [await frame(one)]
            await work(drive, [round_])
            while seen[-1]["type"] != "round.revealed":
                seen.append(await frame(one))
            return seen

    types = [check(document, "game", one) for one in run(scenario)]
    assert types == ["hello", "round.opened", "round.closed", "round.drawn", "round.settled", "round.revealed"]


def test_a_void_rounds_frame_is_as_described(document: dict[str, Any]) -> None:
    game = new_game()
    drive(commit_rounds(game, timing=Timing(betting=0.1)))
    [following] = commit_rounds(game, timing=Timing(opens_in=1.0, betting=5))

    async def scenario() -> list[dict[str, Any]]:
        async with socket(f"/ws/v1/games/{game.code}") as one:
            seen = [await frame(one)]
            await work(void_round, round_id=following.pk, reason="test", actor="test")
            return [*seen, await frame(one)]

    assert [check(document, "game", one) for one in run(scenario)] == ["hello", "round.voided"]


def test_a_players_frames_are_as_described(document: dict[str, Any], operator_a: Operator) -> None:
    player = new_player(operator_a, money=10_000)
    token = player_client(operator_a, player).secret
    round_ = open_round(new_game(), timing=Timing(betting=3))
    api = backend(operator_a)
    opened = api.post("sessions", {"player_token": player.token, "currency": "KES"}).json()

    def revoke() -> None:
        headers = {"Authorization": f"Bearer {api.secret}"}
        api.again().client.delete(f"/api/v1/sessions/{opened['session_id']}", headers=headers)

    async def scenario() -> list[dict[str, Any]]:
        async with socket("/ws/v1/player") as one:
            await _entered(one, token)
            await work(place, operator_a, player, round_id=round_.pk)
            seen = [{"type": "ready"}, await frame(one)]
            await work(wallet.balances, operator_a, {player.pk: 1234})
            seen.append(await frame(one))
            await work(revoke)
            seen.append(await until(one, "session.revoked"))
            await work(limit_losses, operator_a, player)
            seen.append(await frame(one))
            await work(refused, operator_a, player, round_.pk)
            seen.append(await frame(one))
            await work(drive, [round_])
            return [*seen, await until(one, "bet.settled")]

    types = [check(document, "player", one) for one in run(scenario)]
    protecting = ["protection.changed", "limit.reached"]
    assert types == ["ready", "bet.accepted", "balance", "session.revoked", *protecting, "bet.settled"]


def limit_losses(operator: Operator, player: Player) -> None:
    with tenant_context(operator):
        terms = LimitTerms(kind="loss", period="day", amount=0)
        set_limit(operator=operator, player=player, terms=terms, actor="test")


def refused(operator: Operator, player: Player, round_id: int) -> None:
    [answer] = place_slips(operator=operator, asks=[slip(operator, player, round_id=round_id)])
    assert code_of(answer) == "loss_limit_reached"


def test_a_reality_check_is_told_when_it_is_due_and_as_described(
    document: dict[str, Any], operator_a: Operator
) -> None:
    player = new_player(operator_a)
    token = player_client(operator_a, player).secret

    def make_due() -> None:
        with tenant_context(operator_a):
            entered = Now() - timedelta(minutes=30)
            Session.objects.filter(player=player).update(launched_at=entered, reality_check_minutes=20)

    async def scenario() -> dict[str, Any]:
        await work(make_due)
        async with socket("/ws/v1/player") as one:
            await _entered(one, token)
            return await frame(one)

    told = run(scenario)
    assert check(document, "player", told) == "reality_check"
    assert (told["every_minutes"], told["elapsed_seconds"] // 60) == (20, 30)


def test_every_frame_that_is_described_is_met_by_these_tests() -> None:
    """Otherwise a frame could be described that nobody sends."""
    met = {"hello", "round.opened", "round.closed", "round.drawn", "round.settled", "round.revealed", "round.voided"}
    assert {asyncapi.type_of(one) for one in frames.GAME_FRAMES} == met
    players = {
        *("ready", "bet.accepted", "balance", "session.revoked", "bet.settled"),
        *("limit.reached", "reality_check", "protection.changed"),
    }
    assert {asyncapi.type_of(one) for one in frames.PLAYER_FRAMES} == players


def test_a_frame_that_is_not_described_fails_the_check(document: dict[str, Any]) -> None:
    """The control."""
    balance = {"type": "balance", "balance": "1.00", "currency": "KES"}
    assert check(document, "player", balance) == "balance"
    for wrong in (balance | {"more": 1}, {"type": "balance"}, balance | {"balance": 1.0}):
        with pytest.raises(jsonschema.ValidationError):
            check(document, "player", wrong)
    with pytest.raises(AssertionError):
        check(document, "game", balance)
