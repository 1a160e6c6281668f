"""Building a round's proof document: what a stranger needs to check the draw."""

from typing import Any

from fairness.merkle import audit_path, leaf_hash
from fairness.messages import CommitLeaf
from fairness.networks import Network
from fairness.rules import rules_hash, rules_text
from fairness.verify import verify_draw
from keno_platform.core.clock import to_milliseconds
from rounds import beacons, selectors
from rounds.models import Round, RoundStatus


def commit_leaf(one: Round, network: Network) -> CommitLeaf:
    """The COMMIT leaf of a round, from the columns that never change."""
    return CommitLeaf(
        stream=one.game.stream,
        round_number=one.number,
        open_ms=to_milliseconds(one.opens_at),
        close_ms=to_milliseconds(one.closes_at),
        beacon_chain_hash=network.chain_hash,
        beacon_round=one.beacon_round,
        rules_hash=rules_hash(rules_text(network_name=one.network)),
        commitment=bytes(one.server_seed_hash),
    )


def round_proof(one: Round) -> dict[str, Any]:
    """The KPS-1 proof document of a round; members not yet known are null. Bytes are lower-case hex."""
    network = beacons.get_network(one.network)
    return {
        "protocol": "KPS-1",
        "round_id": one.pk,
        "game": one.game.code,
        "status": one.status,
        "rules": rules_text(network_name=one.network),
        "network": {
            "name": network.name,
            "public": network.public,
            "chain_hash": network.chain_hash.hex(),
            "public_key": network.public_key.hex(),
            "genesis": network.genesis,
            "period": network.period,
        },
        "commit": _commit_part(one, network),
        "close": close_part(one),
        "reveal": _reveal_part(one),
        "result": None,
    }


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


def close_part(one: Round) -> dict[str, str] | None:
    """The signed CLOSE message, once there is one."""
    if one.close_message is None or one.close_signature is None:
        return None
    return {
        "message": bytes(one.close_message).hex(),
        "signature": bytes(one.close_signature).hex(),
        "key_id": one.close_key_id,
    }


def _commit_part(one: Round, network: Network) -> dict[str, Any]:
    own = commit_leaf(one, network).encode()
    networks = {one.network: network}
    hashes = []
    for other in selectors.epoch_commitments(one.epoch_id):
        if other.network not in networks:
            networks[other.network] = beacons.get_network(other.network)
        hashes.append(leaf_hash(commit_leaf(other, networks[other.network]).encode()))
    return {
        "leaf": own.hex(),
        "index": one.leaf_index,
        "size": len(hashes),
        "path": [step.hex() for step in audit_path(hashes, one.leaf_index)],
        "root": bytes(one.epoch.root).hex(),
        "anchor": None,
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
