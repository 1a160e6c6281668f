"""The call of the SQL function `place_bets`: slips as its arrays, and its row as what became of each slip."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.numeric import Int2, Int4, Int8

from bets.slips import Slip
from keno_platform.database.arrays import Bigints, Byteas, Ints, Smallints, Texts, Uuids
from operators.models import Operator

NAME, NAME_OF_ONE = "place_bets", "place_one"
PATIENCE_MS = 3000
"""How long a placement waits for any one lock."""
ACCEPTED, REPLAYED, STALE, ROUND_NOT_OPEN = "accepted", "replayed", "stale", "round_not_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """
    What the slips were checked against from memory, for the function to compare with the truth; see there.
    `taking_part` are rounds in which the operator is known to have a bet.
    """

    version: int | None = None
    paytable_id: UUID | None = None
    credentials: Iterable[UUID] = ()
    sessions: Iterable[UUID] = ()
    taking_part: frozenset[int] | set[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became of a slip: in a word, and its first bet when it has any. `moment` is that of a bet accepted now;
    `detail` is what a limit leaves, as JSON.
    """

    word: str
    first_bet: UUID | None = None
    moment: datetime | None = None
    balance: int | None = None
    """What the player had left after the whole call, in minor units; known for what was accepted now."""
    detail: str = ""

    @classmethod
    def of(cls, text: str, first_bet: UUID | None = None) -> "Outcome":
        """From the function's text, in which JSON may follow the word."""
        word, _, detail = text.partition(" ")
        return cls(word, first_bet, detail=detail)


def arguments(operator: Operator, slips: Sequence[Slip], known: Known, *, patience_ms: int = PATIENCE_MS) -> list[Any]:
    """The parameters of the function, in its order."""
    holders = sorted({slip.player.id for slip in slips})
    places = {player_id: place for place, player_id in enumerate(holders)}
    totals, running = [0] * len(holders), Bigints()
    bets = [(slip, place) for slip in slips for place in range(len(slip.bet_ids))]
    for slip, _ in bets:
        at = places[slip.player.id]
        totals[at] += slip.stake
        running.append(totals[at])
    rounds = Bigints([slip.rounds[n].id for slip, n in bets])
    gate = set(rounds)
    return [
        operator.schema_name,
        Int4(patience_ms),
        operator.operator_id,
        None if known.version is None else Int8(known.version),
        known.paytable_id,
        Uuids(known.credentials),
        Uuids(known.sessions),
        Bigints(sorted(gate)),
        Bigints({slip.rounds[0].id for slip in slips}),
        Bigints(gate - known.taking_part),
        Bigints(holders),
        Bigints(totals),
        Texts([slip.ask.key for slip in slips]),
        Byteas([slip.fingerprint for slip in slips]),
        Uuids([slip.bet_ids[n] for slip, n in bets]),
        rounds,
        Ints([places[slip.player.id] + 1 for slip, _ in bets]),
        Texts([_bits(slip.picks) for slip, _ in bets]),
        Smallints([len(slip.picks) for slip, _ in bets]),
        Bigints([slip.stake for slip, _ in bets]),
        Bigints([slip.potential for slip, _ in bets]),
        running,
        Byteas([slip.prefixes[n] for slip, n in bets]),
        Byteas([slip.blinds[n] for slip, n in bets]),
        *_of_tickets(slips, bets),
        Uuids() if known.paytable_id else Uuids([slip.paytable.id for slip, _ in bets]),
    ]


def arguments_of_one(operator: Operator, slip: Slip, known: Known, *, patience_ms: int = PATIENCE_MS) -> list[Any]:
    """The parameters of `place_one`, for a slip for one round that was checked from memory."""
    [one], [bet_id], [prefix], [blind] = slip.rounds, slip.bet_ids, slip.prefixes, slip.blinds
    return [
        operator.schema_name,
        Int4(patience_ms),
        operator.operator_id,
        Int8(known.version or 0),
        known.paytable_id,
        next(iter(known.credentials), None),
        next(iter(known.sessions), None),
        Int8(one.id),
        one.id in known.taking_part,
        Int8(slip.player.id),
        slip.ask.key,
        slip.fingerprint,
        bet_id,
        _bits(slip.picks),
        Int2(len(slip.picks)),
        Int8(slip.stake),
        Int8(slip.potential),
        prefix,
        blind,
    ]


def _of_tickets(slips: Sequence[Slip], bets: Sequence[tuple[Slip, int]]) -> tuple[Ints, Uuids]:
    """Which slip each bet belongs to, and its first bet where there are several; nothing when each slip is one bet."""
    if len(bets) == len(slips):
        return Ints(), Uuids()
    numbers = Ints(number for number, slip in enumerate(slips, start=1) for _ in slip.bet_ids)
    return numbers, Uuids([slip.bet_ids[0] if len(slip.bet_ids) > 1 else None for slip, _ in bets])


def _bits(picks: Iterable[int]) -> str:
    """The text of a `bit(80)`; see `bets.models.PicksField`."""
    mask = 0
    for number in picks:
        mask |= 1 << (80 - number)
    return format(mask, "080b")


def outcomes_of(row: Sequence[Any], slips: Sequence[Slip]) -> list[Outcome]:
    """What the function's row says about each slip, in order."""
    moment, balances, words, firsts = row
    if words is None:
        words, firsts = [ACCEPTED] * len(slips), [slip.bet_ids[0] for slip in slips]
    elif firsts is None:
        firsts = [None] * len(slips)
    spent: dict[int, int] = {}
    for slip, word in zip(slips, words, strict=True):
        if word == ACCEPTED:
            spent[slip.player.id] = spent.get(slip.player.id, 0) + slip.stake * len(slip.bet_ids)
    if not spent:
        return [Outcome.of(word, first) for word, first in zip(words, firsts, strict=True)]
    before = dict(zip(sorted({slip.player.id for slip in slips}), balances, strict=True))
    return [
        Outcome(word, first, moment, before[slip.player.id] - spent[slip.player.id])
        if word == ACCEPTED
        else Outcome.of(word, first)
        for slip, word, first in zip(slips, words, firsts, strict=True)
    ]
