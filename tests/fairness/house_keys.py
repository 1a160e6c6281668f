"""The keys, games, networks and the paytable of the test house, all from texts."""

from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairness import bls
from fairness.hashing import sha256
from fairness.networks import NONE, QUICKNET, Network, own_chain_hash

Document = dict[str, Any]

MULTIPLIERS: dict[int, dict[int, str]] = {
    1: {1: "3.55"},
    2: {1: "1", 2: "8.4"},
    3: {2: "2", 3: "44"},
    5: {3: "3", 4: "20", 5: "610"},
    10: {0: "2", 5: "3", 6: "15", 7: "150", 8: "1500", 9: "4000", 10: "10000"},
}
PAYTABLE_ID = "0190a000-0000-7000-8000-00000000aaaa"
T0 = 1_800_000_000_000
"""When the first round of the ordinary games opens: 2027-01-15 08:00 UTC, in milliseconds."""
NOW_MS = T0 + 86_400_000
QUICK_CLOSES = {1: 1_692_806_363_000, 3: 1_694_775_602_000}
"""Closing times whose beacon rounds are those of which real signatures are known: 1000 and 657413."""
QUICK_SIGNATURES = {
    1000: bytes.fromhex(
        "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"
    ),
    657413: bytes.fromhex(
        "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b"
    ),
}
BEACON_SECRET = sha256(b"test beacon secret 0")


class SigningKey:
    """An Ed25519 key from a text."""

    def __init__(self, text: str) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(sha256(text.encode()))
        self.public = self._private.public_key().public_bytes_raw()
        self.id = sha256(self.public)[:8].hex()

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)

    def part(self, message: bytes) -> Document:
        return {"signature": self.sign(message).hex(), "key_id": self.id, "public_key": self.public.hex()}


def local_network() -> Network:
    public_key = bls.public_key_of(BEACON_SECRET)
    genesis, period = 1_700_000_000, 1
    chain_hash = own_chain_hash(public_key=public_key, genesis=genesis, period=period)
    return Network(
        name="local", public=False, chain_hash=chain_hash, public_key=public_key, genesis=genesis, period=period
    )


LOCAL = local_network()
CODES = ("keno-10s", "keno-none", "quick", "keno-late")
STREAMS = {code: UUID(bytes=sha256(f"test stream {code}".encode())[:16]) for code in CODES}
NETWORKS = dict(zip(CODES, (LOCAL, NONE, QUICKNET, LOCAL), strict=True))
OPERATORS = {name: UUID(bytes=sha256(f"test operator {name}".encode())[:16]) for name in ("alpha", "beta")}
HOUSE_KEY = SigningKey("test signing key")
OPERATOR_KEYS = {name: SigningKey(f"test operator key {name}") for name in OPERATORS}
