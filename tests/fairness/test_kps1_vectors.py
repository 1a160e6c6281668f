"""The published vectors hold, step by step and as whole checks."""

from typing import Any
from uuid import UUID

import pytest

from fairness import bls, errors
from fairness.draw import draw_key, draw_numbers
from fairness.hashing import sha256
from fairness.merkle import audit_path, leaf_hash, root_of, verify_inclusion
from fairness.messages import BetLeaf, CloseMessage, CommitLeaf, ResultLeaf, ResultStatus, VoidCause
from fairness.networks import NONE, QUICKNET, Network, beacon_round_for
from fairness.rules import paytable_hash, paytable_text, rules_hash, rules_text
from fairness.seeds import commit_seed, derive_seed
from fairness.verify import verify_draw, verify_epoch_key, verify_rules

Vectors = dict[str, Any]
MESSAGES = {kind.TYPE.name: kind for kind in (CommitLeaf, BetLeaf, CloseMessage, ResultLeaf)}


def network_of(document: Vectors) -> Network:
    return Network(
        name=document["name"],
        public=document["public"],
        chain_hash=bytes.fromhex(document["chain_hash"]),
        public_key=bytes.fromhex(document["public_key"]),
        genesis=document["genesis"],
        period=document["period"],
    )


def worked_leaf(worked: Vectors) -> CommitLeaf:
    return CommitLeaf(
        stream=UUID(worked["stream"]),
        round_number=worked["round_number"],
        open_ms=worked["open_ms"],
        close_ms=worked["close_ms"],
        beacon_chain_hash=QUICKNET.chain_hash,
        beacon_round=worked["beacon_round"],
        rules_hash=sha256(worked["rules_hash_text"].encode()),
        commitment=bytes.fromhex(worked["commitment"]),
    )


def test_the_worked_round_follows_the_protocol_step_by_step(vectors: Vectors) -> None:
    worked = vectors["worked_round"]
    epoch_key, stream = sha256(worked["epoch_key_text"].encode()), UUID(worked["stream"])
    assert epoch_key.hex() == worked["epoch_key"]
    seed = derive_seed(epoch_key=epoch_key, stream=stream, round_number=1)
    assert seed.hex() == worked["seed"]
    assert commit_seed(stream=stream, round_number=1, seed=seed).hex() == worked["commitment"]
    assert beacon_round_for(QUICKNET, worked["close_ms"]) == worked["beacon_round"]
    lh = leaf_hash(worked_leaf(worked).encode())
    assert lh.hex() == worked["commit_leaf_hash"]
    signature = bytes.fromhex(worked["beacon_signature"])
    assert sha256(signature).hex() == worked["beacon_signature_hash"]
    key = draw_key(seed=seed, commit_leaf_hash=lh, beacon_signature=signature)
    assert key.hex() == worked["draw_key"]
    assert list(draw_numbers(key=key)) == worked["numbers"]


def test_the_worked_round_is_rejected_as_a_whole_because_its_beacon_is_a_stand_in(vectors: Vectors) -> None:
    worked = vectors["worked_round"]
    with pytest.raises(errors.BeaconSignatureInvalid):
        verify_draw(
            commit=worked_leaf(worked),
            seed=bytes.fromhex(worked["seed"]),
            beacon_signature=bytes.fromhex(worked["beacon_signature"]),
            network=QUICKNET,
            numbers=tuple(worked["numbers"]),
        )


def test_draws_give_the_published_numbers(vectors: Vectors) -> None:
    for case in vectors["draws"]:
        assert list(draw_numbers(key=bytes.fromhex(case["key"]))) == case["numbers"]


def test_published_networks_are_the_pinned_ones(vectors: Vectors) -> None:
    assert network_of(vectors["networks"]["drand-quicknet"]) == QUICKNET
    assert network_of(vectors["networks"]["none"]) == NONE


def test_published_beacon_signatures_verify(vectors: Vectors) -> None:
    for case in vectors["beacons"]:
        network = network_of(vectors["networks"][case["network"]])
        signature = bytes.fromhex(case["signature"])
        bls.verify_beacon(network=network, beacon_round=case["beacon_round"], signature=signature)
        with pytest.raises(errors.BeaconSignatureInvalid):
            bls.verify_beacon(network=network, beacon_round=case["beacon_round"] + 1, signature=signature)


def test_the_local_beacon_signs_the_published_bytes(vectors: Vectors) -> None:
    secret = sha256(vectors["local_beacon_secret"]["text"].encode())
    assert secret.hex() == vectors["local_beacon_secret"]["secret"]
    assert bls.public_key_of(secret).hex() == vectors["networks"]["local"]["public_key"]
    for case in vectors["beacons"]:
        if case["network"] == "local":
            signed = bls.sign_beacon(secret=secret, beacon_round=case["beacon_round"])
            assert signed.hex() == case["signature"]


def test_closing_times_determine_the_published_beacon_rounds(vectors: Vectors) -> None:
    for case in vectors["beacon_rounds"]:
        network = network_of(vectors["networks"][case["network"]])
        assert beacon_round_for(network, case["close_ms"]) == case["beacon_round"], case


def test_rules_and_paytables_have_the_published_texts_and_hashes(vectors: Vectors) -> None:
    for case in vectors["rules"]:
        assert rules_text(network_name=case["network"]) == case["text"]
        assert rules_hash(case["text"]).hex() == case["hash"]
    for case in vectors["paytables"]:
        table = {int(p): {int(h): m for h, m in row.items()} for p, row in case["multipliers"].items()}
        assert paytable_text(table) == case["text"]
        assert paytable_hash(table).hex() == case["hash"]


def test_whole_checks_end_as_published(vectors: Vectors) -> None:
    verdicts = {case["name"]: (case["expect"], _verdict(case)) for case in vectors["rounds"]}
    assert {name: got for name, (_, got) in verdicts.items()} == {name: e for name, (e, _) in verdicts.items()}
    assert sum(expect == "accept" for expect, _ in verdicts.values()) == 3


def _verdict(case: Vectors) -> str:
    signature = case["beacon_signature"]
    try:
        verify_draw(
            commit=CommitLeaf.decode(bytes.fromhex(case["commit_leaf"])),
            seed=bytes.fromhex(case["seed"]),
            beacon_signature=None if signature is None else bytes.fromhex(signature),
            network=network_of(case["network"]),
            numbers=tuple(case["numbers"]),
        )
    except errors.FairnessError as refusal:
        return type(refusal).__name__
    return "accept"


def test_accepted_rounds_have_the_published_rules_and_epoch_key(vectors: Vectors) -> None:
    texts = {case["network"]: case["text"] for case in vectors["rules"]}
    epoch_key = bytes.fromhex(vectors["worked_round"]["epoch_key"])
    for case in vectors["rounds"]:
        if case["expect"] == "accept":
            commit, network = (
                CommitLeaf.decode(bytes.fromhex(case["commit_leaf"])),
                network_of(case["network"]),
            )
            verify_rules(commit=commit, text=texts[network.name], network=network)
            verify_epoch_key(commit=commit, epoch_key=epoch_key)


def test_messages_have_the_published_bytes(vectors: Vectors) -> None:
    assert {case["type"] for case in vectors["messages"]} == set(MESSAGES)
    for case in vectors["messages"]:
        data = bytes.fromhex(case["bytes"])
        message = MESSAGES[case["type"]](**_values(case["fields"]))
        assert message.encode() == data
        assert MESSAGES[case["type"]].decode(data) == message
        assert leaf_hash(data).hex() == case["leaf_hash"]


def _values(fields: Vectors) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in fields.items()}


def _value(name: str, value: Any) -> Any:
    match name, value:
        case "stream" | "bet_id" | "operator_id", _:
            return UUID(value)
        case "status", _:
            return ResultStatus(value)
        case "cause", _:
            return VoidCause(value)
        case "stake_minor", _:
            return int(value)
        case "currency", _:
            return value
        case _, str():
            return bytes.fromhex(value)
        case _, list():
            return tuple(value)
    return value


def test_malformed_messages_are_refused_by_the_published_name(vectors: Vectors) -> None:
    for case in vectors["malformed"]:
        with pytest.raises(errors.MessageMalformed) as refusal:
            MESSAGES[case["type"]].decode(bytes.fromhex(case["bytes"]))
        assert type(refusal.value).__name__ == case["expect"], case["name"]


def test_trees_have_the_published_roots_and_paths(vectors: Vectors) -> None:
    for tree in vectors["trees"]:
        leaves = [leaf_hash(bytes.fromhex(data)) for data in tree["leaf_data"]]
        root = root_of(leaves)
        assert root.hex() == tree["root"]
        for index, published in enumerate(tree["paths"]):
            path = [bytes.fromhex(step) for step in published]
            assert audit_path(leaves, index) == path
            verify_inclusion(leaf_hash=leaves[index], index=index, size=len(leaves), path=path, root=root)
