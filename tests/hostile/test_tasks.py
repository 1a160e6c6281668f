"""Messages of tasks are believed in nothing but which rows to look at: a real worker, and what might be sent to it."""

import inspect
import pickle
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app

from keno_platform.live.topics import player_topic
from operators.tenancy import tenant_context
from rounds.models import Participation, Round
from tests.acceptance.worlds import World
from tests.hostile.tasks import NAMING, PLAIN, publish, publish_raw, registered, worker
from tests.support.bets import everything, new_player, place
from tests.support.live import topics
from tests.support.rounds import Timing, drive, new_game, open_round, wait_for

pytestmark = pytest.mark.usefixtures("committed")


def test_every_task_stands_in_a_table_by_what_its_messages_name() -> None:
    assert registered() - NAMING.keys() - PLAIN == set(), "say in tests/hostile/tasks.py what their messages name"
    assert (NAMING.keys() | PLAIN) - registered() == set(), "these tasks are gone"


def test_a_task_takes_from_its_message_what_the_table_says_and_nothing_else() -> None:
    for name in registered():
        taken = {
            one.name
            for one in inspect.signature(current_app.tasks[name].run).parameters.values()
            if one.kind is not inspect.Parameter.VAR_KEYWORD
        }
        assert bool(taken) == (name in NAMING), (name, taken)
        assert not taken & {"schema", "schema_name", "tenant", "amount", "player_id", "key", "secret", "token"}, name


def drawn_with_a_bet(world: World) -> Round:
    """A drawn round with one bet, that nobody has settled yet."""
    one = open_round(new_game(owner_id=world.operator.pk), timing=Timing(betting=1.5))
    place(world.operator, new_player(world.operator, money=100_000), round_id=one.pk)
    drive([one], "drawn", pay=False)
    return one


def forgeries(owner: World, other: World, one: Round) -> list[dict[str, Any]]:
    """Calls about the owner's round that must do nothing at all."""
    mine, theirs = str(owner.operator.pk), str(other.operator.pk)
    as_owner = {
        "_schema_name": owner.operator.schema_name,
        "schema_name": owner.operator.schema_name,
        "tenant": mine,
        "keno_request_id": "x" * 5_000,
        "traceparent": "00-" + "f" * 32 + "-" + "f" * 16 + "-ff",
    }
    numbers = (theirs, str(uuid4()), "nobody", "", None, 7, [mine], {"id": mine}, f"{mine}' OR 1=1", mine[:-1])
    rounds = (0, -1, "x", None, [one.pk], 2**70, str(one.pk) + ";", 1.5)
    return [
        *({"name": "bets.settle_round", "operator_id": n, "round_id": one.pk, "headers": as_owner} for n in numbers),
        *({"name": "bets.settle_round", "operator_id": mine, "round_id": r} for r in rounds),
        *({"name": "bets.settle_rounds", "pairs": pairs} for pairs in ([], [[one.pk, theirs]], [[one.pk]], "xy", None)),
        *({"name": "bets.tell_settled", "operator_id": n, "round_id": one.pk, "headers": as_owner} for n in numbers),
        # Without ids at all it would settle what is due, which is no more than the sweeper does every two seconds.
        *({"name": "bets.share_out", "round_ids": ids} for ids in ([], ["x"], [0, -1], [2**70])),
        *({"name": "flags.look_at", "operator_id": n, "headers": as_owner} for n in numbers[1:]),
        {"name": "bets.settle_round", "operator_id": theirs, "round_id": one.pk, "schema": owner.operator.schema_name},
        {"name": "bets.settle_round", "args": [mine, one.pk]},
        {"name": "bets.settle_round"},
        {"name": "bets.no_such_task", "operator_id": mine, "round_id": one.pk},
        {"name": "os.system", "args": ["true"]},
        {
            "name": "bets.settle_round",
            "operator_id": theirs,
            "round_id": one.pk,
            "headers": {"eta": "x", "expires": "y"},
        },
    ]


def unreadable(queue: str) -> None:
    """What is no message of a task at all."""
    deep = "[" * 20_000 + "]" * 20_000
    json = {"content_type": "application/json", "content_encoding": "utf-8"}
    headers = {"lang": "py", "task": "bets.settle_round", "id": uuid4().hex, "root_id": uuid4().hex}
    for body in (
        "",
        "{",
        "null",
        "[]",
        "[[], {}]",
        "[[], {}, {}, {}]",
        '"x"',
        "NaN",
        deep,
        "\x00",
        "[" + "1," * 50_000 + "1]",
    ):
        publish_raw(queue, body, headers=headers, **json)
        publish_raw(queue, body, **json)
    opened = pickle.dumps(((), {}, {}))
    for kind in ("application/x-python-serialize", "application/x-yaml", "text/html", "x"):
        publish_raw(queue, opened, headers=headers, content_type=kind, content_encoding="binary")
    publish_raw(queue, "[[], {}, {}]", headers={**headers, "id": None, "retries": "x", "timelimit": "x"}, **json)
    for task in ([], {}, 7, None, ["bets.settle_round"]):
        publish_raw(queue, "[[], {}, {}]", headers={**headers, "task": task}, **json)


def settled(one: Round) -> bool:
    return not Participation.objects.filter(round=one, settled_at__isnull=True).exists()


def test_forged_and_unreadable_messages_change_no_row_and_the_worker_goes_on(
    worlds: tuple[World, World], tmp_path: Path
) -> None:
    owner, other = worlds
    target, marker = drawn_with_a_bet(owner), drawn_with_a_bet(owner)
    schemas = [world.operator.schema_name for world in worlds]
    before = everything(schemas)
    named = player_topic(owner.operator.schema_name, owner.player.pk)
    with worker(tmp_path) as queue, topics(named) as heard:
        sent = forgeries(owner, other, target)
        for one in sent:
            publish(queue, **one)
        unreadable(queue)
        publish(queue, "bets.settle_round", operator_id=str(other.operator.pk), round_id=marker.pk)
        publish(queue, "bets.tell_settled", operator_id=str(owner.operator.pk), round_id=-1)
        assert not settled(target)
        publish(queue, "bets.settle_round", operator_id=str(owner.operator.pk), round_id=marker.pk)
        wait_for(lambda: settled(marker), what="the honest message, behind all others", seconds=60)
        after = everything(schemas)
        assert not settled(target)
        with tenant_context(owner.operator):
            publish(queue, "bets.settle_round", operator_id=str(owner.operator.pk), round_id=target.pk)
        wait_for(lambda: settled(target), what="the control: the same round by an honest message", seconds=30)
        assert list(heard) == []
    changed = {table for table in before if before[table] != after[table]}
    assert {table.partition(".")[0].strip('"') for table in changed} <= {owner.operator.schema_name}
    assert changed, "the marker's settlement is not among them"
    print(f"{len(sent)} forged messages, then what is none")
