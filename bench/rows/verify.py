"""How long it takes to check a round: the draw alone, whole documents, an epoch's tree, signatures."""

import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import TYPE_CHECKING

from bench.harness import Bench, Row, meets

if TYPE_CHECKING:
    from tests.fairness.house import House

ORDER, SECONDS = 120, 4
REPEATS = 7
EPOCH_SIZE, CHUNK_DEPTH = 90_000, 8
"""250 games with a round every ten seconds, for an hour."""
MILLI, MICRO = 1e3, 1e6


def run(bench: Bench) -> Iterable[Row]:
    from fairness import ed25519
    from fairness.hashing import sha256
    from fairness.keccak import keccak_256
    from fairness.merkle import audit_path, audit_path_from_chunk, level_nodes, root_of
    from tests.fairness.house import House

    house = House()

    def row(name: str, target: str, do: Callable[[], object], *, times: int) -> Row:
        return _row(bench, name, target, do, times=times)

    yield row("verify a round's draw, no beacon", "<= 1 ms", _draw_of(house, "keno-none"), times=300)
    yield row("verify a round's draw, the beacon's BLS included", "<= 3 ms", _draw_of(house, "keno-10s"), times=100)
    yield row("draw 20 numbers, key included", "<= 17 us", _drawing(), times=2000)
    yield row("all checks of a document and a bet, no beacon", "<= 5 ms", _document_of(house, "keno-none"), times=50)
    yield row("all checks of a document and a bet, with BLS", "<= 8 ms", _document_of(house, "keno-10s"), times=50)
    yield row("an Ed25519 signature, with cryptography", "<= 0.5 ms", _signature(ed25519.BACKENDS[0]), times=100)
    yield row("an Ed25519 signature, in pure Python", "<= 10 ms", _signature(ed25519.BACKENDS[1]), times=20)
    yield row("Keccak-256 of a block, in pure Python", "<= 1 ms", lambda: keccak_256(bytes(81)), times=100)
    leaves = [sha256(n.to_bytes(4, "big")) for n in range(bench.scale(EPOCH_SIZE, EPOCH_SIZE // 10))]
    nodes, chunk, size = level_nodes(leaves, CHUNK_DEPTH), leaves[256:512], len(leaves)
    yield row(f"root of an epoch of {size:,} leaves", "<= 500 ms", lambda: root_of(leaves), times=1)
    yield row("a path in it, from all leaves", "<= 500 ms", lambda: audit_path(leaves, 300), times=1)
    yield row(
        "a path in it, from a stored level and 256 leaves",
        "<= 1 ms",
        lambda: audit_path_from_chunk(chunk, nodes, index=300, size=size, depth=CHUNK_DEPTH),
        times=50,
    )


def _row(bench: Bench, name: str, target: str, do: Callable[[], object], *, times: int) -> Row:
    """A median of some repeats, each the mean of so many times. There is no yardstick: the target is a time."""
    unit, scale = ("us", MICRO) if target.endswith("us") else ("ms", MILLI)
    do()
    times = max(1, times // bench.scale(1, 20))
    samples = tuple(_seconds(do, times) * scale for _ in range(bench.scale(REPEATS, 3)))
    value = median(samples)
    return Row(name=name, value=value, unit=unit, target=target, met=meets(target, value), samples=samples)


def _seconds(do: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        do()
    return (time.perf_counter() - began) / times


def _drawing() -> Callable[[], object]:
    from fairness.draw import draw_key, draw_numbers
    from fairness.hashing import sha256

    seed, leaf, signed = sha256(b"seed"), sha256(b"leaf"), sha256(b"beacon") + bytes(16)
    return lambda: draw_numbers(key=draw_key(seed=seed, commit_leaf_hash=leaf, beacon_signature=signed))


def _draw_of(house: "House", game: str) -> Callable[[], object]:
    """The commitment's rules and network, the seed, the beacon where there is one, the numbers."""
    from fairness.verify import verify_draw, verify_rules
    from tests.fairness.house import NETWORKS

    one, network = house.rounds[game, 2], NETWORKS[game]
    text = house.document(game, 2)["rules"]

    def verify() -> None:
        verify_rules(commit=one.commit, text=text, network=network)
        verify_draw(commit=one.commit, seed=one.seed, beacon_signature=one.beacon, network=network, numbers=one.numbers)

    return verify


def _document_of(house: "House", game: str) -> Callable[[], object]:
    """
    All thirteen checks from the bytes of both documents, with seven different signatures; what the chain says is read
    already, as for all but the first round of an epoch.
    """
    from fairness import ed25519
    from fairness.chain import SavedEvidence
    from fairness.checks import Knowledge, open_case, verify_round
    from tests.fairness.house import HOUSE_KEY, NOW_MS, as_bytes

    document, bet = as_bytes(house.document(game, 2)), as_bytes(house.bet_document(game, 2, 0))
    chain = SavedEvidence.parse(as_bytes(house.evidence()))
    known = Knowledge(now_ms=NOW_MS, keys=frozenset([HOUSE_KEY.public]), chain=chain, strict=True)

    def verify() -> None:
        ed25519._verifies.cache_clear()
        verify_round(open_case(document=document, bet=bet, known=known))

    return verify


def _signature(backend: str) -> Callable[[], object]:
    from fairness import ed25519
    from fairness.merkle import leaf_hash
    from tests.fairness.house import HOUSE_KEY

    chosen, message = ed25519.load_backend(backend), leaf_hash(b"message")
    signed = HOUSE_KEY.sign(message)
    return lambda: chosen.verifies(public_key=HOUSE_KEY.public, message=message, signature=signed)
