"""Checks 5 to 8: by the rules that were committed, the seed and the beacon give these numbers."""

from fairness.checks.case import Case, Outcome, passed, skipped
from fairness.documents import Reveal, Status
from fairness.draw import draw_key, draw_numbers
from fairness.errors import NumbersNotByDraw
from fairness.networks import Network
from fairness.verify import verify_beacon, verify_network, verify_own_network, verify_pinned, verify_rules, verify_seed

_LABELS = {True: "public", False: "not public: run by the house", None: "operator-known: no beacon"}


def check_beacon_round(case: Case) -> Outcome:
    """
    :raises RulesNotCommitted: the rules are not those that were committed, or not KPS-1's.
    :raises NetworkNotAsPinned: the network poses as a public one.
    :raises NetworkNotCommitted: another network was committed.
    :raises BeaconRoundNotByRule: the beacon round was chosen, not determined.
    """
    network, commit = case.document.network, case.commit
    verify_rules(commit=commit, text=case.document.rules, network=network)
    verify_pinned(network)
    verify_own_network(network)
    verify_network(commit=commit, network=network)
    return passed(
        rules=case.document.rules, network=network.name, label=label_of(network), beacon_round=commit.beacon_round
    )


def check_seed(case: Case) -> Outcome:
    """:raises SeedNotCommitted: the seed is another than the committed one."""
    reveal = case.document.reveal
    if reveal is None:
        return skipped(_why_unrevealed(case))
    verify_seed(commit=case.commit, seed=reveal.seed)
    return passed(seed=reveal.seed.hex(), commitment=case.commit.commitment.hex())


def check_beacon_signature(case: Case) -> Outcome:
    """
    :raises BeaconMissing: the draw needs a beacon, and none is shown. :raises BeaconUnexpected: the reverse.
    :raises BeaconSignatureInvalid: it is not the network's value of the committed round.
    :raises BlsBackendMissing: nothing is installed that could tell.
    """
    reveal, network = case.document.reveal, case.document.network
    if reveal is None:
        return skipped(_why_unrevealed(case))
    if case.document.status is Status.VOID and reveal.beacon_signature is None:
        return skipped("the round is void, and no beacon was used")
    if case.known.without_bls and network.has_beacon and reveal.beacon_signature is not None:
        return skipped("the beacon's signature was not to be checked", by_choice=True)
    verify_beacon(commit=case.commit, network=network, beacon_signature=reveal.beacon_signature)
    shown = reveal.beacon_signature.hex() if reveal.beacon_signature else "none, by the rules"
    return passed(network=network.name, beacon_round=case.commit.beacon_round, signature=shown)


def check_numbers(case: Case) -> Outcome:
    """:raises NumbersNotByDraw: seed, commitment and beacon give other numbers, or another order."""
    reveal = case.document.reveal
    if reveal is None or reveal.numbers is None:
        return skipped(_why_unrevealed(case))
    drawn = _draw(case, reveal)
    if drawn != reveal.numbers:
        raise NumbersNotByDraw(f"seed, commitment and beacon give {_row(drawn)}, not {_row(reveal.numbers)}")
    return passed(numbers=_row(drawn))


def label_of(network: Network) -> str:
    """What must be said of a network wherever it is shown."""
    return _LABELS[network.public if network.has_beacon else None]


def _draw(case: Case, reveal: Reveal) -> tuple[int, ...]:
    key = draw_key(seed=reveal.seed, commit_leaf_hash=case.commit_hash, beacon_signature=reveal.beacon_signature)
    return draw_numbers(key=key)


def _row(numbers: tuple[int, ...]) -> str:
    return " ".join(map(str, numbers))


def _why_unrevealed(case: Case) -> str:
    if case.document.status is Status.VOID:
        return "the round is void" if case.document.reveal else "the round is void, and its seed is not published"
    return f"the round is {case.document.status}: nothing is revealed yet"
