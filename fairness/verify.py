"""
What a stranger checks about a draw. The terms come from the commitment, which was public before the round
opened, never from what was revealed afterwards.
"""

from hmac import compare_digest

from fairness import bls
from fairness.draw import draw_key, draw_numbers
from fairness.errors import (
    BeaconMissing,
    BeaconRoundNotByRule,
    BeaconUnexpected,
    NetworkNotAsPinned,
    NetworkNotCommitted,
    NumbersNotByDraw,
    RulesNotCommitted,
    SeedNotCommitted,
    SeedNotFromEpochKey,
)
from fairness.merkle import leaf_hash
from fairness.messages import CommitLeaf
from fairness.networks import PINNED, Network, beacon_round_for, own_chain_hash
from fairness.rules import VOID_POLICY, rules_hash, rules_text
from fairness.seeds import commit_seed, derive_seed


def verify_draw(
    *,
    commit: CommitLeaf,
    seed: bytes,
    beacon_signature: bytes | None,
    network: Network,
    numbers: tuple[int, ...],
) -> None:
    """
    Check that these numbers, in this order, are the only ones that the commitment allowed.

    `network` is what the verifier knows of the entropy network. The values of a public one are pinned in this
    package; those of an installation's own are only as good as the place that the verifier has them from.
    `beacon_signature` is None only for the network `none`. The checks run in this order:

    :raises NetworkNotAsPinned: the network poses as a public one.
    :raises NetworkNotCommitted: the commitment names another network.
    :raises BeaconRoundNotByRule: the committed beacon round is not the first one after the close.
    :raises SeedNotCommitted: the seed is not the committed one.
    :raises BeaconMissing: the network has a beacon and none is given. :raises BeaconUnexpected: the reverse.
    :raises BeaconSignatureInvalid: the signature is not the network's value of the committed beacon round.
    :raises NumbersNotByDraw: the draw gives other numbers, or another order.
    """
    verify_network(commit=commit, network=network)
    verify_seed(commit=commit, seed=seed)
    verify_beacon(commit=commit, network=network, beacon_signature=beacon_signature)
    key = draw_key(seed=seed, commit_leaf_hash=leaf_hash(commit.encode()), beacon_signature=beacon_signature)
    if draw_numbers(key=key) != tuple(numbers):
        raise NumbersNotByDraw("the seed, the commitment and the beacon give other numbers")


def verify_network(*, commit: CommitLeaf, network: Network) -> None:
    """
    Check that the commitment names this network, and the beacon round that the closing time determines.

    :raises NetworkNotAsPinned: the network poses as a public one.
    :raises NetworkNotCommitted: the commitment names another network.
    :raises BeaconRoundNotByRule: it names another beacon round.
    """
    verify_pinned(network)
    if network.chain_hash != commit.beacon_chain_hash:
        raise NetworkNotCommitted(f"the commitment names another network than {network.name!r}")
    expected = beacon_round_for(network, commit.close_ms)
    if commit.beacon_round != expected:
        raise BeaconRoundNotByRule(f"the close determines beacon round {expected}, not {commit.beacon_round}")


def verify_pinned(network: Network) -> None:
    """
    Check that a network that is, or calls itself, a public one has the values that are known here.

    :raises NetworkNotAsPinned: it has others.
    """
    if network not in PINNED and (network.public or _poses_as_pinned(network)):
        raise NetworkNotAsPinned(f"{network.name!r} is not a public network that is known here")


def verify_own_network(network: Network) -> None:
    """
    Check that the chain hash of a network that the house runs itself is made of its key and times: the commitment
    holds that hash only, and a key that it did not bind could be chosen after the close.

    :raises NetworkNotCommitted: it is made of others.
    """
    if network in PINNED:
        return
    own = own_chain_hash(public_key=network.public_key, genesis=network.genesis, period=network.period)
    if network.chain_hash != own:
        raise NetworkNotCommitted(f"the chain hash of {network.name!r} is not made of its key, genesis and period")


def verify_seed(*, commit: CommitLeaf, seed: bytes) -> None:
    """
    Check that this is the seed that was committed.

    :raises SeedNotCommitted: it is not.
    """
    if len(seed) != len(commit.commitment) or not compare_digest(
        commit_seed(stream=commit.stream, round_number=commit.round_number, seed=seed), commit.commitment
    ):
        raise SeedNotCommitted("the seed does not give the commitment")


def verify_beacon(*, commit: CommitLeaf, network: Network, beacon_signature: bytes | None) -> None:
    """
    Check that this is the network's value of the committed beacon round, or that there is rightly none.

    :raises BeaconMissing: the network has a beacon and none is given. :raises BeaconUnexpected: the reverse.
    :raises BeaconSignatureInvalid: it is not the network's value of that round.
    """
    if not network.has_beacon:
        if beacon_signature is not None:
            raise BeaconUnexpected("the committed network has no beacon, but a signature is given")
        return
    if beacon_signature is None:
        raise BeaconMissing(f"the draw needs round {commit.beacon_round} of {network.name}")
    bls.verify_beacon(network=network, beacon_round=commit.beacon_round, signature=beacon_signature)


def verify_rules(*, commit: CommitLeaf, text: str, network: Network, void_policy: int = VOID_POLICY) -> None:
    """
    Check that the commitment was made under this text, and that the text says KPS-1 on this network.

    :raises RulesNotCommitted: another text was committed, or the text says something else.
    """
    if not text.isascii() or rules_hash(text) != commit.rules_hash:
        raise RulesNotCommitted("the text does not give the committed hash")
    if text != rules_text(network_name=network.name, void_policy=void_policy):
        raise RulesNotCommitted(f"the committed rules are not those of KPS-1 on {network.name!r}")


def verify_epoch_key(*, commit: CommitLeaf, epoch_key: bytes) -> None:
    """
    Check, once an epoch's key is published, that the round's seed came from it and was not chosen.

    :raises SeedNotFromEpochKey: the key gives another seed.
    """
    seed = derive_seed(epoch_key=epoch_key, stream=commit.stream, round_number=commit.round_number)
    try:
        verify_seed(commit=commit, seed=seed)
    except SeedNotCommitted as refusal:
        raise SeedNotFromEpochKey("the epoch's key gives another seed than the committed one") from refusal


def _poses_as_pinned(network: Network) -> bool:
    return any(network.name == known.name or network.chain_hash == known.chain_hash for known in PINNED)
