"""Reading paytables and bets, inside an operator's schema."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet, Sum

from bets.models import Bet, BetState, Cancellation, CarriedRound, Payout, Paytable, Settlement, Slip
from keno_platform.core.clock import from_text
from keno_platform.core.errors import NotFound, Refusal
from keno_platform.core.ids import uuid7_floor
from operators.selectors import get_operator
from operators.tenancy import current_schema, tenant_context
from rounds.models import Game
from rounds.ports import records_in_order
from rounds.selectors import participants, rounds_of
from wallet.horizon import archived, horizon, refuse_archived


def active_paytable() -> Paytable:
    """The paytable that new bets get. Which one that is is read each time; what it says never changes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM bets_paytable WHERE active")
        [(paytable_id,)] = cursor.fetchall()
    return _whole_paytable(current_schema(), paytable_id)


def has_active_paytable() -> bool:
    """Whether new bets can be placed with this operator at all."""
    return Paytable.objects.filter(active=True).exists()


@lru_cache(maxsize=1024)
def _whole_paytable(schema: str, paytable_id: UUID) -> Paytable:
    return Paytable.objects.prefetch_related("rows", "picks").get(pk=paytable_id)


def get_paytable(paytable_id: UUID) -> Paytable:
    """
    One version of the paytable.

    :raises NotFound: this operator has no such paytable.
    """
    found = Paytable.objects.prefetch_related("rows", "picks").filter(pk=paytable_id).first()
    if found is None:
        raise NotFound()
    return found


def paytable_of_version(version: int) -> Paytable:
    """
    A version of the operator's paytable.

    :raises NotFound: it has none of this number.
    """
    found = Paytable.objects.prefetch_related("rows", "picks").filter(version=version).first()
    if found is None:
        raise NotFound()
    return found


def multipliers(paytable: Paytable) -> dict[int, dict[int, int]]:
    """What a paytable pays, in hundredths of the stake, by pick count and hits."""
    table: dict[int, dict[int, int]] = {}
    for row in sorted(paytable.rows.all(), key=lambda row: (row.pick_count, row.hit_count)):
        table.setdefault(row.pick_count, {})[row.hit_count] = row.multiplier_hundredths
    return table


def top_multipliers(paytable: Paytable) -> dict[int, int]:
    """The greatest prize of each pick count that is offered, in hundredths of the stake."""
    return {pick_count: max(row.values()) for pick_count, row in multipliers(paytable).items()}


def bets() -> QuerySet[BetState]:
    """Every bet with what became of it."""
    return BetState.objects.select_related("player", "paytable")


def of_game(bets: QuerySet[BetState], game: Game) -> QuerySet[BetState]:
    """
    Those of these bets whose round is one of a game's. Each bet's round is looked up by its key, so these bets should
    be few already: one player's, or one round's.
    """
    return bets.filter(Exists(rounds_of(game).filter(pk=OuterRef("round_id"))))


def placed_between(bets: QuerySet[BetState], *, since: str | None, to: str | None) -> QuerySet[BetState]:
    """
    Those of these bets that were placed from `since` to before `to`, as a request names them. Ids carry the time, so
    that only partitions of those days are read.

    :raises MalformedRequest: not RFC 3339 times.
    """
    if since is not None:
        bets = bets.filter(pk__gte=uuid7_floor(from_text(since)))
    if to is not None:
        bets = bets.filter(pk__lt=uuid7_floor(from_text(to)))
    return bets


def get_bet(bet_id: UUID, *, player_id: int | None = None) -> BetState:
    """
    One bet; with a player, only if it is theirs.

    :raises NotFound: none, another operator's or another player's: all look the same.
    :raises Archived: a bet of that time is in the archive, whether there is one of this id or not.
    """
    found = bets().filter(pk=bet_id)
    bet = (found if player_id is None else found.filter(player_id=player_id)).first()
    if bet is None:
        refuse_archived(bet_id, bet_id=str(bet_id))
        raise NotFound()
    return bet


def bets_of_slips(first_bet_ids: Iterable[UUID]) -> "dict[UUID, list[Bet] | Refusal]":
    """
    By the first bet of each slip: all its bets in the order of their rounds; or where they are in the archive, the
    refusal that says so.
    """
    wanted = list(first_bet_ids)
    if not wanted:
        return {}
    bets = Bet.objects.select_related("player", "paytable")
    # Two questions, each with its index: for one with an OR the server may read everything.
    found = {bet.pk: bet for own in (bets.filter(pk__in=wanted), bets.filter(ticket_id__in=wanted)) for bet in own}
    slips: dict[UUID, list[Bet]] = {}
    for _, bet in sorted(found.items()):
        slips.setdefault(bet.ticket_id or bet.pk, []).append(bet)
    # Never a part of a ticket: one over midnight is archived with the day of its first bet.
    whole: dict[UUID, list[Bet] | Refusal] = {first: own for first, own in slips.items() if own[0].pk == first}
    missing = [first for first in wanted if first not in whole]
    since = horizon() if missing else None
    return whole | {first: archived(bet_id=str(first)) for first in missing if since and first < since}


def slips_by_key(keys: Iterable[str]) -> dict[str, Slip]:
    """Which of these idempotency keys are taken, and by what."""
    return {slip.key: slip for slip in Slip.objects.filter(key__in=list(keys))}


def keys_in_progress(keys: Iterable[str]) -> set[str]:
    """Which of these idempotency keys have a debit on its way."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_PROGRESS, [list(keys)])
        return {key for (key,) in cursor.fetchall()}


_IN_PROGRESS = """
    SELECT a.key FROM bets_attempt a WHERE a.key = ANY (%s) AND EXISTS (
        SELECT 1 FROM unnest(a.bet_ids) b JOIN wallet_walletcall c ON c.id = movement_id(b, 6)
        WHERE c.state = 'pending')
"""


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


def carried_of(round_id: int) -> int:
    """How many bets of a round, of all operators and without the cancelled ones, are in the archive."""
    total = 0
    for _, operator_id in participants([round_id]):
        with tenant_context(get_operator(operator_id=operator_id)):
            found = CarriedRound.objects.filter(round_id=round_id).aggregate(bets=Sum("bets"))
            total += found["bets"] or 0
    return total


def stakes_of_round(round_id: int) -> tuple[int, int]:
    """How many bets of a round stand, and the sum of their stakes in minor units."""
    standing = Bet.objects.filter(round_id=round_id).exclude(
        pk__in=Cancellation.objects.filter(round_id=round_id).values("pk")
    )
    found = standing.aggregate(bets=Count("pk"), stakes=Sum("stake"))
    return found["bets"], int(found["stakes"] or 0)


def find_cancellation(bet_id: UUID) -> Cancellation | None:
    """When a bet was taken back, if it was."""
    return Cancellation.objects.filter(pk=bet_id).first()


def find_settlement(round_id: int) -> Settlement | None:
    """What a round came to for this operator, once it is settled."""
    return Settlement.objects.filter(pk=round_id).first()


def settled_between(since: datetime, until: datetime) -> QuerySet[Settlement]:
    """The settlements of a time, from `since` to before `until`, the oldest first."""
    return Settlement.objects.filter(settled_at__gte=since, settled_at__lt=until).order_by("settled_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundSums:
    """
    Sums over drawn rounds with bets, in minor units; the last three are of squares and products, from which the spread
    between rounds follows.
    """

    rounds: int
    bets: int
    stakes: int
    payouts: int
    stakes_squared: int
    payouts_squared: int
    products: int


def sums_since(since: datetime) -> RoundSums:
    """What the rounds that were settled since a moment took and paid."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, [since])
        rounds, *sums = cursor.fetchone()
    bets, stakes, payouts, stakes_squared, payouts_squared, products = map(int, sums)
    return RoundSums(
        rounds=rounds,
        bets=bets,
        stakes=stakes,
        payouts=payouts,
        stakes_squared=stakes_squared,
        payouts_squared=payouts_squared,
        products=products,
    )


_SUMS = """
    SELECT count(*), coalesce(sum(bets), 0), coalesce(sum(stakes), 0), coalesce(sum(payouts), 0),
           coalesce(sum(stakes::numeric * stakes), 0), coalesce(sum(payouts::numeric * payouts), 0),
           coalesce(sum(stakes::numeric * payouts), 0)
    FROM bets_settlement WHERE settled_at >= %s AND outcome = 'drawn' AND stakes > 0
"""


def top_payouts(round_id: int, count: int) -> list[Payout]:
    """The highest wins of a round, the highest first."""
    return list(Payout.objects.filter(round_id=round_id).order_by("-amount", "pk")[:count])


def bets_of(player_id: int) -> QuerySet[BetState]:
    """Every bet of a player that is online."""
    return bets().filter(player_id=player_id)


def bets_of_rounds(round_ids: Iterable[int]) -> QuerySet[Bet]:
    """The bets of these rounds that are in their trees: without those that were taken back."""
    taken_back = Cancellation.objects.filter(pk=OuterRef("pk"))
    found = Bet.objects.select_related("player", "paytable").filter(round_id__in=list(round_ids))
    return found.filter(~Exists(taken_back)).order_by("pk")


def bets_by_id(bet_ids: Iterable[UUID]) -> dict[UUID, BetState]:
    """These bets with what became of them; those that are not online are absent."""
    return {bet.pk: bet for bet in bets().filter(pk__in=list(bet_ids))}
