"""The leaves of the two public trees, made from rows that never change: COMMIT for an epoch, RESULT for its ends."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Protocol
from uuid import UUID

from fairness.merkle import leaf_hash
from fairness.messages import CommitLeaf, ResultLeaf, ResultStatus, VoidCause
from fairness.networks import Network
from fairness.rules import rules_hash, rules_text
from keno_platform.core.clock import to_milliseconds
from rounds import beacons
from rounds.models import Round, RoundStatus

CHUNK_DEPTH = 8
"""The level of a tree that is stored: a path is built from it and from the 256 leaves below one of its nodes."""
CHUNK = 1 << CHUNK_DEPTH
NOTHING = bytes(32)
"""A seed that is lost, and the root of bets that were never sealed because the round was void before its close."""


class Networks:
    """Entropy networks by name, each looked up once."""

    def __init__(self) -> None:
        self._known: dict[str, Network] = {}

    def __getitem__(self, name: str) -> Network:
        if name not in self._known:
            self._known[name] = beacons.get_network(name)
        return self._known[name]


class Committed(Protocol):
    """What a COMMIT leaf is made of, besides the network."""

    @property
    def stream(self) -> UUID: ...
    @property
    def number(self) -> int: ...
    @property
    def opens_at(self) -> datetime: ...
    @property
    def closes_at(self) -> datetime: ...
    @property
    def beacon_round(self) -> int: ...


def leaf_of(one: Committed, *, network: Network, commitment: bytes) -> CommitLeaf:
    """The COMMIT leaf of a round on this network, whether it has a row already or not."""
    return CommitLeaf(
        stream=one.stream,
        round_number=one.number,
        open_ms=to_milliseconds(one.opens_at),
        close_ms=to_milliseconds(one.closes_at),
        beacon_chain_hash=network.chain_hash,
        beacon_round=one.beacon_round,
        rules_hash=_rules_hash(network.name),
        commitment=commitment,
    )


@cache
def _rules_hash(network_name: str) -> bytes:
    return rules_hash(rules_text(network_name=network_name))


def commit_leaf(one: Round, network: Network) -> CommitLeaf:
    """The COMMIT leaf of a round, from the columns that never change."""
    return CommitLeaf(
        stream=one.game.stream,
        round_number=one.number,
        open_ms=to_milliseconds(one.opens_at),
        close_ms=to_milliseconds(one.closes_at),
        beacon_chain_hash=network.chain_hash,
        beacon_round=one.beacon_round,
        rules_hash=_rules_hash(one.network),
        commitment=bytes(one.server_seed_hash),
    )


def result_leaf(one: Round, network: Network) -> ResultLeaf:
    """
    The RESULT leaf of a round that has ended. Once it is in a tree, the row may change no more.

    :raises ValueError: the round has not ended.
    """
    ended_at = one.drawn_at or one.voided_at
    if ended_at is None:
        raise ValueError(f"round {one.pk} has not ended")
    return ResultLeaf(
        stream=one.game.stream,
        round_number=one.number,
        commit_leaf_hash=leaf_hash(commit_leaf(one, network).encode()),
        seed=bytes(one.server_seed) if one.server_seed else NOTHING,
        beacon_signature=bytes(one.beacon_signature) if one.beacon_signature else None,
        numbers=tuple(one.numbers_drawn or ()),
        bets_root=bytes(one.bets_root) if one.bets_root else NOTHING,
        bets_count=one.bets_count or 0,
        status=ResultStatus.VOID if one.status == RoundStatus.VOID else ResultStatus.DRAWN,
        cause=VoidCause(one.void_cause or 0),
        drawn_ms=to_milliseconds(ended_at),
    )


def commit_leaves(rounds: Iterable[Round]) -> Iterator[bytes]:
    """The COMMIT leaves of these rounds, in bytes."""
    networks = Networks()
    return (commit_leaf(one, networks[one.network]).encode() for one in rounds)


def result_leaves(rounds: Iterable[Round]) -> Iterator[bytes]:
    """The RESULT leaves of these rounds, in bytes."""
    networks = Networks()
    return (result_leaf(one, networks[one.network]).encode() for one in rounds)
