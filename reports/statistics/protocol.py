"""
Draws by the whole of KPS-1, from an epoch key that belongs to no round. Pure Python, for worker processes.

Each draw has what a round has: a seed derived from the key, its commitment, the encoded COMMIT leaf and its hash, a
beacon round by the rule, and the key of the draw. One part stands in for the real one: the beacon's 48 bytes are a hash
here, because a signature takes a millisecond and a million of them half an hour. The draw only ever sees their SHA-256.
"""

import hashlib
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from uuid import UUID

from fairness.draw import DRAW_SIZE, draw_key, draw_numbers
from fairness.hashing import sha256
from fairness.merkle import leaf_hash
from fairness.messages import CommitLeaf
from fairness.networks import QUICKNET, beacon_round_for
from fairness.rules import rules_hash, rules_text
from fairness.seeds import commit_seed, derive_seed

STREAM = UUID("6b656e6f-2073-4461-b469-737469637321")
"""A stream that no game has: those of games are random."""
CHUNK = 5_000
"""Draws a worker makes at a time, about a tenth of a second."""
FIRST_OPEN_MS, INTERVAL_MS, BETTING_MS = 1_800_000_000_000, 10_000, 5_000
_KEY_DOMAIN = b"KENO-STATISTICS-KEY\0"
_BEACON_DOMAIN = b"KENO-STATISTICS-BEACON\0"
_RULES_HASH = rules_hash(rules_text(network_name=QUICKNET.name))

Progress = Callable[[int], None]


def epoch_key_of(seed: str) -> bytes:
    """The 32-byte epoch key of a run, derived from any text. It has nothing to do with the keys of real epochs."""
    return sha256(_KEY_DOMAIN + seed.encode())


def draw_round(*, epoch_key: bytes, round_number: int) -> tuple[int, ...]:
    """The 20 numbers of one round of the run, in the order of the draw."""
    seed = derive_seed(epoch_key=epoch_key, stream=STREAM, round_number=round_number)
    leaf = commit_leaf(round_number=round_number, seed=seed)
    key = draw_key(
        seed=seed,
        commit_leaf_hash=leaf_hash(leaf.encode()),
        beacon_signature=pseudo_beacon(epoch_key=epoch_key, beacon_round=leaf.beacon_round),
    )
    return draw_numbers(key=key)


def commit_leaf(*, round_number: int, seed: bytes) -> CommitLeaf:
    """What such a round would have committed to: a game of ten seconds on the network `drand-quicknet`."""
    open_ms = FIRST_OPEN_MS + (round_number - 1) * INTERVAL_MS
    close_ms = open_ms + BETTING_MS
    return CommitLeaf(
        stream=STREAM,
        round_number=round_number,
        open_ms=open_ms,
        close_ms=close_ms,
        beacon_chain_hash=QUICKNET.chain_hash,
        beacon_round=beacon_round_for(QUICKNET, close_ms),
        rules_hash=_RULES_HASH,
        commitment=commit_seed(stream=STREAM, round_number=round_number, seed=seed),
    )


def pseudo_beacon(*, epoch_key: bytes, beacon_round: int) -> bytes:
    """48 bytes in place of a BLS signature."""
    return hashlib.sha384(_BEACON_DOMAIN + epoch_key + beacon_round.to_bytes(8, "big")).digest()


def draw_many(*, epoch_key: bytes, draws: int, processes: int, progress: Progress = lambda done: None) -> bytes:
    """
    The rounds 1 to `draws` of the run, 20 bytes each in the order of the draw: the same for any number of processes.

    `progress` is told after each part how many draws are made.
    """
    done = bytearray()
    for part in _parts(epoch_key, draws, processes):
        done += part
        progress(len(done) // DRAW_SIZE)
    return bytes(done)


def default_processes() -> int:
    """As many as this machine has processors."""
    return os.cpu_count() or 1


def _parts(epoch_key: bytes, draws: int, processes: int) -> Iterator[bytes]:
    starts = range(1, draws + 1, CHUNK)
    chunk = partial(_draw_chunk, epoch_key, draws)
    if processes == 1 or len(starts) == 1:
        yield from map(chunk, starts)
        return
    # Not forked: a copy of this process would hold its connections to the database.
    pool = ProcessPoolExecutor(min(processes, len(starts)), get_context("spawn"), initializer=leave_ctrl_c_to_parent)
    try:
        yield from pool.map(chunk, starts)
    finally:
        pool.shutdown(cancel_futures=True)


def _draw_chunk(epoch_key: bytes, draws: int, first: int) -> bytes:
    last = min(first + CHUNK - 1, draws)
    return b"".join(bytes(draw_round(epoch_key=epoch_key, round_number=n)) for n in range(first, last + 1))


def leave_ctrl_c_to_parent() -> None:
    """In a worker process: Ctrl-C is for the process that started it, which ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
