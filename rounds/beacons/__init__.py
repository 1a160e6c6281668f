"""Entropy networks by name, and the beacon values that draws need. See docs/beacons.md."""

from rounds.beacons.networks import due_second, get_network
from rounds.beacons.relays import RelayStatus
from rounds.beacons.values import Value, expect, find, is_missing, relay_status, stop

__all__ = [
    "RelayStatus",
    "Value",
    "due_second",
    "expect",
    "find",
    "get_network",
    "is_missing",
    "relay_status",
    "stop",
]
