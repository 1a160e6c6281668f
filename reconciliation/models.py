"""Comparisons of an operator's books with ours, what they found, and the daily files that were made."""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.db.models.functions import Now

from keno_platform.core import ids
from operators.models import Operator
from rounds.models import Round


class RunStatus(models.TextChoices):
    """A run over the API collects its parts first; every other is compared at once."""

    COLLECTING = "collecting", "collecting parts"
    FINISHED = "finished", "finished"


class Source(models.TextChoices):
    """Where the operator's rows came from."""

    COMMAND = "command", "a file given to manage.py reconcile"
    API = "api", "the API"


class ReconciliationRun(models.Model):
    """
    One comparison of an operator's transactions with ours. It only tells; nothing in any book is changed by it.

    `since` (inclusive) and `until` (exclusive) bound it; without them it is about everything. Counts are of
    transactions; sums in minor units, of what counts as done on either side, in doubt or not.
    """

    objects: ClassVar[models.Manager["ReconciliationRun"]] = models.Manager()

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=12, choices=RunStatus.choices, default=RunStatus.COLLECTING)
    source = models.CharField(max_length=8, choices=Source.choices)
    file_name = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=128)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    rows_there = models.BigIntegerField(default=0, help_text="Rows that the operator gave.")
    matched = models.BigIntegerField(default=0)
    missing_here = models.BigIntegerField(default=0)
    missing_there = models.BigIntegerField(default=0)
    different_amount = models.BigIntegerField(default=0)
    in_doubt = models.BigIntegerField(default=0, help_text="Calls that are not definite yet: no difference.")
    total_here = models.DecimalField(max_digits=30, decimal_places=0, default=0)
    total_there = models.DecimalField(max_digits=30, decimal_places=0, default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "reconciliation"
        indexes = [Index(fields=["operator", "-id"], name="reconciliation_by_operator")]
        constraints = [
            CheckConstraint(condition=Q(status__in=RunStatus.values), name="reconciliation_status_known"),
            CheckConstraint(condition=Q(source__in=Source.values), name="reconciliation_source_known"),
            CheckConstraint(
                condition=Q(since__isnull=True) | Q(until__isnull=True) | Q(until__gt=models.F("since")),
                name="reconciliation_period",
            ),
            CheckConstraint(
                condition=Q(status=RunStatus.FINISHED, finished_at__isnull=False)
                | Q(status=RunStatus.COLLECTING, finished_at__isnull=True),
                name="reconciliation_finished_at",
            ),
        ]

    def __str__(self) -> str:
        return f"reconciliation {self.pk}"

    @property
    def differences(self) -> int:
        """How many transactions do not agree."""
        return self.missing_here + self.missing_there + self.different_amount


class Part(models.Model):
    """Rows that came over the API for a run that still collects: scaffolding, taken down when it is compared."""

    objects: ClassVar[models.Manager["Part"]] = models.Manager()

    run = models.ForeignKey(ReconciliationRun, on_delete=models.PROTECT, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    rows = models.JSONField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [UniqueConstraint(fields=["run", "number"], name="reconciliation_part_once")]

    def __str__(self) -> str:
        return f"part {self.number} of {self.run_id}"


class Result(models.TextChoices):
    """What a comparison says of a transaction that is not the same on both sides."""

    MISSING_HERE = "missing_here", "missing here: the operator has it, we do not"
    MISSING_THERE = "missing_there", "missing there: we have it, the operator does not"
    DIFFERENT_AMOUNT = "different_amount", "different amount"
    IN_DOUBT = "in_doubt", "in doubt: our call is not definite yet"


class Difference(models.Model):
    """
    One transaction on which the two books do not agree, or (in doubt) do not have to agree yet.

    Amounts in minor units, of `currency` here and `currency_there` there; null on the side that has none. Staff close
    it with a note when it is explained; the row itself never changes anything.
    """

    objects: ClassVar[models.Manager["Difference"]] = models.Manager()

    run = models.ForeignKey(ReconciliationRun, on_delete=models.PROTECT, related_name="found", db_index=False)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    result = models.CharField(max_length=16, choices=Result.choices)
    transaction_id = models.UUIDField()
    kind = models.CharField(max_length=12)
    bet_id = models.UUIDField(null=True)
    round_id = models.BigIntegerField(null=True)
    player_token = models.CharField(max_length=128, blank=True)
    minor_here = models.BigIntegerField(null=True)
    minor_there = models.DecimalField(max_digits=30, decimal_places=0, null=True)
    currency_there = models.CharField(max_length=3, blank=True)
    state_here = models.CharField(max_length=12, blank=True)
    rows_there = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(null=True, help_text="When it was made, by our books or else by the operator's.")
    resolution = models.CharField(max_length=400, blank=True)
    resolved_by = models.CharField(max_length=150, blank=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            Index(fields=["run", "id"], name="reconciliation_found_by_run"),
            Index(fields=["operator", "transaction_id"], name="reconciliation_by_transaction"),
        ]
        constraints = [
            CheckConstraint(condition=Q(result__in=Result.values), name="reconciliation_result_known"),
            CheckConstraint(
                condition=Q(resolved_at__isnull=True, resolved_by="", resolution="")
                | (Q(resolved_at__isnull=False) & ~Q(resolved_by="") & ~Q(resolution="")),
                name="reconciliation_resolution_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_result_display().partition(':')[0]}: {self.transaction_id}"


class Closure(models.Model):
    """
    That an operator's betting is closed because these books were restored and may be behind its own, until somebody has
    held the two against each other. While one is open the operator cannot be resumed: a trigger refuses it.

    `point`: what was committed up to then is in these books, as far as anybody knows.
    """

    objects: ClassVar[models.Manager["Closure"]] = models.Manager()

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=400)
    point = models.DateTimeField(null=True)
    was_active = models.BooleanField(help_text="Whether its bets were taken before, and are again afterwards.")
    closed_at = models.DateTimeField(db_default=Now(), editable=False)
    run = models.ForeignKey(ReconciliationRun, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=400, blank=True, default="")
    reopened_by = models.CharField(max_length=150, blank=True, default="")
    reopened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["operator"], condition=Q(reopened_at__isnull=True), name="reconciliation_closed_once"
            ),
            CheckConstraint(
                condition=Q(reopened_at__isnull=True, reopened_by="")
                | (Q(reopened_at__isnull=False) & ~Q(reopened_by="") & (Q(run__isnull=False) | ~Q(note=""))),
                name="reconciliation_reopened_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"closure of operator {self.operator_id}"


class KnownCluster(models.Model):
    """
    A database server that these books are known to live on. On one that is not here they were restored, or another
    server has taken over: it begins a timeline of its own.
    """

    objects: ClassVar[models.Manager["KnownCluster"]] = models.Manager()

    system = models.CharField(max_length=24)
    timeline = models.PositiveIntegerField()
    known_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [UniqueConstraint(fields=["system", "timeline"], name="reconciliation_cluster_once")]

    def __str__(self) -> str:
        return f"{self.system}/{self.timeline}"


class DailyFile(models.Model):
    """
    What the files of an operator's finished day are: made once, and what is sent later must be the same bytes.

    `totals` has by kind the number of transactions and their sum, a decimal string.
    """

    objects: ClassVar[models.Manager["DailyFile"]] = models.Manager()

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    rows = models.BigIntegerField()
    totals = models.JSONField()
    csv_sha256 = models.BinaryField(max_length=32)
    csv_bytes = models.BigIntegerField()
    json_sha256 = models.BinaryField(max_length=32)
    json_bytes = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [UniqueConstraint(fields=["operator", "day"], name="reconciliation_day_once")]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.day}"


class RoundEnd(models.Model):
    """
    When a round was revealed or void, by the database's own clock: the order of the feed of finished rounds.

    Written by a trigger in the round's own transaction. The times of a round may be those of a sandbox's clock.
    """

    round = models.OneToOneField(Round, primary_key=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField()

    class Meta:
        indexes = [Index(fields=["ended_at", "round"], name="reconciliation_rounds_by_end")]

    def __str__(self) -> str:
        return f"end of round {self.round_id}"
