"""
A private Ethereum chain on one port of 127.0.0.1, so that the demo's roots are anchored.

Usually it is the node of `keno_platform.local.chain`, which needs nothing but this environment and loses nothing.
KENO_LOCAL_CHAIN=anvil takes Foundry's anvil, when `npm ci` has brought it to `contracts/`, for its traces and
its other tools; it keeps its state in a file that it writes every few seconds.
"""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from eth_hash.auto import keccak

from keno_platform.local import children
from keno_platform.local.chain import CHAIN_ID

STOP_SIGNAL = signal.SIGTERM
BLOCK_SECONDS = 12
"""An empty block after so long without a transaction, as on Ethereum: whoever waits for confirmations gets them."""
ANVIL_SAVES_S = 5
ANVIL_FUNDS_WEI = 1_000 * 10**18
_KIND = "kind"
_CONTRACTS = Path(__file__).resolve().parent.parent.parent / "contracts"


class Kind(StrEnum):
    """Which program runs the chain. Neither reads the other's data."""

    OWN = "own"
    ANVIL = "anvil"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainNode:
    """One node, started or not. `account` is the address that has money on it."""

    kind: Kind
    home: Path
    port: int
    account: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        """The command that runs the node in the foreground; stop it with STOP_SIGNAL."""
        return self._own_command() if self.kind is Kind.OWN else self._anvil_command()

    def _own_command(self) -> list[str]:
        kept = ["--directory", str(self.home), "--fund", self.account]
        served = ["--port", str(self.port), "--block-seconds", str(BLOCK_SECONDS)]
        return [sys.executable, "-m", "keno_platform.local.chain", *kept, *served]

    def _anvil_command(self) -> list[str]:
        kept = ["--state", str(self.home / "anvil.json"), "--state-interval", str(ANVIL_SAVES_S)]
        kept += ["--cache-path", str(self.home / "cache"), "--accounts", "0"]
        # Mixed: a block with each transaction, and by the clock.
        served = ["--port", str(self.port), "--block-time", str(BLOCK_SECONDS), "--mixed-mining"]
        return [str(find_anvil()), *kept, *served, "--chain-id", str(CHAIN_ID), "--quiet"]


def prepare(*, home: Path, port: int, key: str) -> ChainNode:
    """
    Make the node's directory, which remembers what kind of node it belongs to.

    :param key: the private key, 0x and 64 hex digits, whose account shall have money. It is not passed on.
    :raises children.ServerFailed: the key is none, or KENO_LOCAL_CHAIN asks for another kind than there is.
    :raises LookupError: the chain is anvil's, and anvil is not installed.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    account, kind = derive_account(key), _choose_kind(home)
    if kind is Kind.ANVIL:
        find_anvil()
    (home / _KIND).write_text(kind)
    return ChainNode(kind=kind, home=home.resolve(), port=port, account=account)


def find_anvil() -> Path:
    """
    The one from npm, or the machine's own.

    :raises LookupError: it is not installed.
    """
    on_path = shutil.which("anvil")
    found = next((_CONTRACTS / "node_modules" / "@foundry-rs").glob("anvil-*/bin/anvil"), on_path)
    if found is None:
        raise LookupError("This chain is anvil's, which is not installed: run `npm ci` in contracts/, or `make reset`.")
    return Path(found)


def read_key(environment: Mapping[str, str], *, own: str) -> str:
    """The key that the platform will use with this environment, which names one or a file; otherwise the own one."""
    file = environment.get("KENO_CHAIN_KEY_FILE")
    return Path(file).read_text().strip() if file else environment.get("KENO_CHAIN_KEY", own)


def derive_account(key: str) -> str:
    """
    The address of a private key.

    :raises children.ServerFailed: it is none.
    """
    try:
        if not re.fullmatch(r"0x[0-9a-fA-F]{64}", key):
            raise ValueError("its form is another")
        public = ec.derive_private_key(int(key, 16), ec.SECP256K1()).public_key().public_numbers()
    except ValueError as error:
        raise children.ServerFailed(f"KENO_CHAIN_KEY is not a private key (0x and 64 hex digits): {error}") from None
    return f"0x{keccak(public.x.to_bytes(32, 'big') + public.y.to_bytes(32, 'big'))[-20:].hex()}"


def answers(node: ChainNode) -> bool:
    """Whether this node, and not another one on its port, answers now: on it the account has money."""
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError, KeyError):
        if int(_ask(node, "eth_getBalance", node.account, "latest"), 16):
            return True
        if node.kind is Kind.ANVIL:  # which cannot be told at its start
            _ask(node, "anvil_setBalance", node.account, hex(ANVIL_FUNDS_WEI))
    return False


def _choose_kind(home: Path) -> Kind:
    file, asked = home / _KIND, os.environ.get("KENO_LOCAL_CHAIN")
    kept = file.read_text() if file.exists() else None
    if asked and asked not in list(Kind):
        raise children.ServerFailed(f"KENO_LOCAL_CHAIN={asked}? There is: {', '.join(Kind)}.")
    if asked and kept and asked != kept:
        raise children.ServerFailed(f"KENO_LOCAL_CHAIN={asked}, but this installation's chain is {kept}: `make reset`.")
    return Kind(kept or asked or Kind.OWN)


def _ask(node: ChainNode, method: str, *parameters: object) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=5)
    try:
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        connection.request("POST", "/", json.dumps(asked), {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())["result"]
    finally:
        connection.close()
