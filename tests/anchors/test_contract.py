"""The contract itself, on both chains that the platform is run with, and the artefact that is deployed."""

import ast
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_utils import keccak
from web3 import EthereumTesterProvider, HTTPProvider, Web3

from anchors.artefact import ARTEFACT, artefact, is_chained, publisher_in, runtime_code
from anchors.chain import address_of_new, next_head
from tests.support.anvil import ANCHORED_TOPIC, Anvil, require_modules

NOT_PUBLISHER = keccak(text="NotPublisher()")[:4]
OUT_OF_SEQUENCE = keccak(text="OutOfSequence(uint64)")[:4]
ROOTS = [bytes([number]) * 32 for number in range(1, 6)]


@dataclass(frozen=True)
class Deployed:
    """A Chained contract, its publisher and a stranger."""

    web3: Web3
    contract: Any
    publisher: Any
    stranger: Any

    def anchor(self, seq: int, *, root: bytes = ROOTS[0], size: int = 90_000, kind: int = 1) -> Any:
        call = self.contract.functions.anchor(seq, root, size, kind)
        return self.web3.eth.wait_for_transaction_receipt(call.transact({"from": self.publisher}))

    def refuse(self, *call: Any, sender: Any) -> bytes:
        """What the contract answers when it refuses a call."""
        with pytest.raises(Exception, match=r"0x|reverted") as refused:
            self.contract.functions.anchor(*call).call({"from": sender})
        text = str(refused.value)
        if found := re.search(r"0x[0-9a-f]{8,}", text):
            return bytes.fromhex(found[0][2:])
        return bytes(ast.literal_eval(text.partition("reverted: ")[2]))  # eth-tester shows them as Python does


@pytest.fixture(params=["anvil", "eth-tester"])
def deploy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Deployed]]:
    node = Anvil(tmp_path).start() if request.param == "anvil" else None
    provider: Any = HTTPProvider(node.url) if node else EthereumTesterProvider()
    web3 = Web3(provider)
    publisher, stranger = web3.eth.accounts[:2]

    def make(last: int = 0, head: bytes = bytes(32)) -> Deployed:
        factory = web3.eth.contract(abi=artefact()["abi"], bytecode=artefact()["bytecode"])
        receipt = web3.eth.wait_for_transaction_receipt(factory.constructor(last, head).transact({"from": publisher}))
        contract = web3.eth.contract(address=receipt["contractAddress"], abi=artefact()["abi"])
        return Deployed(web3, contract, publisher, stranger)

    try:
        yield make
    finally:
        if node:
            provider._request_session_manager.session_cache.clear()
            node.stop()


def test_its_head_is_the_hash_of_81_bytes_for_every_root(deploy: Callable[..., Deployed]) -> None:
    one, head = deploy(), bytes(32)
    for seq, root in enumerate(ROOTS, start=1):
        receipt = one.anchor(seq, root=root, size=seq * 1000, kind=1 + seq % 2)
        packed = head + seq.to_bytes(8, "big") + root + (seq * 1000).to_bytes(8, "big") + bytes([1 + seq % 2])
        assert len(packed) == 81
        assert next_head(head, seq=seq, root=root, size=seq * 1000, kind=1 + seq % 2) == keccak(packed)
        head = keccak(packed)
        [log] = receipt["logs"]
        assert bytes(log["topics"][0]).hex() == ANCHORED_TOPIC[2:]
        assert [bytes(topic) for topic in log["topics"][1:]] == [seq.to_bytes(32, "big"), root]
        told = (seq * 1000).to_bytes(32, "big") + (1 + seq % 2).to_bytes(32, "big") + head
        assert bytes(log["data"]) == told
        assert one.contract.functions.head().call() == head
        assert one.contract.functions.last().call() == seq


def test_it_takes_only_the_next_root(deploy: Callable[..., Deployed]) -> None:
    one = deploy()
    one.anchor(1)
    for seq in (0, 1, 3, 2**64 - 1):
        answer = one.refuse(seq, ROOTS[1], 1, 1, sender=one.publisher)
        assert answer == OUT_OF_SEQUENCE + (2).to_bytes(32, "big")
    assert one.contract.functions.last().call() == 1


def test_it_takes_roots_from_its_publisher_alone(deploy: Callable[..., Deployed]) -> None:
    one = deploy()
    assert one.contract.functions.publisher().call() == one.publisher
    assert one.refuse(1, ROOTS[0], 1, 1, sender=one.stranger) == NOT_PUBLISHER


def test_it_can_go_on_where_another_one_stopped(deploy: Callable[..., Deployed]) -> None:
    first = deploy()
    first.anchor(1)
    first.anchor(2, root=ROOTS[1])
    second = deploy(2, first.contract.functions.head().call())
    assert second.refuse(1, ROOTS[0], 1, 1, sender=second.publisher)[:4] == OUT_OF_SEQUENCE
    first.anchor(3, root=ROOTS[2])
    second.anchor(3, root=ROOTS[2])
    assert second.contract.functions.head().call() == first.contract.functions.head().call()


def test_a_root_costs_about_35_000_gas(deploy: Callable[..., Deployed]) -> None:
    one = deploy()
    first, second, third = (one.anchor(seq)["gasUsed"] for seq in (1, 2, 3))
    assert (first, second, third) == (69_748, 35_548, 35_548)


def test_its_code_on_the_chain_is_the_artefacts_with_the_publisher_in_it(deploy: Callable[..., Deployed]) -> None:
    one = deploy()
    code = bytes(one.web3.eth.get_code(one.contract.address))
    assert code == runtime_code(one.publisher) != runtime_code(one.stranger)
    assert is_chained(code)
    assert publisher_in(code) == one.publisher.lower() == one.contract.functions.publisher().call().lower()
    assert not is_chained(code[:-1])
    assert not is_chained(code[:-60] + bytes([code[-60] ^ 1]) + code[-59:])


def test_its_address_is_known_before_it_is_deployed(deploy: Callable[..., Deployed]) -> None:
    one = deploy()
    assert one.contract.address == address_of_new(one.publisher, 0)
    for nonce in (1, 127, 128, 255, 256, 70_000):
        assert re.fullmatch(r"0x[0-9a-fA-F]{40}", address_of_new(one.publisher, nonce))


def test_compiling_again_gives_the_same_bytes() -> None:
    folder = require_modules()
    done = subprocess.run(["node", "build.mjs", "--check"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_check_finds_another_source(tmp_path: Path) -> None:
    folder = require_modules()
    for name in ("build.mjs", "Chained.json"):
        shutil.copy(folder / name, tmp_path / name)
    (tmp_path / "node_modules").symlink_to(folder / "node_modules")
    source = (folder / "Chained.sol").read_text()
    (tmp_path / "Chained.sol").write_text(source.replace("last + 1", "last + 2"))
    done = subprocess.run(["node", "build.mjs", "--check"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "not what Chained.sol compiles to" in done.stderr


def test_the_artefact_says_how_it_was_made() -> None:
    told = json.loads(ARTEFACT.read_text())
    assert told["compiler"].startswith("0.8.37+commit.")
    assert told["settings"] == {"evmVersion": "shanghai", "optimizer": {"enabled": True, "runs": 200}}
    assert told["sourceSha256"] == hashlib.sha256((ARTEFACT.parent / told["source"]).read_bytes()).hexdigest()
    assert told["bytecode"].endswith(told["runtime"][-100:])


def test_the_lock_holds_hashes_and_no_address_of_a_registry() -> None:
    lock = json.loads((ARTEFACT.parent / "package-lock.json").read_text())
    packages = [one for path, one in lock["packages"].items() if path]
    assert all(one["integrity"].startswith("sha512-") for one in packages)
    assert [one for one in packages if "resolved" in one] == []
