"""
How long drawing and verifying take: a draw, a round, a whole document with all its signatures and its place on a
chain, an epoch's tree. Needs no servers; run by `make bench`, or alone: python bench/fairness_bench.py
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fairness import ed25519
from fairness.chain import SavedEvidence  # after the path to it
from fairness.checks import Knowledge, open_case, verify_round
from fairness.draw import draw_key, draw_numbers
from fairness.hashing import sha256
from fairness.keccak import keccak_256
from fairness.merkle import audit_path, audit_path_from_chunk, leaf_hash, level_nodes, root_of
from fairness.verify import verify_draw, verify_rules
from tests.fairness.house import HOUSE_KEY, NETWORKS, NOW_MS, House, as_bytes

REPEATS = 7
EPOCH_SIZE, CHUNK_DEPTH = 90_000, 8
"""250 games with a round every ten seconds, for an hour."""

MICRO, MILLI = 1e-6, 1e-3


def main() -> None:
    house = House()
    leaves = [sha256(n.to_bytes(4, "big")) for n in range(EPOCH_SIZE)]
    nodes = level_nodes(leaves, CHUNK_DEPTH)
    chunk = leaves[256:512]
    print(f"{'work':<52}{'target':>10}{'measured':>14}{'ratio':>8}")
    row("draw 20 numbers, key included", 17 * MICRO, drawing(), times=2000)
    row("verify a round's draw, no beacon", 1 * MILLI, draw_of(house, "keno-none"), times=300)
    row("verify a round's draw, beacon's BLS included", 3 * MILLI, draw_of(house, "keno-10s"), times=100)
    row("all checks of a document and a bet, no beacon", 5 * MILLI, document_of(house, "keno-none"), times=50)
    row("all checks of a document and a bet, with BLS", 8 * MILLI, document_of(house, "keno-10s"), times=50)
    row(f"root of an epoch of {EPOCH_SIZE:,} leaves", 0.5, lambda: root_of(leaves), times=1)
    row("a path in it, from all leaves", 0.5, lambda: audit_path(leaves, 300), times=1)
    row(
        "a path in it, from a stored level and 256 leaves",
        1 * MILLI,
        lambda: audit_path_from_chunk(chunk, nodes, index=300, size=EPOCH_SIZE, depth=CHUNK_DEPTH),
        times=50,
    )
    row("an Ed25519 signature, with cryptography", 0.5 * MILLI, signature(ed25519.BACKENDS[0]), times=100)
    row("an Ed25519 signature, in pure Python", 10 * MILLI, signature(ed25519.BACKENDS[1]), times=20)
    row("Keccak-256 of a block, in pure Python", 1 * MILLI, lambda: keccak_256(bytes(81)), times=100)
    print(f"  medians of {REPEATS}")


def row(work: str, target_s: float, do: Callable[[], object], *, times: int) -> None:
    """Measure and print one line. A ratio below 1 is within the target."""
    do()
    measured = statistics.median(measure(do, times) for _ in range(REPEATS))
    print(f"{work:<52}{shown(target_s):>10}{shown(measured):>14}{measured / target_s:>8.2f}", flush=True)


def measure(do: Callable[[], object], times: int) -> float:
    """Seconds for one."""
    began = time.perf_counter()
    for _ in range(times):
        do()
    return (time.perf_counter() - began) / times


def shown(seconds: float) -> str:
    return f"{seconds / MILLI:,.2f} ms" if seconds >= 0.1 * MILLI else f"{seconds / MICRO:.1f} us"


def drawing() -> Callable[[], object]:
    seed, leaf, signed = sha256(b"seed"), sha256(b"leaf"), sha256(b"beacon") + bytes(16)
    return lambda: draw_numbers(key=draw_key(seed=seed, commit_leaf_hash=leaf, beacon_signature=signed))


def draw_of(house: House, game: str) -> Callable[[], object]:
    """The commitment's rules and network, the seed, the beacon where there is one, the numbers."""
    one, network = house.rounds[game, 2], NETWORKS[game]
    text = house.document(game, 2)["rules"]

    def verify() -> None:
        verify_rules(commit=one.commit, text=text, network=network)
        verify_draw(commit=one.commit, seed=one.seed, beacon_signature=one.beacon, network=network, numbers=one.numbers)

    return verify


def document_of(house: House, game: str) -> Callable[[], object]:
    """
    All thirteen checks from the bytes of both documents, with seven different signatures; what the chain says is read
    already, as for all but the first round of an epoch.
    """
    document, bet = as_bytes(house.document(game, 2)), as_bytes(house.bet_document(game, 2, 0))
    chain = SavedEvidence.parse(as_bytes(house.evidence()))
    known = Knowledge(now_ms=NOW_MS, keys=frozenset([HOUSE_KEY.public]), chain=chain, strict=True)

    def verify() -> None:
        ed25519._verifies.cache_clear()
        verify_round(open_case(document=document, bet=bet, known=known))

    return verify


def signature(backend: str) -> Callable[[], object]:
    chosen, message = ed25519.load_backend(backend), leaf_hash(b"message")
    signed = HOUSE_KEY.sign(message)
    return lambda: chosen.verifies(public_key=HOUSE_KEY.public, message=message, signature=signed)


if __name__ == "__main__":
    main()
