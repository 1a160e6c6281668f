"""Trees: the RFC's recursive definition, and proofs that hold for one position of one tree only."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairness.errors import InclusionProofInvalid, InputInvalid
from fairness.merkle import (
    EMPTY_ROOT,
    audit_path,
    audit_path_from_chunk,
    audit_paths,
    leaf_hash,
    level_nodes,
    node_hash,
    root_of,
    verify_inclusion,
)


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(i.to_bytes(4, "big")) for i in range(size)]


def split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def rfc_root(hashes: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    return hashlib.sha256(b"\x01" + rfc_root(hashes[:k]) + rfc_root(hashes[k:])).digest()


def rfc_path(index: int, hashes: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1, word for word."""
    if len(hashes) == 1:
        return []
    k = split(len(hashes))
    if index < k:
        return [*rfc_path(index, hashes[:k]), rfc_root(hashes[k:])]
    return [*rfc_path(index - k, hashes[k:]), rfc_root(hashes[:k])]


def test_an_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    assert root_of([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_leaves_and_nodes_are_hashed_in_separate_domains() -> None:
    left, right = leaf_hash(b"l"), leaf_hash(b"r")
    assert leaf_hash(left + right) != node_hash(left, right)
    assert leaf_hash(b"l") == hashlib.sha256(b"\x00l").digest()
    assert node_hash(left, right) == hashlib.sha256(b"\x01" + left + right).digest()


def test_roots_and_paths_of_all_small_trees_are_the_rfcs() -> None:
    for size in range(1, 71):
        hashes = leaves(size)
        root = root_of(hashes)
        assert root == rfc_root(hashes)
        for index, path in enumerate(audit_paths(hashes, range(size))):
            assert path == rfc_path(index, hashes) == audit_path(hashes, index)
            verify_inclusion(leaf_hash=hashes[index], index=index, size=size, path=path, root=root)


def test_in_all_small_trees_a_proof_holds_for_no_other_index() -> None:
    for size in range(2, 40):
        hashes = leaves(size)
        root, paths = root_of(hashes), audit_paths(hashes, range(size))
        for index, path in enumerate(paths):
            for other in {*range(-1, size + 2)} - {index}:
                with pytest.raises(InclusionProofInvalid):
                    verify_inclusion(leaf_hash=hashes[index], index=other, size=size, path=path, root=root)


@given(size=st.integers(71, 5000), data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_proof_in_a_large_tree_holds_and_no_changed_one_does(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    root, path = root_of(hashes), audit_path(hashes, index)
    leaf = hashes[index]
    verify_inclusion(leaf_hash=leaf, index=index, size=size, path=path, root=root)

    at, bit = data.draw(st.integers(0, len(path) - 1)), 1 << data.draw(st.integers(0, 255))
    bent = [*path[:at], flip(path[at], bit), *path[at + 1 :]]
    wrong: list[tuple[bytes, int, list[bytes], bytes]] = [
        (leaf, index, bent, root),
        (leaf, index, path[:-1], root),
        (leaf, index, [*path, path[-1]], root),
        (leaf, index, path, flip(root, bit)),
        (flip(leaf, bit), index, path, root),
        (leaf, (index + data.draw(st.integers(1, size - 1))) % size, path, root),
        (leaf, index, [*path[:-1], path[-1][:-1]], root),
        (leaf, size, path, root),
        (leaf, -1, path, root),
    ]
    for changed_leaf, changed_index, changed_path, changed_root in wrong:
        with pytest.raises(InclusionProofInvalid):
            verify_inclusion(
                leaf_hash=changed_leaf, index=changed_index, size=size, path=changed_path, root=changed_root
            )


def flip(digest: bytes, bit: int) -> bytes:
    return (int.from_bytes(digest, "big") ^ bit).to_bytes(32, "big")


@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_a_path_longer_than_its_tree_is_refused_even_if_it_leads_to_the_root(size: int) -> None:
    hashes, extra = leaves(size), leaf_hash(b"extra")
    path = [*audit_path(hashes, 0), extra]
    for root in (node_hash(extra, root_of(hashes)), node_hash(root_of(hashes), extra)):
        with pytest.raises(InclusionProofInvalid, match="too long"):
            verify_inclusion(leaf_hash=hashes[0], index=0, size=size, path=path, root=root)


def test_nothing_is_proven_in_an_empty_tree() -> None:
    with pytest.raises(InclusionProofInvalid):
        verify_inclusion(leaf_hash=EMPTY_ROOT, index=0, size=0, path=[], root=EMPTY_ROOT)


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_path_of_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(InputInvalid):
        audit_path(leaves(3), index)


def test_an_epoch_of_a_hundred_thousand_leaves_has_proofs_of_seventeen_hashes() -> None:
    hashes = leaves(100_000)
    root = root_of(hashes)
    for index, path in zip((0, 65_535, 99_999), audit_paths(hashes, (0, 65_535, 99_999)), strict=True):
        assert len(path) <= 17
        verify_inclusion(leaf_hash=hashes[index], index=index, size=100_000, path=path, root=root)


def from_chunk(hashes: list[bytes], nodes: list[bytes], index: int, depth: int) -> list[bytes]:
    first = index >> depth << depth
    chunk = hashes[first : first + (1 << depth)]
    return audit_path_from_chunk(chunk, nodes, index=index, size=len(hashes), depth=depth)


def test_in_all_small_trees_a_stored_level_and_one_chunk_give_every_path() -> None:
    for size in range(1, 71):
        hashes = leaves(size)
        paths = audit_paths(hashes, range(size))
        for depth in range(9):
            nodes = level_nodes(hashes, depth)
            assert nodes == [root_of(hashes[at : at + (1 << depth)]) for at in range(0, size, 1 << depth)]
            for index in range(size):
                assert from_chunk(hashes, nodes, index, depth) == paths[index]


@pytest.mark.parametrize("depth", [1, 3, 8])
def test_up_to_600_leaves_a_stored_level_and_one_chunk_give_the_same_path(depth: int) -> None:
    every = leaves(600)
    for size in range(71, 601):
        hashes = every[:size]
        nodes = level_nodes(hashes, depth)
        edges = {
            0,
            1,
            size // 2,
            size - 2,
            size - 1,
            (size - 1) >> depth << depth,
            max(((size - 1) >> depth << depth) - 1, 0),
        }
        for index in edges:
            assert from_chunk(hashes, nodes, index, depth) == audit_path(hashes, index)


@given(size=st.integers(601, 100_000), depth=st.integers(0, 18), data=st.data())
@settings(max_examples=15, deadline=None)
def test_in_a_large_tree_a_path_from_a_chunk_holds(size: int, depth: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    nodes = level_nodes(hashes, depth)
    index = data.draw(st.integers(0, size - 1))
    path = from_chunk(hashes, nodes, index, depth)
    verify_inclusion(leaf_hash=hashes[index], index=index, size=size, path=path, root=root_of(hashes))


def test_parts_of_another_tree_are_refused() -> None:
    hashes = leaves(20)
    nodes = level_nodes(hashes, 3)
    with pytest.raises(InputInvalid):
        level_nodes(hashes, -1)
    for chunk, level, index, size in (
        (hashes[:8], nodes, 20, 20),
        (hashes[:8], nodes, -1, 20),
        (hashes[:7], nodes, 0, 20),
        (hashes[16:], nodes, 0, 20),
        (hashes[:8], nodes[:2], 0, 20),
        (hashes[:8], nodes, 0, 25),
    ):
        with pytest.raises(InputInvalid):
            audit_path_from_chunk(chunk, level, index=index, size=size, depth=3)
    with pytest.raises(InputInvalid):
        audit_path_from_chunk(hashes, hashes, index=0, size=20, depth=-1)
