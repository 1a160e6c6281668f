"""A running node of the platform's own chain, as `make run` starts it, and a sender of transactions."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from eth_account import Account
from web3 import HTTPProvider, Web3
from web3.contract import Contract

from keno_platform.local import children, ethereum
from keno_platform.local.chain import CHAIN_ID
from keno_platform.local.ethereum import ChainNode
from keno_platform.local.home import Home
from keno_platform.local.programs import PROJECT

KEY, STRANGERS_KEY = "0x" + "11" * 32, "0x" + "22" * 32
ARTEFACT = json.loads((PROJECT / "contracts" / "Chained.json").read_text())


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningNode:
    node: ChainNode
    process: psutil.Process

    def post(self, body: bytes, **headers: str) -> httpx.Response:
        headers = {"Content-Type": "application/json", **headers}
        return httpx.post(self.node.url, content=body, headers=headers, trust_env=False, timeout=30)

    def ask(self, method: str, *parameters: Any) -> Any:
        """What a method answers."""
        answered = self.exchange(method, *parameters)
        assert "error" not in answered, answered
        return answered["result"]

    def fail(self, method: str, *parameters: Any) -> dict[str, Any]:
        """The error that a method answers."""
        error: dict[str, Any] = self.exchange(method, *parameters)["error"]
        return error

    def exchange(self, method: str, *parameters: Any) -> dict[str, Any]:
        asked = {"jsonrpc": "2.0", "id": 7, "method": method, "params": parameters}
        answered: dict[str, Any] = self.post(json.dumps(asked).encode()).json()
        assert answered["id"] == 7
        return answered

    def read_chain(self) -> list[dict[str, Any]]:
        """Every block with its transactions, and the receipt of each."""
        blocks = []
        for number in range(int(self.ask("eth_blockNumber"), 16) + 1):
            block = self.ask("eth_getBlockByNumber", hex(number), True)
            hashes = [each["hash"] for each in block["transactions"]]
            blocks.append({**block, "receipts": [self.ask("eth_getTransactionReceipt", each) for each in hashes]})
        return blocks


@contextmanager
def running(node: ChainNode, **environment: str) -> Iterator[RunningNode]:
    """The node, until the end of the block."""
    log = node.home / "log"
    with log.open("ab") as output:
        process = children.start(node.command(), output=output, directory=PROJECT, environment=environment or None)
    try:
        children.wait_until(
            lambda: ethereum.answers(node), what="The chain", alive=lambda: process.poll() is None, log=log
        )
        yield RunningNode(node=node, process=psutil.Process(process.pid))
    finally:
        children.stop(process)


class Publisher:
    """Someone with a key who deploys the platform's contract and anchors in it, through web3."""

    def __init__(self, url: str, *, key: str = KEY) -> None:
        self.web3 = Web3(HTTPProvider(url, request_kwargs={"proxies": {}}))
        self.account = Account.from_key(key)
        self.seq = 0
        self.contract: Contract

    def deploy(self) -> Any:
        blueprint = self.web3.eth.contract(abi=ARTEFACT["abi"], bytecode=ARTEFACT["bytecode"])
        receipt = self.send(blueprint.constructor(0, bytes(32)))
        self.contract = self.web3.eth.contract(receipt["contractAddress"], abi=ARTEFACT["abi"])
        return receipt

    def anchor(self, root: bytes) -> Any:
        self.seq += 1
        return self.send(self.contract.functions.anchor(self.seq, root, 5, 1))

    def send(self, call: Any) -> Any:
        """Have a call mined as web3 would by itself, with gas, fees and nonce from the node."""
        fields = call.build_transaction({"from": self.account.address, "nonce": self.nonce()})
        sent = self.web3.eth.send_raw_transaction(self.account.sign_transaction(fields).raw_transaction)
        return self.web3.eth.wait_for_transaction_receipt(sent, timeout=10)

    def nonce(self) -> int:
        return self.web3.eth.get_transaction_count(self.account.address)

    def sign(self, *, nonce: int, to: str | None = None, data: bytes = b"", **other: Any) -> str:
        """A raw transaction in hex."""
        fields = {"type": 2, "chainId": CHAIN_ID, "nonce": nonce, "gas": 200_000, "value": 0, "data": data}
        fields |= {"maxFeePerGas": 5 * 10**9, "maxPriorityFeePerGas": 10**9, **({"to": to} if to else {}), **other}
        return "0x" + bytes(self.account.sign_transaction(fields).raw_transaction).hex()


def prepare(directory: Path, *, key: str = KEY) -> ChainNode:
    """A node in a directory that keeps its port."""
    return ethereum.prepare(home=directory / "chain", port=Home(directory).choose_port("chain"), key=key)
