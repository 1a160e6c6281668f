"""What came of a phase: the number, entered by one admin and confirmed by another, and what it paid."""

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.db.models.functions import Now

from banker.models.members import Member
from banker.models.phases import THREE_DIGITS, Phase
from banker.models.slips import Bet, Slip
from keno_platform.core import ids


class Rank(models.TextChoices):
    """Why a bet won. It gets the highest prize that applies, and that one only."""

    STRAIGHT = "straight", "the number itself"
    TOD = "tod", "a permutation of it"
    NEIGHBOUR = "neighbour", "the number before or after"


class ResultEntry(models.Model):
    """
    A winning number as one admin entered it, until another decides. For a settled phase it is a correction, with its
    reason.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="result_entries")
    number = models.CharField(max_length=3)
    correction = models.BooleanField(default=False)
    reason = models.CharField(max_length=400, blank=True, default="")
    entered_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(db_default=Now(), editable=False)
    decided_by = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    confirmed = models.BooleanField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(number__regex=THREE_DIGITS), name="banker_result_three_digits"),
            CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("entered_by")), name="banker_result_four_eyes"
            ),
            CheckConstraint(
                condition=Q(decided_by__isnull=True, decided_at__isnull=True, confirmed__isnull=True)
                | Q(decided_by__isnull=False, decided_at__isnull=False, confirmed__isnull=False),
                name="banker_result_decided_whole",
            ),
            CheckConstraint(condition=Q(correction=False) | ~Q(reason=""), name="banker_correction_says_why"),
            UniqueConstraint(
                fields=["phase"], condition=Q(decided_at__isnull=True), name="banker_one_result_to_decide"
            ),
            UniqueConstraint(fields=["phase"], condition=Q(confirmed=True, correction=False), name="banker_one_result"),
        ]

    def __str__(self) -> str:
        # Without the number: whoever confirms it types it without having seen it.
        return f"entry {self.pk}"


class Settlement(models.Model):
    """What a phase took and paid, in minor units. Written once."""

    phase = models.OneToOneField(Phase, on_delete=models.PROTECT, primary_key=True)
    slips = models.PositiveIntegerField()
    bets = models.BigIntegerField()
    winners = models.BigIntegerField()
    total_in = models.BigIntegerField()
    total_out = models.BigIntegerField()
    net_profit = models.BigIntegerField()
    commission_total = models.BigIntegerField()
    settled_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(net_profit=F("total_in") - F("total_out")), name="banker_net_is_in_less_out")
        ]

    def __str__(self) -> str:
        return f"settlement of {self.phase_id}"


class Prize(models.Model):
    """What a bet won in its phase's settlement, in minor units."""

    bet = models.OneToOneField(Bet, on_delete=models.PROTECT, primary_key=True, db_constraint=False)
    slip = models.ForeignKey(Slip, on_delete=models.PROTECT, db_constraint=False)
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT)
    rank = models.CharField(max_length=9, choices=Rank.choices)
    multiplier = models.PositiveSmallIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(rank__in=Rank.values), name="banker_rank_known"),
            CheckConstraint(condition=Q(amount__gt=0), name="banker_prize_positive"),
        ]

    def __str__(self) -> str:
        return f"prize of {self.bet_id}"


class Statement(models.Model):
    """
    A collector's account of a phase: what its own slips took and won, and its commission on them and on what was sold
    below it, at the rate of then. Minor units. The id is the cause of the commission's movement.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    slips = models.PositiveIntegerField()
    total_in = models.BigIntegerField()
    total_out = models.BigIntegerField()
    commission_rate = models.PositiveSmallIntegerField()
    commission_amount = models.BigIntegerField()

    class Meta:
        constraints = [UniqueConstraint(fields=["phase", "member"], name="banker_one_statement")]

    def __str__(self) -> str:
        return f"statement {self.pk}"


class Correction(models.Model):
    """A settled phase's other number: what it had paid was taken back, and what is right was paid. Minor units."""

    entry = models.OneToOneField(ResultEntry, on_delete=models.PROTECT, primary_key=True, related_name="+")
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="corrections")
    number_before = models.CharField(max_length=3)
    number_after = models.CharField(max_length=3)
    reversed_amount = models.BigIntegerField()
    paid_amount = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"correction of {self.phase_id}"


class CorrectionLine(models.Model):
    """What a correction took back from a slip and what it paid it. The id is the cause of both movements."""

    id = models.UUIDField(primary_key=True, editable=False)
    correction = models.ForeignKey(Correction, on_delete=models.PROTECT, related_name="lines")
    slip = models.ForeignKey(Slip, on_delete=models.PROTECT)
    reversed_amount = models.BigIntegerField()
    paid_amount = models.BigIntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["correction", "slip"], name="banker_one_line_a_slip"),
            CheckConstraint(
                condition=Q(reversed_amount__gte=0, paid_amount__gte=0)
                & (Q(reversed_amount__gt=0) | Q(paid_amount__gt=0)),
                name="banker_correction_line_moves",
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.pk}"
