"""What a stranger checks about a round, from public documents alone; and that the seed is nobody's before the close."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import connection
from django.test import Client

from fairness.hashing import sha256
from fairness.merkle import leaf_hash, root_of, verify_inclusion
from fairness.messages import BetLeaf, CloseMessage, CommitLeaf
from fairness.networks import Network, beacon_time
from fairness.seeds import derive_seed
from fairness.verify import verify_draw, verify_rules
from operators.models import Operator
from rounds import beacons, custody
from rounds.models import Round
from rounds.services import drawing, transitions
from rounds.services.voiding import void_round
from tests.support.bets import backend, balance, everything, new_player, place, player_client
from tests.support.live import frames_of
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game, open_round, wait_until


def _document(one: Round) -> dict[str, Any]:
    answer = Client().get(f"/api/v1/rounds/{one.pk}/proof")
    assert answer.status_code == 200
    document: dict[str, Any] = json.loads(answer.content)
    return document


def _check(document: dict[str, Any]) -> tuple[CommitLeaf, CloseMessage]:
    """Every check that needs no chain, with nothing but the document and the published keys."""
    commit = CommitLeaf.decode(bytes.fromhex(document["commit"]["leaf"]))
    verify_inclusion(
        leaf_hash=leaf_hash(commit.encode()),
        index=document["commit"]["index"],
        size=document["commit"]["size"],
        path=[bytes.fromhex(step) for step in document["commit"]["path"]],
        root=bytes.fromhex(document["commit"]["root"]),
    )
    shown = document["network"]
    network = Network(
        name=shown["name"],
        public=shown["public"],
        chain_hash=bytes.fromhex(shown["chain_hash"]),
        public_key=bytes.fromhex(shown["public_key"]),
        genesis=shown["genesis"],
        period=shown["period"],
    )
    verify_rules(commit=commit, text=document["rules"], network=network)
    reveal = document["reveal"]
    beacon = reveal["beacon_signature"]
    verify_draw(
        commit=commit,
        seed=bytes.fromhex(reveal["seed"]),
        beacon_signature=bytes.fromhex(beacon) if beacon else None,
        network=network,
        numbers=tuple(reveal["numbers"]),
    )
    keys = Client().get("/.well-known/keno-keys.json").json()["keys"]
    [public] = [key["public_key"] for key in keys if key["key_id"] == document["close"]["key_id"]]
    message = bytes.fromhex(document["close"]["message"])
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    key.verify(bytes.fromhex(document["close"]["signature"]), message)
    close = CloseMessage.decode(message)
    assert (close.stream, close.round_number) == (commit.stream, commit.round_number)
    assert close.closed_ms >= commit.close_ms
    if network.has_beacon:
        assert beacon_time(network, commit.beacon_round) * 1000 > commit.close_ms
    return commit, close


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("network", ["none", "local"])
def test_a_drawn_round_verifies_from_its_document_alone(operator_a: Operator, network: str) -> None:
    rounds = commit_rounds([new_game(network=network), new_game()], count=2, timing=Timing(betting=0.8))
    wait_until(rounds[0].opens_at)
    drive([rounds[0]], "open")
    bet = place(operator_a, new_player(operator_a, money=10_000), round_id=rounds[0].pk)
    drive(rounds)

    first, second = (_check(_document(one)) for one in rounds[:2])
    assert first[1].prev_close_hash == bytes(32)
    assert second[1].prev_close_hash == sha256(first[1].encode())
    proof = backend(operator_a).get(f"bets/{bet.pk}/proof").json()
    assert BetLeaf.decode(bytes.fromhex(proof["bet"]["leaf"])).bet_id == bet.pk
    verify_inclusion(
        leaf_hash=leaf_hash(bytes.fromhex(proof["bet"]["leaf"])),
        index=proof["bet"]["index"],
        size=proof["bet"]["size"],
        path=[bytes.fromhex(step) for step in proof["bet"]["path"]],
        root=first[1].bets_root,
    )
    assert proof["close"] == _document(rounds[0])["close"]
    assert second[1].bets_root == root_of([])


@pytest.mark.usefixtures("db")
def test_the_close_chain_goes_on_past_a_void_round() -> None:
    rounds = commit_rounds(new_game(), count=4, timing=Timing(betting=0.1, pause=0.02))
    void_round(round_id=rounds[1].pk, reason="test", actor="test")
    drive(rounds)

    closes = [CloseMessage.decode(bytes(again(rounds[n]).close_message or b"")) for n in (0, 2, 3)]
    assert [close.round_number for close in closes] == [1, 3, 4]
    assert [close.prev_close_hash for close in closes] == [bytes(32), *(sha256(c.encode()) for c in closes[:2])]
    void = _document(rounds[1])
    assert (void["status"], void["close"]) == ("void", None)
    assert void["reveal"]["numbers"] is None
    assert len(void["reveal"]["seed"]) == 64


@pytest.mark.usefixtures("db")
def test_the_local_beacon_does_not_speak_before_its_time() -> None:
    network = beacons.get_network("local")
    [one] = commit_rounds(new_game(network="local"), timing=Timing(betting=0.1))
    with pytest.raises(custody.NotYet):
        custody.sign_local_beacon(network=network, beacon_round=one.beacon_round)
    drive([one], "closed")
    assert beacon_time(network, one.beacon_round) >= one.closes_at.timestamp() + 1
    drawing.draw_due()
    if again(one).status == "closed":
        with pytest.raises(custody.NotYet):
            beacons.find(network, one.beacon_round + 60)
    drive([one], "revealed")
    drawn_at = again(one).drawn_at
    assert drawn_at is not None
    assert drawn_at.timestamp() >= beacon_time(network, one.beacon_round)


@pytest.mark.usefixtures("db")
def test_custody_gives_no_seed_before_the_close_is_sealed() -> None:
    one, other = commit_rounds(new_game(), count=2, timing=Timing(betting=0.3, pause=5))
    for until in ((), ("open",)):
        if until:
            wait_until(one.opens_at)
            drive([one], *until)
        with pytest.raises(custody.NotYet):
            custody.seeds_of_ended([one.pk])
    wait_until(one.closes_at)
    with pytest.raises(custody.NotYet):
        custody.seeds_of_ended([one.pk])  # the time is over, the state is not
    transitions.close_due()
    with pytest.raises(custody.NotYet):
        custody.seeds_of_ended([one.pk])  # closed, but its bets are not committed to yet
    transitions.seal_bets()
    assert set(custody.seeds_of_ended([one.pk])) == {one.pk}
    with pytest.raises(custody.NotYet):
        custody.seeds_of_ended([one.pk, other.pk])  # one that is too early spoils the call
    with pytest.raises(custody.NotYet):
        custody.seeds_of_ended([one.pk, 0])


@pytest.mark.usefixtures("db")
def test_custody_gives_no_seed_of_a_void_round_whose_time_is_not_over() -> None:
    one = open_round(new_game(), timing=Timing(betting=0.5))
    void_round(round_id=one.pk, reason="test", actor="test")
    with pytest.raises(custody.NotYet):
        custody.seeds_of_ended([one.pk])
    transitions.reveal_void()
    assert again(one).server_seed is None

    wait_until(one.closes_at)
    transitions.reveal_void()
    assert again(one).server_seed is not None


def _spellings(secret: bytes) -> set[str]:
    return {secret.hex(), base64.b64encode(secret).decode(), base64.urlsafe_b64encode(secret).decode()}


def _stored_texts() -> Iterator[str]:
    """Every row of every table as text, and every list of messages in the broker."""
    with connection.cursor() as cursor:
        for table in everything():
            cursor.execute(f"SELECT t::text FROM {table} t")
            yield from (row[0] for row in cursor.fetchall())
    client = redis.Redis.from_url(settings.REDIS_URL)
    try:
        for key in client.scan_iter(_type="list"):
            yield from (str(item) for item in client.lrange(key, 0, -1))
    finally:
        client.close()


@pytest.mark.usefixtures("committed")
def test_nothing_stores_or_tells_the_seed_before_the_close(operator_a: Operator) -> None:
    game = new_game()
    player = new_player(operator_a, money=10_000)
    api, client = backend(operator_a), player_client(operator_a, player)
    with frames_of(game) as frames:
        one = open_round(game, timing=Timing(betting=3))
        place(operator_a, player, round_id=one.pk)
        epoch_key = custody._open(bytes(one.epoch.sealed_key), about=bytes(one.epoch.root))
        seed = derive_seed(epoch_key=epoch_key, stream=game.stream, round_number=one.number)
        frames.wait(1)
        answers = [
            caller.get(path).content.decode()
            for caller in (api, client)
            for path in (
                f"rounds/{one.pk}",
                f"rounds/{one.pk}/proof",
                f"games/{game.code}/rounds/current",
                "games",
                "bets",
                "rounds?status=open",
            )
        ]
        told = [json.dumps(list(frames)), *answers, *_stored_texts()]
        assert again(one).status == "open"
    secrets = _spellings(seed) | _spellings(epoch_key)
    assert any(bytes(one.server_seed_hash).hex() in text for text in told)  # the search finds what is there
    assert [text[:200] for text in told for secret in secrets if secret in text] == []

    drive([one], "revealed")
    assert api.get(f"rounds/{one.pk}").json()["server_seed"] == seed.hex()
    assert _document(one)["reveal"]["seed"] == seed.hex()


@pytest.mark.usefixtures("db")
def test_a_round_whose_seed_does_not_match_is_void_and_holds_up_no_tick(operator_a: Operator) -> None:
    """A commitment that no key gives: the draw would be another than was promised."""
    [sound] = commit_rounds(new_game(), timing=Timing(opens_in=0.5, betting=0.8))
    false = Round.objects.create(
        game=new_game(),
        number=1,
        epoch=sound.epoch,
        leaf_index=1,
        network="none",
        opens_at=sound.opens_at,
        closes_at=sound.closes_at,
        beacon_round=0,
        server_seed_hash=sha256(b"nobody knows"),
    )
    wait_until(false.opens_at)
    drive([sound, false], "open")
    player = new_player(operator_a, money=1_000)
    place(operator_a, player, round_id=false.pk)
    drive([sound, false])

    assert (again(sound).status, again(false).status) == ("revealed", "void")
    assert again(false).server_seed is None
    assert "seed" in again(false).void_reason
    assert balance(operator_a, player) == 1_000
