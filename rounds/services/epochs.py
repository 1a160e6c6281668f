"""Epochs: rounds made ahead, with their seeds committed before any of them opens."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from anchors import services as anchors
from fairness.merkle import leaf_hash, level_nodes, root_of
from fairness.messages import CommitLeaf, EpochStatement
from fairness.networks import Network, beacon_round_for
from fairness.rules import rules_hash, rules_text
from fairness.seeds import commit_seed, derive_seed
from keno_platform.core.clock import to_milliseconds
from rounds import beacons, custody, selectors
from rounds.leaves import CHUNK_DEPTH
from rounds.models import Anchoring, Epoch, Game, Round

_SCHEDULE_LOCK = 0x4B4E_5343
_BATCH = 2000
_COMMITTED_PER_SECOND = 1500
"""A low estimate of how many rounds this process commits a second, on a machine that is busy with bets too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    """One round to be: the commitment's inputs, before there is a row."""

    game: Game
    number: int
    opens_at: datetime
    network: Network

    @property
    def closes_at(self) -> datetime:
        return self.opens_at + timedelta(seconds=self.game.betting_seconds)

    @property
    def beacon_round(self) -> int:
        return beacon_round_for(self.network, to_milliseconds(self.closes_at))


def schedule_ahead() -> list[Epoch]:
    """
    Make the epochs that must stand by now, so that every active game has committed rounds until the end of
    the epoch that begins within EPOCH_LEAD_SECONDS. Harmless when run twice or at once.
    """
    made = [_schedule_until(ends_at) for ends_at in _boundaries(selectors.database_now())]
    return [epoch for epoch in made if epoch]


def _boundaries(now: datetime) -> Iterator[datetime]:
    """The ends of this epoch and of every later one that must stand committed already."""
    length = settings.EPOCH_SECONDS
    end = (int(now.timestamp()) // length + 1) * length
    while end - length <= now.timestamp() + settings.EPOCH_LEAD_SECONDS:
        yield datetime.fromtimestamp(end, UTC)
        end += length


@transaction.atomic
def _schedule_until(ends_at: datetime) -> Epoch | None:
    """One epoch with the rounds that are missing up to this end. A transaction of its own: committed, it is public."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SCHEDULE_LOCK])
    now = selectors.database_now()
    games = list(Game.objects.filter(active=True))
    earliest = now + _head_start(games, ends_at - now)
    slots = [slot for game in games for slot in _missing(game, earliest + _time_to_anchor(game), ends_at)]
    return _commit(slots, ends_at) if slots else None


def _head_start(games: Sequence[Game], span: timedelta) -> timedelta:
    """
    How far ahead the first round of a game may open. Committing takes a while, and a round that opened before its
    commitment was public could not prove anything: the database refuses it.
    """
    rounds = sum(max(span.total_seconds(), 0) / game.interval_seconds for game in games)
    return timedelta(seconds=settings.FIRST_ROUND_SECONDS + rounds / _COMMITTED_PER_SECOND)


def _time_to_anchor(game: Game) -> timedelta:
    """How much later a game opens that may not open before its commitment is final on the chain."""
    return timedelta(seconds=settings.ANCHORING_SECONDS if game.anchoring == Anchoring.REQUIRED else 0)


def _missing(game: Game, earliest: datetime, ends_at: datetime) -> Iterator[_Slot]:
    """The game's rounds up to this end that do not exist yet; after a pause the sequence goes on from `earliest`."""
    last = Round.objects.filter(game=game).aggregate(number=Max("number"), opens_at=Max("opens_at"))
    number = (last["number"] or 0) + 1
    interval = game.interval_seconds
    start = math.ceil(earliest.timestamp())
    if last["opens_at"]:
        start = max(start, int(last["opens_at"].timestamp()) + interval)
    opens = -(-start // interval) * interval
    network = beacons.get_network(game.network)
    while opens < ends_at.timestamp():
        yield _Slot(game=game, number=number, opens_at=datetime.fromtimestamp(opens, UTC), network=network)
        number, opens = number + 1, opens + interval


def _commit(slots: list[_Slot], ends_at: datetime) -> Epoch:
    """One epoch of these rounds: key sealed, leaves in a tree by (stream, number), root signed and registered."""
    slots = sorted(slots, key=lambda slot: (slot.game.stream.bytes, slot.number))
    epoch_key = custody.new_epoch_key()
    commitments = [_commitment(slot, epoch_key) for slot in slots]
    leaves = [leaf_hash(_leaf(slot, commitment)) for slot, commitment in zip(slots, commitments, strict=True)]
    root, committed_at = root_of(leaves), selectors.database_now()
    statement = EpochStatement(root=root, size=len(slots), committed_ms=to_milliseconds(committed_at)).encode()
    word = custody.sign(statement)
    epoch = Epoch.objects.create(
        sealed_key=custody.seal(epoch_key, about=root),
        root=root,
        size=len(slots),
        nodes=b"".join(level_nodes(leaves, CHUNK_DEPTH)),
        statement=statement,
        statement_signature=word.signature,
        statement_key_id=word.key_id,
        committed_at=committed_at,
        starts_at=min(slot.opens_at for slot in slots),
        ends_at=ends_at,
    )
    rows = [
        Round(
            game=slot.game,
            number=slot.number,
            epoch=epoch,
            leaf_index=index,
            network=slot.network.name,
            anchoring=slot.game.anchoring,
            opens_at=slot.opens_at,
            closes_at=slot.closes_at,
            beacon_round=slot.beacon_round,
            server_seed_hash=commitment,
        )
        for index, (slot, commitment) in enumerate(zip(slots, commitments, strict=True))
    ]
    Round.objects.bulk_create(sorted(rows, key=lambda row: (row.opens_at, row.game_id)), batch_size=_BATCH)
    # Last: from here to the commit, nobody else can register a root.
    epoch.anchor_seq = anchors.register_root(kind=anchors.RootKind.EPOCH, root=root, size=len(slots)).seq
    epoch.save(update_fields=["anchor_seq"])
    return epoch


def _commitment(slot: _Slot, epoch_key: bytes) -> bytes:
    seed = derive_seed(epoch_key=epoch_key, stream=slot.game.stream, round_number=slot.number)
    return commit_seed(stream=slot.game.stream, round_number=slot.number, seed=seed)


def _leaf(slot: _Slot, commitment: bytes) -> bytes:
    return CommitLeaf(
        stream=slot.game.stream,
        round_number=slot.number,
        open_ms=to_milliseconds(slot.opens_at),
        close_ms=to_milliseconds(slot.closes_at),
        beacon_chain_hash=slot.network.chain_hash,
        beacon_round=slot.beacon_round,
        rules_hash=rules_hash(rules_text(network_name=slot.network.name)),
        commitment=commitment,
    ).encode()
