"""Epochs: rounds made ahead, with their seeds committed before any of them opens."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import connection, transaction

from anchors import services as anchors
from audit import services as audit
from fairness.merkle import leaf_hash, level_nodes, root_of
from fairness.messages import EpochStatement
from fairness.networks import Network, beacon_round_for
from fairness.seeds import commit_seed, derive_seed
from keno_platform.core.clock import to_milliseconds
from rounds import custody, selectors
from rounds.leaves import CHUNK_DEPTH, Networks, leaf_of
from rounds.models import Anchoring, Epoch, Game, RoundStatus
from rounds.statements import run

_SCHEDULE_LOCK = 0x4B4E_5343
_COMMITTED_PER_SECOND = 3000
"""A low estimate of how many rounds this process commits a second, on a machine that is busy with bets too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    """One round to be: the commitment's inputs, before there is a row."""

    game: Game
    number: int
    opens_at: datetime
    network: Network
    closes_at: datetime = field(init=False)
    beacon_round: int = field(init=False)

    def __post_init__(self) -> None:
        closes_at = self.opens_at + timedelta(seconds=self.game.betting_seconds)
        object.__setattr__(self, "closes_at", closes_at)
        object.__setattr__(self, "beacon_round", beacon_round_for(self.network, to_milliseconds(closes_at)))

    @property
    def stream(self) -> UUID:
        return self.game.stream


def schedule_ahead() -> list[Epoch]:
    """
    Make the epochs that must stand by now, so that every active game has committed rounds until the end of
    the epoch that begins within EPOCH_LEAD_SECONDS. Harmless when run twice or at once.
    """
    now = selectors.database_now()
    made = [_schedule_until(ends_at) for ends_at in _boundaries(now)]
    sandboxes = Game.objects.filter(active=True, sandbox=True).order_by("pk")
    return [epoch for epoch in made if epoch] + [epoch for game in sandboxes for epoch in schedule_sandbox(game)]


def schedule_sandbox(game: Game) -> list[Epoch]:
    """The same for one game with a clock of its own, by that clock. Its epochs hold no other game's rounds."""
    made = [_schedule_until(ends_at, game) for ends_at in _boundaries(selectors.game_now(game.pk))]
    return [epoch for epoch in made if epoch]


def _boundaries(now: datetime) -> Iterator[datetime]:
    """The ends of this epoch and of every later one that must stand committed already."""
    length = settings.EPOCH_SECONDS
    end = (int(now.timestamp()) // length + 1) * length
    while end - length <= now.timestamp() + settings.EPOCH_LEAD_SECONDS:
        yield datetime.fromtimestamp(end, UTC)
        end += length


@transaction.atomic
def _schedule_until(ends_at: datetime, sandbox: Game | None = None) -> Epoch | None:
    """
    One epoch with the rounds that are missing up to this end: of all ordinary games, or of one sandbox's. A
    transaction of its own: committed, it is public.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SCHEDULE_LOCK])
    now = selectors.game_now(sandbox.pk) if sandbox else selectors.database_now()
    games = [sandbox] if sandbox else list(Game.objects.filter(active=True, sandbox=False))
    earliest = now + _head_start(games, ends_at - now)
    last, networks, slots = _last_rounds(games), Networks(), list[_Slot]()
    for game in games:
        slots += _missing(game, networks[game.network], last[game.pk], earliest + _time_to_anchor(game), ends_at)
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


def _last_rounds(games: Sequence[Game]) -> dict[int, tuple[int, datetime | None]]:
    """The number and the opening of the last round that each of these games has; 0 and None where it has none."""
    rows = run(_LAST, [[game.pk for game in games]])
    return {game_id: (number or 0, opens_at) for game_id, number, opens_at in rows}


def _missing(
    game: Game, network: Network, last: tuple[int, datetime | None], earliest: datetime, ends_at: datetime
) -> Iterator[_Slot]:
    """The game's rounds up to this end that do not exist yet; after a pause the sequence goes on from `earliest`."""
    number, opened = last
    interval = game.interval_seconds
    start = math.ceil(earliest.timestamp())
    if opened:
        start = max(start, int(opened.timestamp()) + interval)
    first, end = -(-start // interval) * interval, math.ceil(ends_at.timestamp())
    for place, opens in enumerate(range(first, end, interval), start=number + 1):
        yield _Slot(game=game, number=place, opens_at=datetime.fromtimestamp(opens, UTC), network=network)


def _commit(slots: list[_Slot], ends_at: datetime) -> Epoch:
    """One epoch of these rounds: key sealed, leaves in a tree by (stream, number), root signed and registered."""
    slots = sorted(slots, key=lambda slot: (slot.game.stream.bytes, slot.number))
    epoch_key = custody.new_epoch_key()
    commitments = [_commitment(slot, epoch_key) for slot in slots]
    leaves = [
        leaf_hash(leaf_of(slot, network=slot.network, commitment=commitment).encode())
        for slot, commitment in zip(slots, commitments, strict=True)
    ]
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
    _insert(epoch, slots, commitments)
    audit.record(
        "epoch.committed",
        description=f"{len(slots):,} rounds of {len({slot.game.pk for slot in slots})} games, committed ahead",
        after={"epoch_id": epoch.pk, "root": root.hex(), "rounds": len(slots)},
    )
    # Last: from here to the commit, nobody else can register a root.
    epoch.anchor_seq = anchors.register_root(kind=anchors.RootKind.EPOCH, root=root, size=len(slots)).seq
    epoch.save(update_fields=["anchor_seq"])
    return epoch


def _commitment(slot: _Slot, epoch_key: bytes) -> bytes:
    seed = derive_seed(epoch_key=epoch_key, stream=slot.game.stream, round_number=slot.number)
    return commit_seed(stream=slot.game.stream, round_number=slot.number, seed=seed)


def _insert(epoch: Epoch, slots: Sequence[_Slot], commitments: Sequence[bytes]) -> None:
    """The rounds of an epoch, copied in binary form. Their ids follow the order in which they open."""
    rows = [
        (
            slot.game.pk,
            slot.number,
            epoch.pk,
            index,
            slot.network.name,
            slot.game.anchoring,
            slot.opens_at,
            slot.closes_at,
            slot.beacon_round,
            commitment,
            RoundStatus.SCHEDULED.value,
            "",
            "",
        )
        for index, (slot, commitment) in enumerate(zip(slots, commitments, strict=True))
    ]
    rows.sort(key=lambda row: (row[6], row[0]))
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_COPIED)
        for row in rows:
            copy.write_row(row)


_LAST = """
    SELECT game.id, last.number, last.opens_at FROM unnest(%b::bigint[]) AS game (id)
    LEFT JOIN LATERAL (
        SELECT r.number, r.opens_at FROM public.rounds_round r WHERE r.game_id = game.id
        ORDER BY r.number DESC LIMIT 1) last ON true
"""
_COPY = """
    COPY public.rounds_round (game_id, number, epoch_id, leaf_index, network, anchoring, opens_at, closes_at,
                              beacon_round, server_seed_hash, status, close_key_id, void_reason)
    FROM STDIN (FORMAT BINARY)
"""
_COPIED = [
    *("int8", "int8", "int8", "int4", "varchar", "varchar", "timestamptz", "timestamptz"),
    *("int8", "bytea", "varchar", "varchar", "varchar"),
]
