"""Reading paytables and bets, inside an operator's schema."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from bets.models import Bet, BetState, Paytable, Slip
from bets.paytables import Multipliers
from keno_platform.core.errors import NotFound
from operators.selectors import get_operator
from operators.tenancy import tenant_context
from rounds.ports import records_in_order
from rounds.selectors import participants


def active_paytable() -> Paytable:
    """The paytable that new bets get."""
    return Paytable.objects.prefetch_related("rows", "picks").get(active=True)


def get_paytable(paytable_id: UUID) -> Paytable:
    """
    One version of the paytable.

    :raises NotFound: this operator has no such paytable.
    """
    found = Paytable.objects.prefetch_related("rows", "picks").filter(pk=paytable_id).first()
    if found is None:
        raise NotFound()
    return found


def multipliers(paytable: Paytable) -> dict[int, dict[int, int]]:
    """What a paytable pays, in hundredths of the stake, by pick count and hits."""
    table: dict[int, dict[int, int]] = {}
    for row in sorted(paytable.rows.all(), key=lambda row: (row.pick_count, row.hit_count)):
        table.setdefault(row.pick_count, {})[row.hit_count] = row.multiplier_hundredths
    return table


def top_multiplier(table: Multipliers, pick_count: int) -> int | None:
    """The greatest prize of a pick count in hundredths of the stake; None when it is not offered."""
    row = table.get(pick_count)
    return max(row.values()) if row else None


def bets() -> QuerySet[BetState]:
    """Every bet with what became of it."""
    return BetState.objects.select_related("player", "paytable")


def get_bet(bet_id: UUID, *, player_id: int | None = None) -> BetState:
    """
    One bet; with a player, only if it is theirs.

    :raises NotFound: none, another operator's or another player's: all look the same.
    """
    found = bets().filter(pk=bet_id)
    bet = (found if player_id is None else found.filter(player_id=player_id)).first()
    if bet is None:
        raise NotFound()
    return bet


def bets_of_slips(first_bet_ids: Iterable[UUID]) -> dict[UUID, list[Bet]]:
    """By the first bet of each slip: all its bets in the order of their rounds."""
    wanted = list(first_bet_ids)
    found = Bet.objects.select_related("player", "paytable").filter(Q(pk__in=wanted) | Q(ticket_id__in=wanted))
    slips: dict[UUID, list[Bet]] = {}
    for bet in found.order_by("pk"):
        slips.setdefault(bet.ticket_id or bet.pk, []).append(bet)
    return slips


def slips_by_key(keys: Iterable[str]) -> dict[str, Slip]:
    """Which of these idempotency keys are taken, and by what."""
    return {slip.key: slip for slip in Slip.objects.filter(key__in=list(keys))}


def leaves_for_close(operator_id: UUID, round_ids: list[int]) -> dict[int, bytes]:
    """What `rounds` asks when it closes: see `rounds.ports.LeafSource`. Made by the server, because it may be long."""
    with tenant_context(get_operator(operator_id=operator_id)), connection.cursor() as cursor:
        cursor.execute(_RECORDS, [round_ids])
        return {round_id: bytes(records) for round_id, records in cursor.fetchall()}


_RECORDS = """
    SELECT b.round_id, string_agg(uuid_send(b.id) || b.leaf_hash, ''::bytea)
    FROM bets_bet b
    WHERE b.round_id = ANY (%s) AND NOT EXISTS (SELECT 1 FROM bets_cancellation c WHERE c.bet_id = b.id)
    GROUP BY b.round_id
"""


def all_leaves(round_id: int) -> list[tuple[UUID, bytes]]:
    """(bet id, leaf hash) of every operator's bets that are in a round, in the order of its tree."""
    parts = [
        leaves_for_close(operator_id, [round_id]).get(round_id, b"") for _, operator_id in participants([round_id])
    ]
    return [(UUID(bytes=record[:16]), record[16:]) for record in records_in_order(parts)]
