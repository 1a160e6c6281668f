"""Values of beacons, for whoever drives the rounds: at once or not yet, never after a wait."""

import atexit
import os
import threading
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings

from fairness import bls
from fairness.errors import NetworkInvalid
from fairness.networks import PINNED, Network
from rounds import custody
from rounds.beacons.addresses import usable
from rounds.beacons.fetcher import Fetcher
from rounds.beacons.relays import RelayStatus
from rounds.models import NetworkName

VAIN = timedelta(minutes=1)
"""How long relays must have been asked in vain before a value counts as missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """The value of one beacon round. `signature` is verified; None on the network that has no beacon."""

    signature: bytes | None


def find(network: Network, beacon_round: int) -> Value | None:
    """
    The value of one beacon round, or None where it is not known yet; then it is being fetched, so ask again.

    :raises custody.NotYet: its time has not come (`local`). :raises BeaconSignatureInvalid: the installation's own
        beacon does not verify. :raises NetworkInvalid: the network is not one of this installation.
    """
    if not network.has_beacon:
        return Value(signature=None)
    if network.name == NetworkName.LOCAL:
        return Value(signature=_sign(network, beacon_round))
    signature = _fetcher_for(network).find(network, beacon_round)
    return None if signature is None else Value(signature=signature)


def expect(network: Network, beacon_round: int) -> None:
    """
    Say that this value will be wanted: it is fetched from the moment on when it is due.

    :raises NetworkInvalid: the network is not one of this installation.
    """
    if network.has_beacon and network.name != NetworkName.LOCAL:
        _fetcher_for(network).find(network, beacon_round)


def is_missing(network: Network, beacon_round: int, *, after: timedelta) -> bool:
    """
    Whether a value is still not there so long after its time, although relays were asked for it long enough, and
    after that time too. Never so where values are made here.

    A process that was down while the value appeared finds it when it is back, however late: to be down at the right
    time must not be a way to a void round.
    """
    if not network.has_beacon or network.name == NetworkName.LOCAL:
        return False
    return _fetcher_for(network).is_missing(
        network, beacon_round, after_s=after.total_seconds(), vain_s=VAIN.total_seconds()
    )


def relay_status() -> tuple[RelayStatus, ...]:
    """Every relay, as this process has met it; empty in a process that has not needed any."""
    with _here.lock:
        return _here.fetcher.relay_status() if _here.fetcher else ()


def stop() -> None:
    """End the search in this process; it begins anew, from the settings, when a value is wanted again."""
    with _here.lock:
        fetcher, _here.fetcher = _here.fetcher, None
    if fetcher:
        fetcher.close()


def _sign(network: Network, beacon_round: int) -> bytes:
    signature = custody.sign_local_beacon(network=network, beacon_round=beacon_round)
    bls.verify_beacon(network=network, beacon_round=beacon_round, signature=signature)
    return signature


def _fetcher_for(network: Network) -> Fetcher:
    if network not in PINNED:
        raise NetworkInvalid(f"{network.name!r} is not a public network that is known here")
    with _here.lock:
        if _here.fetcher is None:
            _here.fetcher = Fetcher(relays=usable(settings.DRAND_URLS))
        return _here.fetcher


@dataclass(slots=True)
class _Process:
    """What this process has running. Threads do not outlive a fork, so a child begins with nothing."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    fetcher: Fetcher | None = None
    left_behind: list[Fetcher | None] = field(default_factory=list)
    """The parent's, kept from being tidied up: their loop shares the parent's file descriptors."""


_here = _Process()


def _begin_in_child() -> None:
    _here.lock = threading.Lock()
    _here.left_behind.append(_here.fetcher)
    _here.fetcher = None


os.register_at_fork(after_in_child=_begin_in_child)
atexit.register(stop)
