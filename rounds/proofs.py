"""Building proof documents: what a stranger needs to check a round, or a whole day of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from anchors.proofs import anchor_part
from anchors.selectors import anchored
from fairness.documents import document_bytes
from fairness.merkle import audit_path_from_chunk, leaf_hash, level_nodes
from fairness.networks import Network
from fairness.rules import rules_text
from fairness.verify import verify_draw
from rounds import beacons, custody, selectors
from rounds.leaves import CHUNK, CHUNK_DEPTH, Networks, commit_leaf, commit_leaves, result_leaf, result_leaves
from rounds.models import Epoch, ResultsTree, Round, RoundStatus

BATCH = 256
"""How many documents are built together: what they share is read once."""


def round_proof(one: Round) -> dict[str, Any]:
    """The KPS-1 proof document of a round; members not yet known are null. Bytes are lower-case hex."""
    return round_proofs([one])[0]


def round_proofs(rounds: Sequence[Round]) -> list[dict[str, Any]]:
    """Proof documents of some rounds, in their order."""
    builder = _Builder(rounds)
    return signed([builder.document(one) for one in rounds])


def day_proofs(round_ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Proof documents of many rounds, a batch at a time."""
    for at in range(0, len(round_ids), BATCH):
        rounds = selectors.rounds_for_proof(round_ids[at : at + BATCH])
        yield from round_proofs(rounds)


def signed(documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    The documents with the house's signature over all of each: what no hash binds, such as a game's code, is its
    signed word at least.
    """
    signatures = custody.sign_all([document_bytes(document) for document in documents])
    return [
        document
        | {"signed": {"signature": own.signature.hex(), "key_id": own.key_id, "public_key": own.public_key.hex()}}
        for document, own in zip(documents, signatures, strict=True)
    ]


def check_draw(one: Round) -> None:
    """
    Draw a round again from its committed facts.

    :raises FairnessError: the first check that fails, by name.
    """
    network = beacons.get_network(one.network)
    verify_draw(
        commit=commit_leaf(one, network),
        seed=bytes(one.server_seed or b""),
        beacon_signature=bytes(one.beacon_signature) if one.beacon_signature else None,
        network=network,
        numbers=tuple(one.numbers_drawn or ()),
    )


def trees_with_leaves(rounds_max: int | None) -> Iterator[tuple[Epoch | ResultsTree, Iterator[bytes]]]:
    """Every epoch and tree of results with its leaves made anew; only those of the latest N rounds, or all."""
    epochs, results = selectors.trees_of_latest(rounds_max)
    for epoch in epochs:
        yield epoch, commit_leaves(selectors.epoch_commitments(epoch.pk))
    for tree in results:
        yield tree, result_leaves(selectors.results_of(tree.pk))


def close_part(one: Round) -> dict[str, Any] | None:
    """The signed CLOSE message, once there is one, with the operators that have signed it too."""
    return _Builder([one]).close(one)


def statement_part(epoch: Epoch, keys: dict[str, bytes]) -> dict[str, str] | None:
    """The signed EPOCH statement; None for epochs that were committed before there were any."""
    if epoch.statement is None or epoch.statement_signature is None:
        return None
    return {
        "message": bytes(epoch.statement).hex(),
        "signature": bytes(epoch.statement_signature).hex(),
        "key_id": epoch.statement_key_id,
        "public_key": keys[epoch.statement_key_id].hex(),
    }


class _Builder:
    """Documents of some rounds. What they share (keys, anchors, parts of trees) is read once."""

    def __init__(self, rounds: Sequence[Round]) -> None:
        seqs = {one.epoch.anchor_seq for one in rounds}
        seqs |= {one.results_tree.anchor_seq for one in rounds if one.results_tree}
        self._anchors = {
            seq: anchor_part(found) for seq, found in anchored(seq for seq in seqs if seq is not None).items()
        }
        self._networks = Networks()
        self._keys = {key.key_id: key.public_key for key in custody.signing_keys()}
        self._epoch_keys = selectors.published_keys({one.epoch_id for one in rounds})
        self._countersignatures = selectors.countersignatures([one.pk for one in rounds])
        self._chunks: dict[tuple[str, int, int], list[bytes]] = {}

    def document(self, one: Round) -> dict[str, Any]:
        """The document without its signature."""
        network = self._networks[one.network]
        key = self._epoch_keys.get(one.epoch_id)
        return {
            "protocol": "KPS-1",
            "round_id": one.pk,
            "game": one.game.code,
            "status": one.status,
            "rules": rules_text(network_name=one.network),
            "network": _network_part(network),
            "commit": self._commit(one, network),
            "close": self.close(one),
            "reveal": _reveal_part(one),
            "result": self._result(one, network),
            "epoch": {"key_due_ms": selectors.key_due_ms(one.epoch), "key": key.hex() if key else None},
        }

    def close(self, one: Round) -> dict[str, Any] | None:
        if one.close_message is None or one.close_signature is None:
            return None
        return {
            "message": bytes(one.close_message).hex(),
            "signature": bytes(one.close_signature).hex(),
            "key_id": one.close_key_id,
            "public_key": self._keys[one.close_key_id].hex(),
            "countersignatures": [
                {
                    "operator_id": str(each.operator_id),
                    "public_key": bytes(each.public_key).hex(),
                    "signature": bytes(each.signature).hex(),
                }
                for each in self._countersignatures.get(one.pk, [])
            ],
        }

    def _commit(self, one: Round, network: Network) -> dict[str, Any]:
        epoch = one.epoch

        def read(first: int, last: int) -> Iterable[bytes]:
            return commit_leaves(selectors.epoch_commitments(epoch.pk, first=first, last=last))

        return {
            "leaf": commit_leaf(one, network).encode().hex(),
            "index": one.leaf_index,
            "size": epoch.size,
            "path": self._path(epoch, one.leaf_index, read),
            "root": bytes(epoch.root).hex(),
            "anchor": self._anchors.get(epoch.anchor_seq or 0),
            "statement": statement_part(epoch, self._keys),
        }

    def _result(self, one: Round, network: Network) -> dict[str, Any] | None:
        tree, index = one.results_tree, one.results_index
        if tree is None or index is None:
            return None

        def read(first: int, last: int) -> Iterable[bytes]:
            return result_leaves(selectors.results_of(tree.pk, first=first, last=last))

        return {
            "leaf": result_leaf(one, network).encode().hex(),
            "index": index,
            "size": tree.size,
            "path": self._path(tree, index, read),
            "root": bytes(tree.root).hex(),
            "anchor": self._anchors.get(tree.anchor_seq or 0),
        }

    def _path(self, tree: Epoch | ResultsTree, index: int, read: Callable[[int, int], Iterable[bytes]]) -> list[str]:
        first = index - index % CHUNK
        name = (type(tree).__name__, tree.pk, first)
        if name not in self._chunks:
            self._chunks[name] = [leaf_hash(leaf) for leaf in read(first, first + CHUNK)]
        nodes = _nodes(tree, read)
        path = audit_path_from_chunk(self._chunks[name], nodes, index=index, size=tree.size, depth=CHUNK_DEPTH)
        return [step.hex() for step in path]


def _nodes(tree: Epoch | ResultsTree, read: Callable[[int, int], Iterable[bytes]]) -> list[bytes]:
    """The stored level of a tree. Epochs from before it was stored are built anew."""
    stored = bytes(tree.nodes)
    if not stored:
        return level_nodes([leaf_hash(leaf) for leaf in read(0, tree.size)], CHUNK_DEPTH)
    return [stored[at : at + 32] for at in range(0, len(stored), 32)]


def _network_part(network: Network) -> dict[str, Any]:
    return {
        "name": network.name,
        "public": network.public,
        "chain_hash": network.chain_hash.hex(),
        "public_key": network.public_key.hex(),
        "genesis": network.genesis,
        "period": network.period,
    }


def _reveal_part(one: Round) -> dict[str, Any] | None:
    public = one.status == RoundStatus.REVEALED or (one.status == RoundStatus.VOID and one.server_seed)
    if not public:
        return None
    return {
        "seed": bytes(one.server_seed or b"").hex(),
        "beacon_signature": bytes(one.beacon_signature).hex() if one.beacon_signature else None,
        "numbers": one.numbers_drawn,
    }
