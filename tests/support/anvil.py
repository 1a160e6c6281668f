"""
A chain of a test's own: anvil, a real node whose blocks, fees and reorganisations can be commanded.

Its program comes with `npm ci` in contracts/. Without npm, and on machines that it is not made for, tests that need it
are skipped and say so.
"""

import fcntl
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from keno_platform.local import children, ports

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
PROGRAM = CONTRACTS / "node_modules" / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"
COMPILER = CONTRACTS / "node_modules" / "solc"
_client = httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
INSTALLED_WITHIN_S = 300
STARTED_WITHIN_S = 20

PUBLISHER_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
PUBLISHER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
OTHER_KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
"""The first two accounts that anvil always gives money to. Everybody knows their keys."""
ANCHORED_TOPIC = "0xf497e228f17070019b974286478f7138d0796ec5507f09ddda6f2c017ece4723"
"""keccak256 of Anchored(uint64,bytes32,uint64,uint8,bytes32), written down so that no code of ours computes it."""


def require_modules() -> Path:
    """The folder of contracts/ with its packages, installed once for all workers; skips the test without them."""
    npm = shutil.which("npm")
    with (CONTRACTS / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not COMPILER.exists():
            if npm is None:
                pytest.skip("needs npm, which comes with Node 20, to install a local chain and the compiler")
            done = subprocess.run(
                [npm, "ci"], cwd=CONTRACTS, capture_output=True, text=True, timeout=INSTALLED_WITHIN_S, check=False
            )
            if done.returncode:
                pytest.skip(f"`npm ci` in contracts/ failed: {done.stderr.strip()[-500:]}")
    return CONTRACTS


def find_program() -> str:
    """anvil's path: of contracts/, or on the machine; skips the test where there is none."""
    found = shutil.which("anvil")
    if found is None:
        require_modules()
        found = str(PROGRAM) if PROGRAM.exists() else None
    if found is None:
        pytest.skip("needs anvil: its npm package is for Linux on x86-64; elsewhere install foundry")
    return found


@dataclass
class Anvil:
    """One chain. It can be stopped, frozen and started again, with its state or without."""

    home: Path
    port: int = field(default_factory=ports.find_free)
    chain_id: int = 31337
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *arguments: str, remember: bool = False) -> "Anvil":
        """Start it; with `remember` it takes up the state that it wrote when it was stopped, and writes it again."""
        command = [find_program(), "--host", "127.0.0.1", "--port", str(self.port), "--chain-id", str(self.chain_id)]
        if remember:
            command += ["--state", str(self.home / "state.json")]
        with (self.home / "anvil.log").open("ab") as log:
            self.process = children.start([*command, *arguments], output=log)
        process = self.process
        children.wait_until(
            self._answers,
            what="anvil",
            alive=lambda: process.poll() is None,
            log=self.home / "anvil.log",
            patience_s=STARTED_WITHIN_S,
        )
        return self

    def stop(self) -> None:
        """End it in good order, so that it writes its state if it was told to."""
        if self.process is not None:
            children.stop(self.process)
            self.process = None

    def kill(self) -> None:
        """End it without a word, as a loss of power would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def freeze(self) -> None:
        """Connections are still accepted, by the kernel, and nothing is answered."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def ask(self, method: str, *parameters: Any) -> Any:
        """One JSON-RPC call."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        answer = _client.post(self.url, json=body, timeout=10).json()
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def mine(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            self.ask("evm_mine")

    def hold_blocks(self) -> None:
        """From now on no transaction makes a block of its own."""
        self.ask("evm_setAutomine", False)

    def block_number(self) -> int:
        return int(self.ask("eth_blockNumber"), 16)

    def anchored(self, contract: str) -> list[tuple[int, bytes]]:
        """What the chain itself says of a contract: (seq, root) of every event, in the chain's order."""
        asked = {"address": contract, "fromBlock": "0x0", "topics": [ANCHORED_TOPIC]}
        found = self.ask("eth_getLogs", asked)
        return [(int(log["topics"][1], 16), bytes.fromhex(log["topics"][2][2:])) for log in found]

    def sent_by(self, account: str) -> list[dict[str, Any]]:
        """Receipts of every transaction of an account that is in a block, in the chain's order."""
        blocks = (self.ask("eth_getBlockByNumber", hex(number), True) for number in range(self.block_number() + 1))
        sent = (one for block in blocks for one in block["transactions"] if one["from"].lower() == account.lower())
        return [self.ask("eth_getTransactionReceipt", one["hash"]) for one in sent]

    def _answers(self) -> bool:
        try:
            return bool(self.ask("eth_chainId"))
        except httpx.TransportError:
            return False
