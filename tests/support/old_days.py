"""
Books of an earlier day. Ids carry their time, and every time inside is the database's own, so the day before today is
the only one that a test can write a whole life of bets into: rows that placement writes, under ids of yesterday.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import connection

from bets.models import Bet, bits_of
from bets.receipts import receipt
from bets.selectors import active_paytable
from fairness.merkle import leaf_hash
from keno_platform.core import ids
from keno_platform.core.ids import uuid7_floor
from operators.models import Operator
from operators.services import OperatorTerms, create_operator
from operators.tenancy import tenant_transaction
from players.models import Player
from rounds.models import Round
from rounds.selectors import database_now
from wallet.models import Account, Kind, TransferKey
from wallet.services import post_movements

YESTERDAY: date = datetime.now(UTC).date() - timedelta(days=1)


def own_operator(slug: str, *, currency: str = "KES") -> Operator:
    """An operator of the test's own: what is archived comes off its tables for good."""
    operator, _ = create_operator(
        terms=OperatorTerms(
            slug=slug,
            name=slug.title(),
            currency_code=currency,
            domain=f"{slug}.localhost",
            min_bet=100,
            max_bet=100_000,
            max_win_per_ticket=1_000_000_000,
        )
    )
    return operator


def id_of(day: date, *, second: float | None = None) -> UUID:
    """A bet's id of a day: of one of its last seconds unless said otherwise."""
    at = datetime.combine(day, time(), UTC) + timedelta(seconds=86_399 if second is None else second)
    rest = int.from_bytes(os.urandom(9), "big") & ((1 << 72) - 1)
    return UUID(int=(uuid7_floor(at).int | 7 << 76 | 2 << 62 | rest >> 10) & ~0xF)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldBet:
    """A bet that was booked under an id of an earlier day."""

    id: UUID
    key: str
    stake: int
    player: Player


def old_deposit(operator: Operator, player: Player, amount: int, *, day: date = YESTERDAY, key: str = "") -> UUID:
    """A deposit under an id of an earlier day: its key and its movement."""
    cause = id_of(day)
    movement = UUID(int=cause.int | Kind.DEPOSIT.value)
    with tenant_transaction(operator):
        Account.objects.get_or_create(player=player)
        TransferKey.objects.create(
            key=key or f"old-{cause}", fingerprint=hashlib.sha256(cause.bytes).digest(), transaction_id=movement
        )
        post_movements(Kind.DEPOSIT, causes=[cause], players=[player.pk], amounts=[amount], reference="tab\t\\ ë\n")
    return movement


def old_bets(
    operator: Operator,
    rounds: Sequence[Round],
    player: Player,
    *,
    stake: int = 1000,
    picks: Sequence[int] = (7, 21, 63),
    day: date = YESTERDAY,
    key: str | None = None,
    bet_id: UUID | None = None,
    fingerprint: bytes | None = None,
    next_days: int = 0,
    proven: bool = False,
) -> list[OldBet]:
    """
    One slip over these rounds, as placement books it: key, bets, stakes, participations. The last `next_days` bets of
    it have ids of today, as those of a slip at midnight. Leaves are those of the bets where they are to be `proven`,
    else hashes of anything.
    """
    made = [id_of(day) for _ in rounds[: len(rounds) - next_days]] + [ids.bet_id() for _ in range(next_days)]
    made = [bet_id] if bet_id else sorted(made)
    key = key or f"o:old-{made[0]}"
    with tenant_transaction(operator), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bets_slip (key, fingerprint, first_bet_id) VALUES (%s, %s, %s)",
            [key, fingerprint or hashlib.sha256(key.encode()).digest(), made[0]],
        )
        for bet_id, one in zip(made, rounds, strict=True):
            cursor.execute(
                """INSERT INTO bets_bet (id, round_id, player_id, paytable_id, ticket_id, picks, pick_count, stake,
                                         potential_max_win, blind, leaf_hash, created_at)
                   SELECT %s, %s, %s, id, %s, %s::bit(80), %s, %s, %s, %s, %s, %s
                   FROM bets_paytable WHERE active""",
                [
                    *(bet_id, one.pk, player.pk, made[0] if len(made) > 1 else None, bits_of(picks), len(picks)),
                    *(stake, stake * 100, *_sealed(operator, one, player, bet_id, picks, stake, proven=proven)),
                ],
            )
            cursor.execute(
                "INSERT INTO public.rounds_participation (round_id, operator_id, created_at) VALUES (%s, %s, now())"
                " ON CONFLICT DO NOTHING",
                [one.pk, operator.pk],
            )
        post_movements(
            Kind.STAKE, causes=made, players=[player.pk] * len(made), amounts=[-stake] * len(made), reference=None
        )
    return [OldBet(id=bet_id, key=key, stake=stake, player=player) for bet_id in made]


def _sealed(
    operator: Operator, one: Round, player: Player, bet_id: UUID, picks: Sequence[int], stake: int, *, proven: bool
) -> tuple[bytes, bytes, datetime]:
    """A bet's blind, the hash of its leaf, and when it was accepted."""
    blind, at = os.urandom(16), database_now()
    if not proven:
        return blind, hashlib.sha256(bet_id.bytes).digest(), at
    own = Bet(id=bet_id, player=player, paytable=active_paytable(), picks=tuple(picks), stake=stake, created_at=at)
    own.blind = blind
    return blind, leaf_hash(receipt(own, operator=operator, stream=one.game.stream, round_number=one.number)), at


def old_seamless_bets(
    operator: Operator,
    rounds: Sequence[Round],
    player: Player,
    *,
    stake: int = 1000,
    picks: Sequence[int] = (7, 21, 63),
) -> list[OldBet]:
    """The same of a seamless operator: before the stakes, debits that its wallet has confirmed."""
    made = [id_of(YESTERDAY) for _ in rounds]
    debits = [UUID(int=one.int | Kind.DEBIT.value) for one in made]
    count = len(made)
    with tenant_transaction(operator), connection.cursor() as cursor:
        cursor.execute(
            "SELECT open_debits(%s, %s, %s, %s, %s, %s, %s, interval '1 minute')",
            [
                *(made, [None] * count, [player.pk] * count, [None] * count, [one.pk for one in rounds]),
                *([one.game.code for one in rounds], [stake] * count),
            ],
        )
        cursor.execute(
            "SELECT count(*) FROM conclude_debits(%s, %s, %s, %s)",
            [debits, ["ok"] * count, ["theirs"] * count, [""] * count],
        )
        assert cursor.fetchone() == (count,)
    booked = []
    for bet_id, one in zip(made, rounds, strict=True):
        booked += old_bets(operator, [one], player, stake=stake, picks=picks, bet_id=bet_id)
    return booked


def deliver_all(operator: Operator) -> int:
    """Every open credit and rollback is answered with a yes. Returns how many."""
    with tenant_transaction(operator), connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(id ORDER BY id) FROM wallet_walletcall WHERE kind > 6 AND state = 'pending'")
        [calls] = cursor.fetchone()
        count = len(calls or ())
        cursor.execute(
            "SELECT count(*) FROM conclude_calls(%s, %s, %s, %s, %s::timestamptz[])",
            [calls or [], ["ok"] * count, ["theirs"] * count, [""] * count, [None] * count],
        )
        return count
