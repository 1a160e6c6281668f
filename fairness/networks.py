"""Entropy networks: beacons that publish an unpredictable value at fixed times (drand's unchained form)."""

import struct
from dataclasses import dataclass

from fairness.errors import NetworkHasNoBeacon, NetworkInvalid
from fairness.hashing import sha256

CHAIN_HASH_BYTES = 32
PUBLIC_KEY_BYTES = 96
SAFETY_MS = 1000
"""How long after the close a beacon must come at the earliest, so that clocks a little apart leak nothing."""

NO_CHAIN = bytes(CHAIN_HASH_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """
    One entropy network: round 1 is due at `genesis` (seconds since 1970), then one every `period` seconds.

    `public` says whether others than the operator run it; where it is shown, a network that is not public is
    labelled so. A network has either all of chain hash, public key and period, or (`none`) not one of them.

    :raises NetworkInvalid: the values contradict each other.
    """

    name: str
    public: bool
    chain_hash: bytes
    public_key: bytes
    genesis: int
    period: int

    def __post_init__(self) -> None:
        if self.has_beacon:
            self._require_beacon_values()
        elif (self.public, self.chain_hash, self.public_key, self.genesis, self.period) != (
            False,
            NO_CHAIN,
            b"",
            0,
            0,
        ):
            raise NetworkInvalid("the network `none` carries values of a beacon")

    @property
    def has_beacon(self) -> bool:
        """False only for the network `none`: commit and reveal, known to the operator."""
        return self.name != "none"

    def _require_beacon_values(self) -> None:
        if len(self.chain_hash) != CHAIN_HASH_BYTES or self.chain_hash == NO_CHAIN:
            raise NetworkInvalid(f"network {self.name!r} needs a chain hash of {CHAIN_HASH_BYTES} bytes, not zero")
        if len(self.public_key) != PUBLIC_KEY_BYTES:
            raise NetworkInvalid(f"network {self.name!r} needs a public key of {PUBLIC_KEY_BYTES} bytes")
        if self.genesis < 0 or self.period < 1:
            raise NetworkInvalid(f"network {self.name!r} needs a genesis and a period of at least 1 second")


NONE = Network(name="none", public=False, chain_hash=NO_CHAIN, public_key=b"", genesis=0, period=0)
"""No beacon: whoever holds the seed knows the numbers. Labelled operator-known wherever shown."""

QUICKNET = Network(
    name="drand-quicknet",
    public=True,
    chain_hash=bytes.fromhex("52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"),
    public_key=bytes.fromhex(
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c"
        "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb"
        "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
    ),
    genesis=1692803367,
    period=3,
)
"""The League of Entropy's beacon of one value every 3 seconds, run by many independent organisations."""

PINNED = (NONE, QUICKNET)
"""Networks whose values are known here, so that no proof can bring its own under their name."""


def own_chain_hash(*, public_key: bytes, genesis: int, period: int) -> bytes:
    """
    The chain hash of a network that an installation runs itself. It binds the key and the times: without that, the
    commitment would name a network whose key could still be chosen after the close, among many, for its values.
    """
    return sha256(b"keno local beacon\0" + public_key + struct.pack(">QQ", genesis, period))


def beacon_round_for(network: Network, close_ms: int) -> int:
    """
    The beacon round that decides a round closing at `close_ms` (milliseconds since 1970): the first one due
    at least a second after the close, counted in whole seconds. 0 where the network has no beacon.
    """
    if not network.has_beacon:
        return 0
    not_before = -(-(close_ms + SAFETY_MS) // 1000)
    periods = -(-(not_before - network.genesis) // network.period)
    return max(periods, 0) + 1


def beacon_time(network: Network, beacon_round: int) -> int:
    """
    When this beacon round is due, in seconds since 1970.

    :raises NetworkHasNoBeacon: the network is `none`. :raises NetworkInvalid: rounds are counted from 1.
    """
    if not network.has_beacon:
        raise NetworkHasNoBeacon("the network `none` has no beacon rounds")
    if beacon_round < 1:
        raise NetworkInvalid(f"there is no beacon round {beacon_round}")
    return network.genesis + (beacon_round - 1) * network.period
