"""Which entropy networks there are, and when their values are due."""

from fairness.errors import NetworkInvalid
from fairness.networks import PINNED, Network, beacon_time, own_chain_hash
from rounds import custody
from rounds.models import NetworkName

LOCAL_GENESIS = 1_700_000_000
LOCAL_PERIOD_S = 1


def get_network(name: str) -> Network:
    """
    The network with this name; `local` gets its identity from the installation's own key.

    :raises NetworkInvalid: there is none of this name.
    """
    if name == NetworkName.LOCAL:
        return _local()
    for known in PINNED:
        if known.name == name:
            return known
    raise NetworkInvalid(f"there is no network {name!r}")


def _local() -> Network:
    public_key = custody.local_beacon_key()
    return Network(
        name=NetworkName.LOCAL.value,
        public=False,
        chain_hash=own_chain_hash(public_key=public_key, genesis=LOCAL_GENESIS, period=LOCAL_PERIOD_S),
        public_key=public_key,
        genesis=LOCAL_GENESIS,
        period=LOCAL_PERIOD_S,
    )


def due_second(network: Network, beacon_round: int) -> int:
    """When the beacon of a round exists, in seconds since 1970; 0 means at once."""
    return beacon_time(network, beacon_round) if network.has_beacon else 0
