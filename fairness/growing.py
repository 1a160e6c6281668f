"""
Hash trees that only grow (RFC 9162): adding leaves without reading the old ones, audit paths and consistency paths
from stored nodes, and the check that a larger tree has a smaller one as its beginning.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hmac import compare_digest

from fairness.errors import InputInvalid
from fairness.hashing import DIGEST_BYTES
from fairness.merkle import EMPTY_ROOT, node_hash
from fairness.record.errors import ConsistencyProofInvalid

ReadNode = Callable[[int, int], bytes]
"""Level and index of a node over `2**level` leaves that are all there: its hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A complete node: the root over the leaves from `index << level` on, `1 << level` of them."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """
    All that must be known of a tree to let it grow: its size, and the roots of its complete parts, largest first.

    :raises InputInvalid: a tree of this size has another number of such parts.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or self.size.bit_count() != len(self.peaks):
            raise InputInvalid(f"a tree of {self.size} has not {len(self.peaks)} complete parts")

    @property
    def root(self) -> bytes:
        """The root of the tree; of no leaves, the SHA-256 of nothing."""
        if not self.peaks:
            return EMPTY_ROOT
        *rest, root = self.peaks
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root

    def grown(self, leaf_hashes: Iterable[bytes], *, keep_every: int) -> "tuple[Frontier, list[Node]]":
        """The tree with these leaves added, and the nodes thereby completed on every `keep_every`-th level."""
        peaks, size, completed = list(self.peaks), self.size, list[Node]()
        for leaf in leaf_hashes:
            node, level, index = leaf, 0, size
            while index & 1:
                node, level, index = node_hash(peaks.pop(), node), level + 1, index >> 1
                if level % keep_every == 0:
                    completed.append(Node(level=level, index=index, hash=node))
            peaks.append(node)
            size += 1
        return Frontier(size=size, peaks=tuple(peaks)), completed


def inclusion_path(read: ReadNode, *, index: int, size: int) -> list[bytes]:
    """
    The audit path of one leaf in the tree of the first `size` leaves, leaf side first.

    :raises InputInvalid: there is no such leaf.
    """
    if not 0 <= index < size:
        raise InputInvalid(f"no leaf {index} in a tree of {size}")
    path, start = [], 0
    while size > 1:
        left = _split(size)
        if index - start < left:
            path.append(range_root(read, start=start + left, size=size - left))
            size = left
        else:
            path.append(range_root(read, start=start, size=left))
            start, size = start + left, size - left
    return path[::-1]


def consistency_path(read: ReadNode, *, first: int, second: int) -> list[bytes]:
    """
    What shows that the tree of `second` leaves begins with the tree of `first` (RFC 9162, 2.1.4.1).

    :raises InputInvalid: the first is larger.
    """
    if not 0 <= first <= second:
        raise InputInvalid(f"a tree of {second} does not begin with one of {first}")
    if first in (0, second):
        return []
    path, start, size, whole = list[bytes](), 0, second, True
    while start + size != first:
        left = _split(size)
        if first - start <= left:
            path.append(range_root(read, start=start + left, size=size - left))
            size = left
        else:
            path.append(range_root(read, start=start, size=left))
            start, size, whole = start + left, size - left, False
    return ([] if whole else [range_root(read, start=start, size=size)]) + path[::-1]


def range_root(read: ReadNode, *, start: int, size: int) -> bytes:
    """The root over `size` leaves from `start` on, where `start` is a multiple of the power of two that covers them."""
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    left = _split(size)
    return node_hash(range_root(read, start=start, size=left), range_root(read, start=start + left, size=size - left))


def verify_consistency(
    *, first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]
) -> None:
    """
    Check that the tree of `second` leaves begins with the tree of `first` (RFC 9162, 2.1.4.2).

    :raises ConsistencyProofInvalid: it does not, or the proof has the wrong shape.
    """
    if not 0 <= first <= second:
        raise ConsistencyProofInvalid(f"a tree of {second} cannot begin with one of {first}")
    if any(len(part) != DIGEST_BYTES for part in (first_root, second_root, *path)):
        raise ConsistencyProofInvalid("a hash in the proof has not 32 bytes")
    if first in (0, second):
        _require_trivial(first, second, first_root, second_root, path)
        return
    _climb(first, second, first_root, second_root, [first_root, *path] if first & (first - 1) == 0 else list(path))


def _require_trivial(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> None:
    expected = second_root if first == second else EMPTY_ROOT
    if path or not compare_digest(first_root, expected):
        raise ConsistencyProofInvalid(f"the tree of {first} is not the beginning of the tree of {second}")


def _climb(first: int, second: int, first_root: bytes, second_root: bytes, path: list[bytes]) -> None:
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    if not path:
        raise ConsistencyProofInvalid("the path is too short for these trees")
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            raise ConsistencyProofInvalid("the path is too long for these trees")
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ConsistencyProofInvalid("the path is too short for these trees")
    if not compare_digest(old, first_root):
        raise ConsistencyProofInvalid(f"the path does not lead to the root of the tree of {first}")
    if not compare_digest(new, second_root):
        raise ConsistencyProofInvalid(f"the path does not lead to the root of the tree of {second}")


def _split(size: int) -> int:
    """The largest power of two that is smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)
