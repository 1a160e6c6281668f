"""Slips and their bets. Append-only; everything is written by the SQL functions of `banker/sql/0002_slips.sql`."""

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.db.models.functions import Now

from banker.models.members import Member
from banker.models.phases import THREE_DIGITS, Phase


class Slip(models.Model):
    """
    What a collector handed in at once, under one idempotency key. Amounts in minor units.

    The last 32 bits of its id are zero: its movements have their kind there, its bets their place.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    key = models.CharField(max_length=128)
    fingerprint = models.BinaryField(max_length=32)
    text = models.TextField(help_text="As it was read, in canonical lines.")
    partial = models.BooleanField(help_text="What was over a limit might be cut off.")
    bets = models.PositiveIntegerField()
    asked = models.BigIntegerField()
    total_amount = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["member", "key"], name="banker_one_slip_a_key"),
            CheckConstraint(
                condition=Q(total_amount__gt=0, total_amount__lte=models.F("asked")), name="banker_slip_total_within"
            ),
            CheckConstraint(
                condition=Q(partial=True) | Q(total_amount=models.F("asked")), name="banker_slip_whole_unless_asked"
            ),
        ]

    def __str__(self) -> str:
        return f"slip {self.pk}"


class Bet(models.Model):
    """One number's stake on a slip, in minor units; `line` is the slip's canonical line, from 1."""

    id = models.UUIDField(primary_key=True, editable=False)
    slip = models.ForeignKey(Slip, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    number = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    line = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(number__regex=THREE_DIGITS), name="banker_bet_number_three_digits"),
            CheckConstraint(condition=Q(amount__gt=0), name="banker_bet_amount_positive"),
        ]
        indexes = [Index(fields=["phase", "number"], name="banker_bets_by_number")]

    def __str__(self) -> str:
        return f"bet {self.pk}"


class Cancellation(models.Model):
    """A slip that was taken back before the close, stake and all."""

    slip = models.OneToOneField(Slip, on_delete=models.PROTECT, primary_key=True)
    cancelled_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"cancellation of {self.slip_id}"
