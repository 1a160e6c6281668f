"""The draw: the protocol's text followed a second way, and numbers that come up as often as they should."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairness.draw import draw_key, draw_numbers
from fairness.errors import InputInvalid

# Upper tail of chi-square with 79 degrees of freedom, one in ten thousand.
CHI_SQUARE_79 = 133.3
DRAWS = 20_000


def byte_stream(key: bytes) -> Iterator[int]:
    block = 0
    while True:
        yield from hmac.new(key, block.to_bytes(4, "big"), hashlib.sha256).digest()
        block += 1


def slow_draw(key: bytes) -> tuple[list[int], int]:
    """The protocol's lines, one by one; also counts the bytes that were rejected."""
    source, pool, rejected = byte_stream(key), list(range(1, 81)), 0
    for i in range(20):
        n = 80 - i
        while (x := next(source)) >= 256 - (256 % n):
            rejected += 1
        j = i + x % n
        pool[i], pool[j] = pool[j], pool[i]
    return pool[:20], rejected


@given(key=st.binary(min_size=32, max_size=32))
def test_a_draw_is_what_the_protocols_lines_give(key: bytes) -> None:
    numbers = draw_numbers(key=key)
    assert list(numbers) == slow_draw(key)[0]
    assert len(set(numbers)) == 20
    assert all(1 <= number <= 80 for number in numbers)


def test_a_draw_that_needs_a_second_block_of_bytes_goes_on_with_it() -> None:
    # 13 or more rejections happen about once in 15,000 draws; count up until one is found.
    keys = (hashlib.sha256(b"long draw %d" % i).digest() for i in range(200_000))
    key = next(key for key in keys if slow_draw(key)[1] > 12)
    assert list(draw_numbers(key=key)) == slow_draw(key)[0]


def test_published_draws_reject_as_many_bytes_as_published(vectors: dict[str, Any]) -> None:
    for case in vectors["draws"]:
        assert slow_draw(bytes.fromhex(case["key"])) == (case["numbers"], case["rejected_bytes"])


def test_every_part_of_the_key_changes_it() -> None:
    seed, leaf, signature = b"s" * 32, b"l" * 32, b"b" * 48
    keys = {
        draw_key(seed=seed, commit_leaf_hash=leaf, beacon_signature=signature),
        draw_key(seed=leaf, commit_leaf_hash=leaf, beacon_signature=signature),
        draw_key(seed=seed, commit_leaf_hash=seed, beacon_signature=signature),
        draw_key(seed=seed, commit_leaf_hash=leaf, beacon_signature=b"c" * 48),
        draw_key(seed=seed, commit_leaf_hash=leaf, beacon_signature=None),
    }
    assert len(keys) == 5


@pytest.mark.parametrize(
    ("seed", "leaf", "signature"),
    [(31, 32, 48), (32, 33, 48), (32, 32, 47), (32, 32, 96), (32, 32, 0)],
)
def test_a_part_of_the_wrong_length_is_refused(seed: int, leaf: int, signature: int) -> None:
    with pytest.raises(InputInvalid):
        draw_key(seed=bytes(seed), commit_leaf_hash=bytes(leaf), beacon_signature=bytes(signature))
    with pytest.raises(InputInvalid):
        draw_numbers(key=bytes(31))


def chi_square(draw: Callable[[bytes], tuple[int, ...]]) -> float:
    """
    Chi-square over how often each number came up. The 20 numbers of a draw exclude each other, which shrinks
    the naive sum from a mean of 79 to one of 60; 79/60 puts it back.
    """
    counts = [0] * 81
    for i in range(DRAWS):
        for number in draw(hashlib.sha256(b"chi-square %d" % i).digest()):
            counts[number] += 1
    expected = DRAWS * 20 / 80
    return sum((count - expected) ** 2 / expected for count in counts[1:]) * 79 / 60


def test_all_numbers_come_up_equally_often() -> None:
    assert chi_square(lambda key: draw_numbers(key=key)) < CHI_SQUARE_79


def test_first_balls_are_equally_often_each_number() -> None:
    counts = [0] * 81
    for i in range(DRAWS):
        counts[draw_numbers(key=hashlib.sha256(b"first ball %d" % i).digest())[0]] += 1
    assert sum((count - DRAWS / 80) ** 2 / (DRAWS / 80) for count in counts[1:]) < CHI_SQUARE_79


def test_the_statistic_would_notice_a_draw_that_rejects_nothing() -> None:
    def biased(key: bytes) -> tuple[int, ...]:
        source, pool = byte_stream(key), list(range(1, 81))
        for i in range(20):
            j = i + next(source) % (80 - i)
            pool[i], pool[j] = pool[j], pool[i]
        return tuple(pool[:20])

    assert chi_square(biased) > 10 * CHI_SQUARE_79
