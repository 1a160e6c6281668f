"""Every round that ends is in exactly one tree of results, and what is in a tree never changes."""

import json
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from anchors.models import Root
from fairness.merkle import leaf_hash, root_of, verify_inclusion
from fairness.messages import ResultLeaf, ResultStatus, VoidCause
from fairness.seeds import derive_seed
from rounds import custody, selectors
from rounds.leaves import commit_leaves, result_leaves
from rounds.models import ResultsTree, Round
from rounds.services import results, transitions
from rounds.services.voiding import void_round
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game, wait_until
from tests.support.threads import at_once


def _ended(count: int = 2) -> list[Round]:
    rounds = commit_rounds(new_game(), count=count, timing=Timing(betting=0.05, pause=0.02))
    drive(rounds)
    return [again(one) for one in rounds]


def _part(one: Round) -> dict[str, Any]:
    document = json.loads(Client().get(f"/api/v1/rounds/{one.pk}/proof").content)
    part: dict[str, Any] = document["result"]
    return part


@pytest.mark.usefixtures("db")
def test_every_ended_round_has_its_result_at_its_place_in_the_tree() -> None:
    rounds = commit_rounds(new_game(), count=3, timing=Timing(betting=0.05, pause=0.02))
    void_round(round_id=rounds[1].pk, reason="test", actor="test")
    drive(rounds)
    wait_until(rounds[2].closes_at)
    transitions.reveal_void()

    tree = results.make_tree(even_if_few=True)

    assert tree is not None
    assert Root.objects.get(seq=tree.anchor_seq).kind == 2
    own = [again(one) for one in rounds]
    assert [one.results_tree_id for one in own] == [tree.pk] * 3
    leaves = list(result_leaves(selectors.results_of(tree.pk)))
    assert root_of([leaf_hash(leaf) for leaf in leaves]) == bytes(tree.root)
    assert len(leaves) == tree.size
    decoded = [ResultLeaf.decode(leaves[one.results_index or 0]) for one in own]
    assert [leaf.status for leaf in decoded] == [ResultStatus.DRAWN, ResultStatus.VOID, ResultStatus.DRAWN]
    assert [leaf.cause for leaf in decoded] == [VoidCause.NONE, VoidCause.STAFF, VoidCause.NONE]
    for one, leaf in zip(own, decoded, strict=True):
        [commit] = commit_leaves([one])
        assert leaf.commit_leaf_hash == leaf_hash(commit)
        assert leaf.seed == bytes(one.server_seed or b"")
        assert leaf.numbers == tuple(one.numbers_drawn or ())


@pytest.mark.usefixtures("db")
def test_the_document_of_a_round_proves_its_result() -> None:
    one = _ended(1)[0]
    assert _part(one) is None
    results.make_tree(even_if_few=True)
    part = _part(one)
    verify_inclusion(
        leaf_hash=leaf_hash(bytes.fromhex(part["leaf"])),
        index=part["index"],
        size=part["size"],
        path=[bytes.fromhex(step) for step in part["path"]],
        root=bytes.fromhex(part["root"]),
    )


@pytest.mark.usefixtures("db")
def test_a_tree_is_made_when_enough_wait_or_the_oldest_has_waited(settings: Any) -> None:
    results.make_tree(even_if_few=True)
    _ended(2)
    settings.RESULTS_SECONDS, settings.RESULTS_MAX = 600, 3
    assert results.make_tree() is None
    settings.RESULTS_MAX = 2
    tree = results.make_tree()
    assert tree is not None
    assert tree.size == 2
    _ended(1)
    settings.RESULTS_SECONDS = 0
    tree = results.make_tree()
    assert tree is not None
    assert tree.size == 1
    assert results.make_tree(even_if_few=True) is None


@pytest.mark.usefixtures("db")
def test_a_void_round_waits_for_its_seed_before_its_result() -> None:
    one = commit_rounds(new_game(), timing=Timing(opens_in=0.1, betting=0.6))[0]
    void_round(round_id=one.pk, reason="test", actor="test")
    results.make_tree(even_if_few=True)
    assert again(one).results_tree_id is None
    wait_until(one.closes_at)
    transitions.reveal_void()
    results.make_tree(even_if_few=True)
    assert again(one).results_tree_id is not None


@pytest.mark.usefixtures("db")
def test_the_database_refuses_any_change_of_a_round_whose_result_is_in_a_tree() -> None:
    one = _ended(1)[0]
    results.make_tree(even_if_few=True)
    for changes in ({"results_index": 7}, {"void_reason": "late"}, {"results_tree": None, "results_index": None}):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            Round.objects.filter(pk=one.pk).update(**changes)
    with pytest.raises(DatabaseError), transaction.atomic():
        ResultsTree.objects.filter(pk=again(one).results_tree_id).update(size=1)


@pytest.mark.usefixtures("committed")
def test_two_makers_at_once_put_no_round_into_two_trees() -> None:
    rounds = _ended(3)
    made = at_once([lambda: results.make_tree(even_if_few=True)] * 4)
    assert sum(tree is not None for tree in made) == 1
    assert len({again(one).results_tree_id for one in rounds}) == 1


@pytest.mark.usefixtures("committed")
def test_without_the_lock_two_makers_do_reach_for_the_same_rounds() -> None:
    """The control: the second maker is stopped by the database alone, and its tree is undone."""
    round_ids = [one.pk for one in _ended(3)]

    def make_without_the_lock() -> str:
        try:
            with transaction.atomic():
                results._make(round_ids)
        except (RuntimeError, DatabaseError) as error:
            return type(error).__name__
        return "made"

    outcomes = at_once([make_without_the_lock] * 2)
    assert outcomes.count("made") == 1
    assert len(set(outcomes)) == 2
    results.make_tree(even_if_few=True)


@pytest.mark.usefixtures("db")
def test_a_path_in_a_big_epoch_is_built_from_one_chunk() -> None:
    rounds = commit_rounds(new_game(), count=600, timing=Timing(opens_in=60, betting=0.02, pause=0.01))
    document = json.loads(Client().get(f"/api/v1/rounds/{rounds[0].pk}/proof").content)
    assert document["commit"]["size"] == 600
    for index in (0, 255, 256, 511, 512, 599):
        one = rounds[index]
        part = json.loads(Client().get(f"/api/v1/rounds/{one.pk}/proof").content)["commit"]
        assert part["index"] == one.leaf_index
        verify_inclusion(
            leaf_hash=leaf_hash(bytes.fromhex(part["leaf"])),
            index=part["index"],
            size=600,
            path=[bytes.fromhex(step) for step in part["path"]],
            root=bytes.fromhex(part["root"]),
        )


@pytest.mark.usefixtures("db")
class TestEpochKeys:
    """An epoch's key is public after its end, and at no moment before."""

    def test_the_key_is_published_when_the_epoch_is_over_and_gives_every_seed(self, settings: Any) -> None:
        settings.EPOCH_KEY_DELAY_SECONDS = 0
        rounds = _ended(2)
        epoch = rounds[0].epoch
        wait_until(epoch.ends_at)
        assert epoch.pk in results.publish_epoch_keys()
        key = selectors.published_keys([epoch.pk])[epoch.pk]
        for one in rounds:
            seed = derive_seed(epoch_key=key, stream=one.game.stream, round_number=one.number)
            assert seed == bytes(one.server_seed or b"")
        document = json.loads(Client().get(f"/api/v1/rounds/{rounds[0].pk}/proof").content)
        assert document["epoch"]["key"] == key.hex()
        assert epoch.pk not in results.publish_epoch_keys()

    def test_custody_refuses_it_before_the_delay_has_passed(self, settings: Any) -> None:
        settings.EPOCH_KEY_DELAY_SECONDS = 900
        one = _ended(1)[0]
        assert one.epoch_id not in results.publish_epoch_keys()
        with pytest.raises(custody.NotYet):
            custody.key_of_ended_epoch(one.epoch_id)

    def test_custody_refuses_it_while_a_round_of_the_epoch_has_not_ended(self, settings: Any) -> None:
        settings.EPOCH_KEY_DELAY_SECONDS = 0
        rounds = commit_rounds(new_game(), count=2, timing=Timing(betting=0.5))
        drive(rounds[:1])
        wait_until(rounds[0].epoch.ends_at)
        with pytest.raises(custody.NotYet):
            custody.key_of_ended_epoch(rounds[0].epoch_id)
        assert rounds[0].epoch_id not in results.publish_epoch_keys()

    def test_custody_refuses_it_while_a_void_round_could_still_have_taken_bets(self, settings: Any) -> None:
        settings.EPOCH_KEY_DELAY_SECONDS = -3600
        one = commit_rounds(new_game(), timing=Timing(opens_in=30, betting=5))[0]
        void_round(round_id=one.pk, reason="test", actor="test")
        with pytest.raises(custody.NotYet):
            custody.key_of_ended_epoch(one.epoch_id)
