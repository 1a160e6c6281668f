"""Paytables and bets of one operator. Bets are never updated: what became of one is other rows."""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Now
from django.db.models.lookups import LessThanOrEqual

from keno_platform.core import ids
from players.models import Player

NUMBERS = 80


class PicksField(models.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A set of numbers 1..80 as `bit(80)`: hits are then one AND and a bit count. Number k is bit k from the left."""

    def db_type(self, connection: Any) -> str:
        return f"bit({NUMBERS})"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> tuple[int, ...] | None:
        if value is None:
            return None
        return tuple(place for place, bit in enumerate(value, start=1) if bit == "1")

    def get_prep_value(self, value: Iterable[int] | None) -> str | None:
        return None if value is None else bits_of(value)


def bits_of(numbers: Iterable[int]) -> str:
    """The text of a `bit(80)` with these numbers set."""
    chosen = set(numbers)
    return "".join("1" if place in chosen else "0" for place in range(1, NUMBERS + 1))


class Paytable(models.Model):
    """One immutable version of what bets pay. Only `active` ever changes, and at most one is."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    version = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=40)
    hash = models.BinaryField(max_length=32, unique=True)
    active = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [UniqueConstraint(fields=["active"], condition=Q(active=True), name="bets_one_active_paytable")]

    def __str__(self) -> str:
        return f"{self.name} (version {self.version})"


class PaytablePick(models.Model):
    """A pick count that a paytable offers, with its exact return to player as a fraction in lowest terms."""

    paytable = models.ForeignKey(Paytable, on_delete=models.PROTECT, related_name="picks")
    pick_count = models.PositiveSmallIntegerField()
    rtp_numerator = models.BigIntegerField()
    rtp_denominator = models.BigIntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["paytable", "pick_count"], name="bets_pick_once"),
            CheckConstraint(condition=Q(pick_count__gte=1, pick_count__lte=10), name="bets_pick_count_range"),
            # The house edge is at least 11 %, whatever wrote the row.
            CheckConstraint(
                condition=LessThanOrEqual(F("rtp_numerator") * 100, F("rtp_denominator") * 89),
                name="bets_house_edge",
            ),
            CheckConstraint(condition=Q(rtp_denominator__gt=0), name="bets_rtp_is_a_fraction"),
        ]

    def __str__(self) -> str:
        return f"pick {self.pick_count}"


class PaytableRow(models.Model):
    """What a number of hits pays, in hundredths of the stake."""

    paytable = models.ForeignKey(Paytable, on_delete=models.PROTECT, related_name="rows")
    pick_count = models.PositiveSmallIntegerField()
    hit_count = models.PositiveSmallIntegerField()
    multiplier_hundredths = models.PositiveIntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["paytable", "pick_count", "hit_count"], name="bets_hits_once"),
            CheckConstraint(condition=Q(hit_count__lte=F("pick_count")), name="bets_hits_within_picks"),
            CheckConstraint(condition=Q(multiplier_hundredths__gt=0), name="bets_multiplier_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.hit_count} of {self.pick_count}"


class Slip(models.Model):
    """An idempotency key of a placement, with what was asked under it and the first bet that it became."""

    key = models.CharField(max_length=160, primary_key=True)
    fingerprint = models.BinaryField(max_length=32)
    first_bet_id = models.UUIDField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.key


class Attempt(models.Model):
    """
    A placement whose debit is on its way to the operator's wallet, by idempotency key: so that a retry meanwhile sends
    no second one. Gone when the debit is concluded; one that was lost is taken over by the next call with its key.
    """

    key = models.CharField(max_length=160, primary_key=True)
    fingerprint = models.BinaryField(max_length=32)
    first_bet_id = models.UUIDField()
    bet_ids = ArrayField(models.UUIDField())
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.key


class BetColumns(models.Model):
    """The columns of an accepted bet. Amounts in minor units of the operator's currency."""

    id = models.UUIDField(primary_key=True, editable=False)
    round_id = models.BigIntegerField()
    player = models.ForeignKey(Player, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    paytable = models.ForeignKey(Paytable, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    ticket_id = models.UUIDField(null=True, help_text="The first bet of a ticket over several rounds.")
    picks = PicksField()
    pick_count = models.PositiveSmallIntegerField()
    stake = models.BigIntegerField()
    potential_max_win = models.BigIntegerField()
    blind = models.BinaryField(max_length=16)
    leaf_hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"bet {self.pk}"


class Bet(BetColumns):
    """An accepted bet, exactly as it was accepted. Written by the SQL function `place_bets` only."""

    class Meta:
        indexes = [
            Index(fields=["round_id"], name="bets_by_round"),
            Index(fields=["player", "-id"], name="bets_by_player"),
            Index(fields=["ticket_id"], condition=Q(ticket_id__isnull=False), name="bets_by_ticket"),
        ]
        constraints = [
            CheckConstraint(condition=Q(stake__gt=0), name="bets_stake_positive"),
            CheckConstraint(condition=Q(pick_count__gte=1, pick_count__lte=10), name="bets_bet_pick_count"),
        ]


class Cancellation(models.Model):
    """A bet taken back while its round was open."""

    bet_id = models.UUIDField(primary_key=True, editable=False)
    round_id = models.BigIntegerField(db_index=True)
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    def __str__(self) -> str:
        return f"cancellation of {self.pk}"


class Payout(models.Model):
    """What a winning bet won. Partitioned by day of the bet."""

    bet_id = models.UUIDField(primary_key=True, editable=False)
    round_id = models.BigIntegerField()
    hits = models.PositiveSmallIntegerField()
    multiplier_hundredths = models.PositiveIntegerField()
    amount = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [Index(fields=["round_id"], name="bets_payout_by_round")]
        constraints = [CheckConstraint(condition=Q(amount__gt=0), name="bets_payout_positive")]

    def __str__(self) -> str:
        return f"payout of {self.pk}"


class Outcome(models.TextChoices):
    """How a round ended for the bets in it."""

    DRAWN = "drawn", "drawn"
    VOID = "void", "void"


class Settlement(models.Model):
    """A round is settled for this operator. Its key is what makes that happen once."""

    round_id = models.BigIntegerField(primary_key=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    bets = models.PositiveIntegerField()
    stakes = models.BigIntegerField()
    winners = models.PositiveIntegerField()
    payouts = models.BigIntegerField(help_text="Payouts, or for a void round the stakes returned.")
    settled_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = [CheckConstraint(condition=Q(outcome__in=Outcome.values), name="bets_outcome_known")]

    def __str__(self) -> str:
        return f"settlement of round {self.pk}"


class BetStatus(models.TextChoices):
    """Derived, never stored: see the view `bets_betstate`."""

    PENDING = "pending", "pending"
    WON = "won", "won"
    LOST = "lost", "lost"
    ROLLED_BACK = "rolled_back", "rolled back"


class BetState(BetColumns):
    """A bet together with what became of it (a view)."""

    settlement_status = models.CharField(max_length=12, choices=BetStatus.choices)
    win_amount = models.BigIntegerField(null=True)
    hits = models.PositiveSmallIntegerField(null=True)
    multiplier_hundredths = models.PositiveIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "bets_betstate"
        verbose_name = "bet"


class CarriedRound(models.Model):
    """
    What the bets of an archived day were in a round, without the cancelled ones: its settlement counts these and those
    that are online. A round over midnight has two days.
    """

    day = models.DateField()
    round_id = models.BigIntegerField()
    bets = models.BigIntegerField()
    stakes = models.BigIntegerField()
    winners = models.BigIntegerField()
    payouts = models.BigIntegerField()

    class Meta:
        constraints = [UniqueConstraint(fields=["round_id", "day"], name="bets_round_carried_once")]

    def __str__(self) -> str:
        return f"round {self.round_id} of {self.day}"


class CarriedCancellation(models.Model):
    """The stake of a cancelled bet that is archived."""

    bet_id = models.UUIDField(primary_key=True, editable=False)
    stake = models.BigIntegerField()

    def __str__(self) -> str:
        return f"stake of {self.pk}"
