"""A search for beacon values among relays of a test's own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from fairness.networks import QUICKNET, Network
from rounds.beacons.fetcher import Fetcher
from rounds.beacons.relays import Patience, RelayStatus
from tests.support.drand import REAL, Relay, relay
from tests.support.rounds import wait_for

BEACON_ROUND, OTHER_ROUND = sorted(REAL)
BRISK = Patience(pause_min_s=0.02, pause_max_s=0.05)
"""The deadlines of production, and less rest between two tries."""
Start = Callable[..., Relay]
Search = Callable[..., Fetcher]


@contextmanager
def starting_relays() -> Iterator[Start]:
    """Relays that run until the end."""
    with ExitStack() as stack:
        yield lambda behaviour: stack.enter_context(relay(behaviour))


@contextmanager
def searching() -> Iterator[Search]:
    """Fetchers, each for these relays; all closed at the end."""
    made: list[Fetcher] = []

    def make(*relays: Relay | str, patience: Patience = BRISK) -> Fetcher:
        made.append(Fetcher(relays=[one if isinstance(one, str) else one.url for one in relays], patience=patience))
        return made[-1]

    yield make
    for one in made:
        one.close()


def found(fetcher: Fetcher, network: Network = QUICKNET, beacon_round: int = BEACON_ROUND) -> bytes:
    """What the fetcher has found in the end."""
    wait_for(lambda: fetcher.find(network, beacon_round) is not None, what=f"the value of round {beacon_round}")
    value = fetcher.find(network, beacon_round)
    assert value is not None
    return value


def refusal(fetcher: Fetcher, one: Relay | str, reason: str) -> RelayStatus:
    """The status of this relay, once it has been refused for this reason; no value may be there by then."""
    url = one if isinstance(one, str) else one.url

    def status() -> RelayStatus:
        return next(status for status in fetcher.relay_status() if status.relay == url)

    def refused() -> bool:
        assert fetcher.find(QUICKNET, BEACON_ROUND) is None
        return status().refusal == reason

    wait_for(refused, what=f"{reason}, not {status()}")
    assert status().answered_at is None
    return status()
