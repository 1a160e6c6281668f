"""Hash trees as in RFC 6962 and RFC 9162: roots, audit paths, and the check that a leaf is at its place."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from hmac import compare_digest
from itertools import islice

from fairness.errors import InclusionProofInvalid, InputInvalid
from fairness.hashing import DIGEST_BYTES, sha256

EMPTY_ROOT = sha256(b"")


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf. The zero byte in front keeps a leaf from posing as a node."""
    return sha256(b"\0" + data)


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return sha256(b"\1" + left + right)


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes, in this order; of no leaves, the SHA-256 of nothing."""
    if not leaf_hashes:
        return EMPTY_ROOT
    *_, top = _levels(leaf_hashes)
    return top[0]


def audit_path(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """
    The sibling hashes that lead from one leaf to the root, leaf side first.

    :raises InputInvalid: there is no leaf with this index.
    """
    return audit_paths(leaf_hashes, [index])[0]


def audit_paths(leaf_hashes: Sequence[bytes], indexes: Iterable[int]) -> list[list[bytes]]:
    """
    Audit paths of many leaves for the price of one tree, in the order of `indexes`.

    :raises InputInvalid: there is no leaf with one of these indexes.
    """
    wanted = list(indexes)
    size = len(leaf_hashes)
    for index in wanted:
        if not 0 <= index < size:
            raise InputInvalid(f"no leaf {index} in a tree of {size}")
    paths: list[list[bytes]] = [[] for _ in wanted]
    for depth, level in enumerate(_levels(leaf_hashes) if wanted else ()):
        for index, path in zip(wanted, paths, strict=True):
            sibling = (index >> depth) ^ 1
            if sibling < len(level):
                path.append(level[sibling])
    return paths


def level_nodes(leaf_hashes: Sequence[bytes], depth: int) -> list[bytes]:
    """
    The nodes `depth` levels above the leaves: node i is the root over the leaves from i * 2**depth on, as many as
    2**depth or as there are. With one level stored, a path needs the leaves below one node only.

    :raises InputInvalid: a tree has no level below its leaves.
    """
    if depth < 0:
        raise InputInvalid(f"a tree has no level {depth}")
    *_, nodes = islice(_levels(leaf_hashes), depth + 1)
    return list(nodes)


def audit_path_from_chunk(
    chunk: Sequence[bytes], nodes: Sequence[bytes], *, index: int, size: int, depth: int
) -> list[bytes]:
    """
    The audit path of leaf `index` in a tree of `size` leaves, from the stored `level_nodes` and the leaf hashes of
    the one chunk of 2**depth leaves in which it stands. Equal to `audit_path` over all leaves.

    :raises InputInvalid: there is no such leaf, or chunk and nodes are not those of such a tree.
    """
    if not 0 <= index < size:
        raise InputInvalid(f"no leaf {index} in a tree of {size}")
    if depth < 0 or len(nodes) != -(-size >> depth):
        raise InputInvalid(f"a tree of {size} has not {len(nodes)} nodes at level {depth}")
    place = index >> depth
    if len(chunk) != min(1 << depth, size - (place << depth)):
        raise InputInvalid(f"chunk {place} of a tree of {size} has not {len(chunk)} leaves")
    return audit_path(chunk, index - (place << depth)) + audit_path(nodes, place)


def verify_inclusion(*, leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """
    Check that the tree of `size` leaves with this root has this leaf at this index (RFC 9162, 2.1.3.2).

    :raises InclusionProofInvalid: it has not, or the proof has the wrong shape.
    """
    if not 0 <= index < size:
        raise InclusionProofInvalid(f"index {index} is outside a tree of {size}")
    if any(len(part) != DIGEST_BYTES for part in (leaf_hash, root, *path)):
        raise InclusionProofInvalid("a hash in the proof has not 32 bytes")
    node, last, found = index, size - 1, leaf_hash
    for sibling in path:
        if last == 0:
            raise InclusionProofInvalid("the path is too long for this tree")
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            # A last node without a sibling rises unchanged to the level where it is a right child.
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise InclusionProofInvalid("the path is too short for this tree")
    if not compare_digest(found, root):
        raise InclusionProofInvalid("the path does not lead to the root")


def _levels(leaf_hashes: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """
    The tree from its leaves to its root. A node left over at the end of a level rises unchanged, which gives
    the same tree as the RFC's splitting at the largest power of two.
    """
    digest = hashlib.sha256
    level = leaf_hashes
    yield level
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [digest(b"\1" + left + right).digest() for left, right in pairs]
        if len(level) & 1:
            above.append(level[-1])
        level = above
        yield level
