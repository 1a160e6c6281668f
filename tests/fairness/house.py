"""
An honest house in memory: keys, epochs, rounds, bets, closes, results, documents. Everything follows from texts, so
the same house comes out every time. What it signs and anchors is made without `fairness.checks` or `fairness.chain`.
"""

from collections.abc import Iterable
from uuid import UUID

from fairness.hashing import sha256
from fairness.merkle import leaf_hash, root_of
from fairness.messages import (
    CloseMessage,
    CommitLeaf,
    EpochStatement,
    VoidCause,
)
from fairness.networks import beacon_round_for
from fairness.rules import paytable_hash, rules_hash, rules_text
from fairness.seeds import commit_seed, derive_seed
from tests.fairness.chain import EPOCH, RESULTS, Anchoring, Chain
from tests.fairness.house_keys import (
    BEACON_SECRET,
    HOUSE_KEY,
    LOCAL,
    MULTIPLIERS,
    NETWORKS,
    NOW_MS,
    OPERATOR_KEYS,
    OPERATORS,
    PAYTABLE_ID,
    QUICK_CLOSES,
    STREAMS,
    T0,
    Document,
    SigningKey,
)
from tests.fairness.house_parts import anchor_at, as_bytes, close_part, sign, statement_part, tree_part
from tests.fairness.house_rounds import VOID, Bet, Epoch, Played, Results, bets_of, draw, outcome_of, result_of

__all__ = [
    "BEACON_SECRET",
    "HOUSE_KEY",
    "LOCAL",
    "MULTIPLIERS",
    "NETWORKS",
    "NOW_MS",
    "OPERATORS",
    "OPERATOR_KEYS",
    "PAYTABLE_ID",
    "STREAMS",
    "T0",
    "UUID",
    "Bet",
    "Document",
    "Epoch",
    "House",
    "Played",
    "Results",
    "SigningKey",
    "as_bytes",
    "close_part",
    "outcome_of",
    "sign",
    "statement_part",
    "tree_part",
]


class House:
    """
    Two games of two epochs, with bets and two void rounds; two rounds decided by quicknet's real beacons; and one round
    whose commitment came to the chain when it had opened, because the chain was out of reach.
    """

    def __init__(self, *, chosen: frozenset[tuple[str, int]] = frozenset()) -> None:
        """The seeds of `chosen` rounds are not from their epoch's key."""
        self.chain = Chain()
        self.rounds: dict[tuple[str, int], Played] = {}
        self.trees: dict[int, Epoch | Results] = {}
        self._chosen, self._ids = chosen, 0
        for number, close_ms in QUICK_CLOSES.items():
            slots = [("quick", number + n, close_ms + n * 10_000 - 5000, close_ms + n * 10_000) for n in (0, 1)]
            epoch = self._commit(slots, anchored_s=close_ms // 1000 - 3000, key_due_ms=close_ms + 900_000)
            self._play(epoch.rounds, anchored_s=close_ms // 1000 + 1600)
        early = self._commit(_slots(range(1, 7)), anchored_s=T0 // 1000 - 2600, key_due_ms=T0 + 960_000)
        late = self._commit(_slots(range(7, 13)), anchored_s=T0 // 1000 - 2540, key_due_ms=T0 + 1_020_000)
        ended = sorted(early.rounds + late.rounds, key=lambda one: (one.open_ms, one.game))
        for at in range(0, len(ended), 10):
            self._play(ended[at : at + 10], anchored_s=T0 // 1000 + 400 + at)
        slots = [("keno-late", 1, T0 + 1_000_000, T0 + 1_007_000)]
        delayed = self._commit(slots, anchored_s=T0 // 1000 + 1003, key_due_ms=T0 + 2_000_000, committed_ms=T0)
        self._play(delayed.rounds, anchored_s=T0 // 1000 + 1600)

    # --- what the house publishes ---------------------------------------------------------------------------------
    def document(self, game: str, number: int, *, at_ms: int = NOW_MS) -> Document:
        """The proof of a round, as the house shows it at this time."""
        one = self.rounds[game, number]
        network = one.network
        document = {
            "protocol": "KPS-1",
            "round_id": one.id,
            "game": one.game,
            "status": self._status(one, at_ms),
            "rules": rules_text(network_name=network.name),
            "network": {
                "name": network.name,
                "public": network.public,
                "chain_hash": network.chain_hash.hex(),
                "public_key": network.public_key.hex(),
                "genesis": network.genesis,
                "period": network.period,
            },
            "commit": self._commit_part(one, at_ms),
            "close": self._close_part(one, at_ms),
            "reveal": self._reveal_part(one, at_ms),
            "result": self._result_part(one, at_ms),
            "epoch": self._epoch_part(one, at_ms),
        }
        return sign(document)

    def bet_document(self, game: str, number: int, place: int, *, at_ms: int = NOW_MS) -> Document:
        """The proof of the bet at this place of a round's tree."""
        one = self.rounds[game, number]
        bet = one.bets[place]
        close = self._close_part(one, at_ms)
        part: Document = {"leaf": bet.leaf.encode().hex(), "index": None, "size": None, "path": None, "root": None}
        if close is not None:
            leaves = [other.leaf.encode() for other in one.bets]
            part = tree_part(leaves, bet.index)
        table = {str(picks): {str(hits): pays for hits, pays in row.items()} for picks, row in MULTIPLIERS.items()}
        document = {
            "protocol": "KPS-1",
            "bet_id": str(bet.id),
            "bet": part,
            "close": close,
            "paytable": {"id": PAYTABLE_ID, "hash": paytable_hash(MULTIPLIERS).hex(), "multipliers": table},
            "outcome": outcome_of(bet.leaf, one.numbers) if self._status(one, at_ms) == "revealed" else None,
        }
        return sign(document)

    def evidence(self) -> list[Document]:
        """What the chain says of every root."""
        return [self.chain.evidence(seq) for seq in self.trees]

    def key_list(self) -> Document:
        key = {"key_id": HOUSE_KEY.id, "algorithm": "Ed25519", "public_key": HOUSE_KEY.public.hex()}
        part = self.chain.anchorings[0].part()
        chain = {"chain_id": part["chain_id"], "contract": part["contract"]}
        return {"keys": [{**key, "valid_from": "2023-01-01T00:00:00Z", "valid_until": None}], "chain": chain}

    def roots(self, *, at_ms: int = NOW_MS) -> list[Document]:
        """The list of all roots."""
        found = []
        for seq, tree in self.trees.items():
            anchoring = self.chain.anchorings[seq - 1]
            own = {name: anchoring.part()[name] for name in ("seq", "kind", "root", "size")}
            statement = self._statement_part(tree) if isinstance(tree, Epoch) else None
            own |= {"created_at": "2027-01-15T00:00:00Z", "anchor": anchor_at(anchoring, at_ms)}
            found.append({**own, "statement": statement})
        return found

    def leaves(self, seq: int) -> bytes:
        return b"".join(self.trees[seq].leaves)

    def day(self, game: str, *, at_ms: int = NOW_MS) -> list[Document]:
        """All finished rounds of a game; the ordinary games play on one day only."""
        return [self.document(code, number, at_ms=at_ms) for code, number in self.rounds if code == game]

    # --- how it comes to be ---------------------------------------------------------------------------------------
    def _commit(
        self,
        slots: list[tuple[str, int, int, int]],
        *,
        anchored_s: int,
        key_due_ms: int,
        committed_ms: int | None = None,
    ) -> Epoch:
        key = sha256(f"test epoch key {len(self.trees)}".encode())
        rounds = [self._committed(key, *slot) for slot in slots]
        rounds.sort(key=lambda one: (STREAMS[one.game].bytes, one.number))
        committed_ms = committed_ms or anchored_s * 1000 - 60_000
        epoch = Epoch(key=key, rounds=rounds, committed_ms=committed_ms, key_due_ms=key_due_ms)
        epoch.anchoring = self.anchor(epoch, EPOCH, anchored_s)
        for one in sorted(rounds, key=lambda one: (one.game, one.number)):
            one.epoch = epoch
            self.rounds[one.game, one.number] = one
        return epoch

    def _committed(self, key: bytes, game: str, number: int, open_ms: int, close_ms: int) -> Played:
        stream, network = STREAMS[game], NETWORKS[game]
        seed = derive_seed(epoch_key=key, stream=stream, round_number=number)
        if (game, number) in self._chosen:
            seed = sha256(b"a seed that suits the house")
        commit = CommitLeaf(
            stream=stream,
            round_number=number,
            open_ms=open_ms,
            close_ms=close_ms,
            beacon_chain_hash=network.chain_hash,
            beacon_round=beacon_round_for(network, close_ms),
            rules_hash=rules_hash(rules_text(network_name=network.name)),
            commitment=commit_seed(stream=stream, round_number=number, seed=seed),
        )
        self._ids += 1
        return Played(
            id=100 + self._ids,
            game=game,
            number=number,
            open_ms=open_ms,
            close_ms=close_ms,
            seed=seed,
            commit=commit,
        )

    def _play(self, rounds: list[Played], *, anchored_s: int) -> None:
        """Bets, close, draw and result of these rounds, and the tree over their results."""
        for one in rounds:
            one.void_cause = VOID.get((one.game, one.number), VoidCause.NONE)
            draw(one)
            one.bets = bets_of(one)
            if one.void_cause is not VoidCause.STAFF:
                self._close(one)
            one.result_leaf = result_of(one).encode()
        tree = Results(rounds=rounds)
        tree.anchoring = self.anchor(tree, RESULTS, anchored_s)
        for one in rounds:
            one.results = tree

    def _close(self, one: Played) -> None:
        earlier = [p for (game, n), p in self.rounds.items() if game == one.game and n < one.number and p.close]
        one.close = CloseMessage(
            stream=STREAMS[one.game],
            round_number=one.number,
            closed_ms=one.close_ms + 40,
            bets_count=len(one.bets),
            bets_root=root_of([leaf_hash(bet.leaf.encode()) for bet in one.bets]),
            prev_close_hash=sha256(max(earlier, key=lambda p: p.number).close or b"") if earlier else bytes(32),
        ).encode()

    def anchor(self, tree: Epoch | Results, kind: int, time: int) -> Anchoring:
        root = root_of(list(map(leaf_hash, tree.leaves)))
        made = self.chain.anchor(root=root, size=len(tree.leaves), kind=kind, time=time)
        self.trees[made.seq] = tree
        return made

    # --- parts of documents ---------------------------------------------------------------------------------------
    def _status(self, one: Played, at_ms: int) -> str:
        if one.is_void and at_ms >= one.ended_ms:
            return "void"
        due_ms = [(one.ended_ms, "revealed"), (one.close_ms, "closed"), (one.open_ms, "open")]
        return next((status for due, status in due_ms if at_ms >= due), "scheduled")

    def _commit_part(self, one: Played, at_ms: int) -> Document:
        epoch = one.epoch
        assert epoch is not None
        part = tree_part(epoch.leaves, epoch.rounds.index(one))
        anchor = anchor_at(epoch.anchoring, at_ms)
        return {**part, "anchor": anchor, "statement": self._statement_part(epoch)}

    def _statement_part(self, epoch: Epoch) -> Document:
        root = root_of(list(map(leaf_hash, epoch.leaves)))
        return statement_part(EpochStatement(root=root, size=len(epoch.leaves), committed_ms=epoch.committed_ms))

    def _close_part(self, one: Played, at_ms: int) -> Document | None:
        return close_part(one.close) if one.close and at_ms >= one.close_ms + 40 else None

    def _reveal_part(self, one: Played, at_ms: int) -> Document | None:
        if at_ms < max(one.ended_ms, one.close_ms):
            return None
        beacon = None if one.is_void or one.beacon is None else one.beacon.hex()
        return {
            "seed": one.seed.hex(),
            "beacon_signature": beacon,
            "numbers": None if one.is_void else list(one.numbers),
        }

    def _result_part(self, one: Played, at_ms: int) -> Document | None:
        tree = one.results
        if tree is None or at_ms < one.ended_ms + 20_000:
            return None
        return {**tree_part(tree.leaves, tree.rounds.index(one)), "anchor": anchor_at(tree.anchoring, at_ms)}

    def _epoch_part(self, one: Played, at_ms: int) -> Document:
        epoch = one.epoch
        assert epoch is not None
        key = epoch.key.hex() if at_ms >= epoch.key_due_ms else None
        return {"key_due_ms": epoch.key_due_ms, "key": key}


def _slots(numbers: Iterable[int]) -> list[tuple[str, int, int, int]]:
    """Rounds of the ordinary games: one every ten seconds, with seven of betting."""
    opens = [(number, T0 + (number - 1) * 10_000) for number in numbers]
    return [(game, number, at, at + 7000) for game in ("keno-10s", "keno-none") for number, at in opens]
