"""The database keeps a round's arrows and what it has committed, whoever writes."""

import itertools
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from fairness.seeds import commit_seed, derive_seed
from rounds import custody
from rounds.models import Epoch, Game, Round, RoundStatus
from tests.support.rounds import Timing, commit_rounds, drive, new_game, wait_until

pytestmark = pytest.mark.usefixtures("db")
PATHS = {
    "scheduled": (),
    "open": ("open",),
    "closed": ("open", "closed"),
    "drawn": ("open", "closed", "drawn"),
    "settled": ("open", "closed", "drawn", "settled"),
    "revealed": ("open", "closed", "drawn", "settled", "revealed"),
    "void": ("void",),
}
LEGAL = {
    ("scheduled", "open"),
    ("open", "closed"),
    ("closed", "drawn"),
    ("drawn", "settled"),
    ("settled", "revealed"),
    ("scheduled", "void"),
    ("open", "void"),
    ("closed", "void"),
}
PUBLISHED = [
    "bets_root = sha256('x')",
    "bets_root = NULL",
    "bets_count = bets_count + 1",
    "close_message = close_message || 'x'",
    "close_message = NULL",
    "close_signature = sha256('x')",
    "close_key_id = 'other'",
    "close_key_id = ''",
    "numbers_drawn = ARRAY[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]",
    "numbers_drawn = NULL",
    "server_seed = sha256('x')",
    "server_seed = NULL",
    "beacon_signature = sha256('x')",
    "beacon_signature = NULL",
    "opened_at = opened_at - interval '1 s'",
    "closed_at = closed_at - interval '1 s'",
    "drawn_at = drawn_at + interval '1 s'",
    "settled_at = NULL",
    "revealed_at = NULL",
]


@pytest.fixture
def one() -> Round:
    [one] = commit_rounds(new_game(), timing=Timing(opens_in=60))
    return one


@pytest.fixture
def finished() -> Round:
    [one] = commit_rounds(new_game(network="local"), timing=Timing(betting=0.05))
    wait_until(one.closes_at)
    drive([one], "revealed")
    return Round.objects.get(pk=one.pk)


def _set(one: Round, change: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE rounds_round SET {change} WHERE id = %s", [one.pk])


def _move(one: Round, status: str) -> None:
    _set(one, f"status = '{status}'")


def test_the_walk_covers_every_state() -> None:
    assert set(PATHS) == set(RoundStatus.values)


@pytest.mark.parametrize(("source", "target"), [pair for pair in itertools.product(PATHS, PATHS) if pair[0] != pair[1]])
def test_a_round_moves_along_its_arrows_only(one: Round, source: str, target: str) -> None:
    for status in PATHS[source]:
        _move(one, status)

    if (source, target) in LEGAL:
        _move(one, target)
    else:
        with pytest.raises(IntegrityError, match=f"no arrow from {source} to {target}"):
            _move(one, target)


def test_a_state_that_does_not_exist_is_refused(one: Round) -> None:
    with pytest.raises(IntegrityError):
        _move(one, "cancelled")


@pytest.mark.parametrize("status", [status for status in RoundStatus.values if status != "scheduled"])
def test_a_round_begins_as_scheduled(one: Round, status: str) -> None:
    with pytest.raises(IntegrityError, match="starts as scheduled"), transaction.atomic():
        Round.objects.create(**_copy(one), status=status)


def test_a_round_that_should_be_open_already_cannot_be_committed(one: Round) -> None:
    past = _copy(one) | {"opens_at": one.created_at, "closes_at": one.closes_at}
    with pytest.raises(IntegrityError, match="rounds_committed_before_opening"), transaction.atomic():
        Round.objects.create(**past)


def _copy(one: Round) -> dict[str, Any]:
    return {
        "game": one.game,
        "number": one.number + 1,
        "epoch": one.epoch,
        "leaf_index": one.leaf_index + 1,
        "network": one.network,
        "opens_at": one.opens_at,
        "closes_at": one.closes_at,
        "beacon_round": one.beacon_round,
        "server_seed_hash": one.server_seed_hash,
    }


@pytest.mark.parametrize("state", ["scheduled", "open", "revealed"])
@pytest.mark.parametrize(
    "change",
    [
        "id = id + 1000000",
        "game_id = (SELECT min(id) FROM rounds_game WHERE id <> game_id)",
        "number = number + 1",
        "epoch_id = epoch_id + 1",
        "leaf_index = leaf_index + 1",
        "network = 'drand'",
        "opens_at = opens_at + interval '1 ms'",
        "closes_at = closes_at + interval '1 ms'",
        "beacon_round = beacon_round + 1",
        "server_seed_hash = sha256(server_seed_hash)",
        "created_at = created_at - interval '1 ms'",
    ],
)
def test_what_was_committed_never_changes(one: Round, change: str, state: str) -> None:
    new_game()
    for status in PATHS[state]:
        _move(one, status)
    with pytest.raises(IntegrityError, match="committed never changes"):
        _set(one, change)


def test_what_was_published_never_changes(finished: Round) -> None:
    for change in PUBLISHED:
        with pytest.raises(IntegrityError, match="never changes"):
            _set(finished, change)


def test_the_reason_of_a_void_round_never_changes(one: Round) -> None:
    Round.objects.filter(pk=one.pk).update(status="void", void_cause=6, void_reason="fire", voided_at=one.created_at)
    for change in ({"void_reason": "flood"}, {"void_cause": 2}, {"voided_at": one.closes_at}):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            Round.objects.filter(pk=one.pk).update(**change)


@pytest.mark.parametrize("table", ["rounds_round", "rounds_epoch"])
@pytest.mark.parametrize("verb", ["DELETE FROM", "TRUNCATE"])
def test_rounds_and_epochs_never_go(one: Round, table: str, verb: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{verb} {table} {'CASCADE' if verb == 'TRUNCATE' else ''}")


def test_an_epoch_never_changes(one: Round) -> None:
    for changes in ({"root": bytes(32)}, {"size": 7}, {"nodes": b""}, {"statement": bytes(64)}, {"anchor_seq": 10**9}):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            Epoch.objects.filter(pk=one.epoch_id).update(**changes)


def test_only_the_seal_of_an_epochs_key_may_change(one: Round) -> None:
    Epoch.objects.filter(pk=one.epoch_id).update(sealed_key=bytes(60))
    assert bytes(Epoch.objects.get(pk=one.epoch_id).sealed_key) == bytes(60)


def test_the_database_refuses_a_seed_that_was_not_committed(one: Round) -> None:
    for status in PATHS["closed"]:
        _move(one, status)
    epoch_key = custody._open(bytes(one.epoch.sealed_key), about=bytes(one.epoch.root))
    right = derive_seed(epoch_key=epoch_key, stream=one.game.stream, round_number=one.number)
    neighbour = derive_seed(epoch_key=epoch_key, stream=one.game.stream, round_number=one.number + 1)
    assert commit_seed(stream=one.game.stream, round_number=one.number, seed=right) == bytes(one.server_seed_hash)

    for seed in (bytes(32), right[::-1], right[:31], right + b"\0", neighbour):
        with pytest.raises(IntegrityError, match="not the committed one"), transaction.atomic():
            Round.objects.filter(pk=one.pk).update(server_seed=seed, status="drawn")
    Round.objects.filter(pk=one.pk).update(server_seed=right, status="drawn")


@pytest.mark.parametrize("state", ["scheduled", "open", "closed"])
def test_the_database_holds_no_seed_before_the_draw(one: Round, state: str) -> None:
    for status in PATHS[state]:
        _move(one, status)
    epoch_key = custody._open(bytes(one.epoch.sealed_key), about=bytes(one.epoch.root))
    seed = derive_seed(epoch_key=epoch_key, stream=one.game.stream, round_number=one.number)
    with pytest.raises(IntegrityError, match="rounds_seed_only_after_the_draw"), transaction.atomic():
        Round.objects.filter(pk=one.pk).update(server_seed=seed)


def test_two_rounds_of_a_game_are_never_open_at_once() -> None:
    first, second = commit_rounds(new_game(), count=2, timing=Timing(opens_in=60))
    _move(first, "open")
    with pytest.raises(IntegrityError, match="rounds_one_open_per_game"):
        _move(second, "open")


def test_a_number_is_given_once(one: Round) -> None:
    with pytest.raises(IntegrityError, match="rounds_number_once"), transaction.atomic():
        Round.objects.create(**_copy(one) | {"number": one.number})


def test_a_draw_before_the_close_is_refused(one: Round) -> None:
    for status in PATHS["closed"]:
        _move(one, status)
    with pytest.raises(IntegrityError, match="rounds_drawn_after_closing"), transaction.atomic():
        Round.objects.filter(pk=one.pk).update(status="drawn", drawn_at=one.opens_at)


def test_a_game_without_time_for_the_draw_is_refused() -> None:
    with pytest.raises(IntegrityError, match="rounds_game_draws_between_rounds"), transaction.atomic():
        Game.objects.create(code="no-pause", name="No pause", interval_seconds=7, betting_seconds=7)
