"""Anchors against a real node: the contract itself, executed by py-evm, read over JSON-RPC."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from web3 import HTTPProvider, Web3

from fairness.chain import ChainReader, SavedEvidence, head_after, verify_claim, verify_head, verify_on_chain
from fairness.chain.anchors import Expected
from fairness.documents import Anchor, Place
from fairness.errors import AnchorHeadWrong, AnchorMismatch, AnchorNotOnChain, ChainUnreadable
from fairness.hashing import sha256
from keno_platform.local import children, ports

ROOT = Path(__file__).parents[2]
PUBLISHER = Account.from_key(sha256(b"test publisher"))
PLACES = [Place(leaf=b"", index=0, size=size, path=(), root=sha256(b"root %d" % size)) for size in (90_000, 512, 2**63)]
KINDS = (1, 2, 1)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home, port = tmp_path_factory.mktemp("chain"), ports.find_free()
    command = [sys.executable, "-m", "keno_platform.local.chain", "--directory", str(home), "--port", str(port)]
    with (home / "log").open("wb") as log:
        running = children.start([*command, "--fund", PUBLISHER.address], output=log, directory=ROOT)
        address = f"http://127.0.0.1:{port}"
        try:
            children.wait_until(
                lambda: _answers(address),
                what="the chain",
                alive=lambda: running.poll() is None,
                log=home / "log",
                patience_s=30,
            )
            yield address
        finally:
            children.stop(running)


def _answers(address: str) -> bool:
    try:
        return ChainReader(address, within_s=5).chain_id() > 0
    except ChainUnreadable:
        return False


@pytest.fixture(scope="module")
def anchors(node: str) -> list[Anchor]:
    """Three roots that the publisher has anchored, as a document would name them."""
    artefact = json.loads((ROOT / "contracts" / "Chained.json").read_text())
    web3 = Web3(HTTPProvider(node))
    contract = web3.eth.contract(abi=artefact["abi"], bytecode=artefact["bytecode"])
    deployed = _send(web3, contract.constructor(0, bytes(32)))["contractAddress"]
    contract = web3.eth.contract(address=deployed, abi=artefact["abi"])
    found, head = [], bytes(32)
    for seq, (place, kind) in enumerate(zip(PLACES, KINDS, strict=True), start=1):
        receipt = _send(web3, contract.functions.anchor(seq, place.root, place.size, kind))
        [event] = contract.events.Anchored().process_receipt(receipt)
        found.append(_anchor(web3, deployed, receipt, place, seq, kind, head, bytes(event["args"]["head"])))
        head = bytes(event["args"]["head"])
    return found


def _send(web3: Web3, call: Any) -> Any:
    nonce = web3.eth.get_transaction_count(PUBLISHER.address)
    built = call.build_transaction({"from": PUBLISHER.address, "nonce": nonce, "chainId": web3.eth.chain_id})
    sent = web3.eth.send_raw_transaction(PUBLISHER.sign_transaction(built).raw_transaction)
    return web3.eth.wait_for_transaction_receipt(sent, timeout=30)


def _anchor(
    web3: Web3, contract: str, receipt: Any, place: Place, seq: int, kind: int, previous_head: bytes, head: bytes
) -> Anchor:
    block = web3.eth.get_block(receipt["blockHash"])
    return Anchor(
        chain_id=web3.eth.chain_id,
        contract=contract.lower(),
        seq=seq,
        kind=kind,
        root=place.root,
        size=place.size,
        transaction=Web3.to_hex(receipt["transactionHash"]),
        block_number=receipt["blockNumber"],
        block_hash=Web3.to_hex(receipt["blockHash"]),
        block_time=block["timestamp"],
        head=head,
        previous_head=previous_head,
    )


def test_what_the_contract_emits_is_read_and_its_heads_follow(node: str, anchors: list[Anchor]) -> None:
    reader = ChainReader(node)
    for anchor, place, kind in zip(anchors, PLACES, KINDS, strict=True):
        evidence = reader.evidence_of(anchor.transaction, contract=anchor.contract, seq=anchor.seq)
        verify_claim(anchor=anchor, place=place, kind=kind, expected=Expected(contract=anchor.contract))
        verify_on_chain(anchor=anchor, evidence=evidence)
        assert (evidence.previous is None) is (anchor.seq == 1)


def test_the_hash_of_a_real_block_follows_from_its_header(node: str, anchors: list[Anchor]) -> None:
    for anchor in anchors:
        evidence = ChainReader(node).evidence_of(anchor.transaction, contract=anchor.contract, seq=anchor.seq)
        assert evidence.block is not None
        assert evidence.block.computed_hash == evidence.block.hash == anchor.block_hash


def test_saved_evidence_says_the_same_as_the_node(node: str, anchors: list[Anchor]) -> None:
    reader = ChainReader(node)
    saved = [reader.raw_evidence_of(one.transaction, contract=one.contract, seq=one.seq) for one in anchors]
    source = SavedEvidence.parse(json.dumps(saved).encode())
    for anchor in anchors:
        evidence = source.evidence_of(anchor.transaction, contract=anchor.contract, seq=anchor.seq)
        verify_on_chain(anchor=anchor, evidence=evidence)


@pytest.mark.parametrize(
    ("changes", "expect"),
    [
        ({"transaction": "0x" + "ab" * 32}, AnchorNotOnChain),
        ({"contract": "0x" + "ab" * 20}, AnchorNotOnChain),
        ({"chain_id": 1}, AnchorNotOnChain),
        ({"seq": 3}, AnchorMismatch),
        ({"size": 513}, AnchorMismatch),
        ({"kind": 1}, AnchorMismatch),
        ({"root": bytes(32)}, AnchorMismatch),
        ({"block_number": 1}, AnchorMismatch),
        ({"block_time": 1}, AnchorMismatch),
        ({"block_hash": "0x" + "ab" * 32}, AnchorMismatch),
        ({"head": bytes(32)}, AnchorHeadWrong),
        ({"previous_head": bytes(32)}, AnchorHeadWrong),
    ],
)
def test_every_wrong_word_about_a_real_anchor_is_named(
    node: str, anchors: list[Anchor], changes: dict[str, Any], expect: type[Exception]
) -> None:
    wrong = replace(anchors[1], **changes)
    evidence = ChainReader(node).evidence_of(wrong.transaction, contract=anchors[1].contract, seq=2)
    with pytest.raises(expect):
        verify_on_chain(anchor=wrong, evidence=evidence)


def test_the_first_root_of_all_follows_a_head_of_zeros(anchors: list[Anchor]) -> None:
    verify_head(anchors[0])
    other = sha256(b"another history")
    head = head_after(previous_head=other, seq=1, root=anchors[0].root, size=anchors[0].size, kind=1)
    with pytest.raises(AnchorHeadWrong):
        verify_head(replace(anchors[0], previous_head=other, head=head))
