"""Entropy networks by name, and the beacon values that draws need."""

import struct

from fairness import bls
from fairness.hashing import sha256
from fairness.networks import NONE, Network, beacon_time
from rounds import custody
from rounds.models import NetworkName

LOCAL_GENESIS = 1_700_000_000
LOCAL_PERIOD_S = 1


def get_network(name: str) -> Network:
    """The network with this name; `local` gets its identity from the installation's own key."""
    if name == NetworkName.NONE:
        return NONE
    public_key = custody.local_beacon_key()
    return Network(
        name=NetworkName.LOCAL.value,
        public=False,
        chain_hash=sha256(b"keno local beacon\0" + public_key + struct.pack(">QQ", LOCAL_GENESIS, LOCAL_PERIOD_S)),
        public_key=public_key,
        genesis=LOCAL_GENESIS,
        period=LOCAL_PERIOD_S,
    )


def due_second(network: Network, beacon_round: int) -> int:
    """When the beacon of a round exists, in seconds since 1970; 0 means at once."""
    return beacon_time(network, beacon_round) if network.name != NetworkName.NONE else 0


def fetch(network: Network, beacon_round: int) -> bytes | None:
    """
    The verified value of one beacon round, or None where the network has no beacon.

    :raises custody.NotYet: its time has not come. :raises BeaconSignatureInvalid: it does not verify.
    """
    if network.name == NetworkName.NONE:
        return None
    signature = custody.sign_local_beacon(network=network, beacon_round=beacon_round)
    bls.verify_beacon(network=network, beacon_round=beacon_round, signature=signature)
    return signature
