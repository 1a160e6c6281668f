"""Trees that only grow: the same roots and paths as whole trees, and proofs that a larger begins with a smaller one."""

import random

import pytest

from fairness.errors import FairnessError, InputInvalid
from fairness.growing import Frontier, Node, consistency_path, inclusion_path, verify_consistency
from fairness.hashing import sha256
from fairness.merkle import audit_path, level_nodes, root_of, verify_inclusion
from fairness.record.errors import ConsistencyProofInvalid

LEAVES = [sha256(bytes([number])) for number in range(140)]


def read(level: int, index: int) -> bytes:
    """A node of the whole tree; only complete ones may be asked for."""
    first = index << level
    assert first + (1 << level) <= len(LEAVES)
    return root_of(LEAVES[first : first + (1 << level)])


def test_a_tree_grown_leaf_by_leaf_has_the_root_of_the_whole_one_at_every_size() -> None:
    frontier = Frontier()
    for size in range(len(LEAVES) + 1):
        assert frontier.root == root_of(LEAVES[:size])
        frontier, _ = frontier.grown(LEAVES[size : size + 1], keep_every=8)


@pytest.mark.parametrize("step", [1, 3, 17, 140])
def test_it_gives_every_completed_node_of_the_kept_levels_once(step: int) -> None:
    frontier, seen = Frontier(), list[Node]()
    for at in range(0, len(LEAVES), step):
        frontier, completed = frontier.grown(LEAVES[at : at + step], keep_every=3)
        seen += completed
    for level in (3, 6):
        found = [one.hash for one in sorted(seen, key=lambda one: one.index) if one.level == level]
        assert found == level_nodes(LEAVES, level)[: len(LEAVES) >> level]
    assert {one.level for one in seen} == {3, 6}


def test_its_paths_are_those_of_whole_trees_for_every_size_and_leaf() -> None:
    for size in range(1, 70):
        for index in range(size):
            assert inclusion_path(read, index=index, size=size) == audit_path(LEAVES[:size], index)


def test_every_smaller_tree_is_shown_to_be_the_beginning_of_every_larger_one() -> None:
    roots = [root_of(LEAVES[:size]) for size in range(70)]
    for second in range(70):
        for first in range(second + 1):
            path = consistency_path(read, first=first, second=second)
            verify_consistency(
                first=first, second=second, first_root=roots[first], second_root=roots[second], path=path
            )


def test_a_tree_with_one_leaf_changed_removed_or_moved_begins_with_no_honest_one() -> None:
    rng = random.Random(7)
    for _ in range(2_000):
        second = rng.randrange(2, 60)
        first = rng.randrange(1, second)
        path = consistency_path(read, first=first, second=second)
        forged = list(LEAVES[:first])
        match rng.randrange(3):
            case 0:
                forged[rng.randrange(first)] = sha256(rng.randbytes(8))
            case 1:
                del forged[rng.randrange(first)]
                forged.append(sha256(rng.randbytes(8)))
            case _:
                a, b = rng.randrange(first), rng.randrange(first)
                if a == b:
                    continue
                forged[a], forged[b] = forged[b], forged[a]
        with pytest.raises(ConsistencyProofInvalid):
            verify_consistency(
                first=first,
                second=second,
                first_root=root_of(forged),
                second_root=root_of(LEAVES[:second]),
                path=path,
            )


def test_a_proof_that_was_changed_anywhere_is_refused() -> None:
    rng = random.Random(11)
    for _ in range(2_000):
        second = rng.randrange(3, 60)
        first = rng.randrange(1, second)
        path = consistency_path(read, first=first, second=second)
        match rng.randrange(3):
            case 0:
                path[rng.randrange(len(path))] = sha256(rng.randbytes(8))
            case 1:
                del path[rng.randrange(len(path))]
            case _:
                path.insert(rng.randrange(len(path) + 1), sha256(rng.randbytes(8)))
        with pytest.raises(ConsistencyProofInvalid):
            verify_consistency(
                first=first,
                second=second,
                first_root=root_of(LEAVES[:first]),
                second_root=root_of(LEAVES[:second]),
                path=path,
            )


def test_paths_lead_to_the_root() -> None:
    for index in range(140):
        path = inclusion_path(read, index=index, size=140)
        verify_inclusion(leaf_hash=LEAVES[index], index=index, size=140, path=path, root=root_of(LEAVES))


@pytest.mark.parametrize(("first", "second"), [(3, 2), (-1, 2)])
def test_what_makes_no_sense_is_refused(first: int, second: int) -> None:
    with pytest.raises(InputInvalid):
        consistency_path(read, first=first, second=second)
    with pytest.raises(FairnessError):
        verify_consistency(first=first, second=second, first_root=bytes(32), second_root=bytes(32), path=[])
    with pytest.raises(InputInvalid):
        inclusion_path(read, index=2, size=2)
    with pytest.raises(InputInvalid):
        Frontier(size=3, peaks=())
