"""Phases, how much may be taken on each number, and how much has been."""

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.db.models.functions import Now

from keno_platform.core import ids

THREE_DIGITS = r"^[0-9]{3}$"


class PhaseStatus(models.TextChoices):
    """draft -> open -> closed -> settled. A trigger keeps these arrows, whoever writes."""

    DRAFT = "draft", "draft"
    OPEN = "open", "open"
    CLOSED = "closed", "closed"
    SETTLED = "settled", "settled"


class Phase(models.Model):
    """
    One lottery, such as "Feb-01": slips are taken while it is open, and one number wins. At most one is open.

    What a winning slip pays, its stake times a multiplier, is fixed once the phase has left draft.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    name = models.CharField(max_length=40, unique=True)
    status = models.CharField(max_length=8, choices=PhaseStatus.choices, default=PhaseStatus.DRAFT)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    global_limit = models.BigIntegerField(
        help_text="The most that all slips together may stake on one number, in minor units of the currency."
    )
    multiplier = models.PositiveSmallIntegerField(default=80)
    tod_multiplier = models.PositiveSmallIntegerField(
        default=0, help_text="What a permutation of the winning number pays, times its stake; 0: nothing."
    )
    neighbour_multiplier = models.PositiveSmallIntegerField(
        default=0, help_text="What the number before or after the winning one pays, times its stake; 0: nothing."
    )
    cancellation = models.BooleanField(default=True, help_text="A slip may be taken back until the close.")
    winning_number = models.CharField(max_length=3, null=True, blank=True)
    opened_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["status"], condition=Q(status="open"), name="banker_one_open_phase"),
            CheckConstraint(condition=Q(status__in=PhaseStatus.values), name="banker_phase_status_known"),
            CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="banker_phase_ends_after_its_start"),
            CheckConstraint(condition=Q(global_limit__gt=0), name="banker_global_limit_positive"),
            CheckConstraint(condition=Q(multiplier__gt=0), name="banker_multiplier_positive"),
            CheckConstraint(
                condition=Q(winning_number__isnull=True) | Q(winning_number__regex=THREE_DIGITS),
                name="banker_winning_number_three_digits",
            ),
            CheckConstraint(
                condition=Q(winning_number__isnull=True) | Q(status__in=["closed", "settled"]),
                name="banker_winning_number_after_closing",
            ),
            CheckConstraint(
                condition=Q(winning_number__isnull=False) | ~Q(status="settled"), name="banker_settled_on_a_number"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class NumberLimit(models.Model):
    """What may be staked on one number of a phase, in minor units, instead of the phase's limit. 0 bars it."""

    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="number_limits")
    number = models.CharField(max_length=3)
    max_amount = models.BigIntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["phase", "number"], name="banker_one_limit_for_a_number"),
            CheckConstraint(condition=Q(number__regex=THREE_DIGITS), name="banker_limit_number_three_digits"),
            CheckConstraint(condition=Q(max_amount__gte=0), name="banker_limit_not_negative"),
        ]

    def __str__(self) -> str:
        return f"limit of {self.number}"


class Exposure(models.Model):
    """
    What has been staked on a number of a phase, in minor units, kept in the transaction of each slip and locked by it:
    here the limit is enforced. `version` rises with each change, so that whoever hears of two knows the later one.
    """

    pk = models.CompositePrimaryKey("phase_id", "number")
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="exposures", db_index=False)
    number = models.CharField(max_length=3)
    total_amount = models.BigIntegerField(default=0)
    bets = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(number__regex=THREE_DIGITS), name="banker_exposure_number_three_digits"),
            CheckConstraint(condition=Q(total_amount__gte=0, bets__gte=0), name="banker_exposure_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.total_amount} on {self.number}"
