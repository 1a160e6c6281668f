"""Simulations and studies that were run, each with its dataset; reports that were made; revenue shares."""

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.db.models.functions import Now

from keno_platform.core import ids
from operators.models import Operator


class RunKind(models.TextChoices):
    """What was run."""

    DRAW_STATISTICS = "draw_statistics", "statistics of draws"
    RETURNS = "returns", "simulated returns of a paytable"


class SimulationRun(models.Model):
    """
    One finished run: what went in, what came out, and the files on the machine where it ran. Rows come, and never
    change or go; the hash says whether a file is still the one that was written.
    """

    kind = models.CharField(max_length=32, choices=RunKind.choices)
    parameters = models.JSONField(help_text="Enough to run it again.")
    result = models.JSONField()
    exact_value = models.CharField(max_length=80, blank=True, help_text="What theory says exactly, as a fraction.")
    confidence = models.CharField(max_length=20, blank=True, help_text="Of the verdict or interval, as a decimal.")
    file = models.CharField(max_length=400)
    file_sha256 = models.BinaryField(max_length=32)
    plot = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [CheckConstraint(condition=Q(kind__in=RunKind.values), name="reports_run_kind_known")]

    def __str__(self) -> str:
        return f"run {self.pk}"


class Form(models.TextChoices):
    """How a report is written."""

    CSV = "csv", "CSV"
    JSON = "json", "JSON"
    PDF = "pdf", "PDF"


class ReportState(models.TextChoices):
    """asked -> running -> done -> expired, or failed; a run whose worker has died is asked for again."""

    ASKED = "asked", "asked"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    EXPIRED = "expired", "expired"


class Every(models.TextChoices):
    """How often a schedule makes its report, over the day or month (UTC) that has ended."""

    DAY = "day", "day"
    MONTH = "month", "month"


class ReportSchedule(models.Model):
    """A report that is made by itself over every day or month that has ended. `query` has no period."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    operator = models.ForeignKey(Operator, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    report = models.CharField(max_length=40)
    query = models.JSONField(default=dict)
    form = models.CharField(max_length=4, choices=Form.choices)
    language = models.CharField(max_length=8)
    every = models.CharField(max_length=8, choices=Every.choices)
    actor = models.CharField(max_length=160)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "scheduled report"
        constraints = [
            CheckConstraint(condition=Q(form__in=Form.values), name="reports_schedule_form_known"),
            CheckConstraint(condition=Q(every__in=Every.values), name="reports_schedule_every_known"),
        ]

    def __str__(self) -> str:
        return f"{self.report} each {self.every}"


class ReportRun(models.Model):
    """
    A report that somebody, or a schedule, asked for. Made in the background; its file is kept for a while, its row,
    with what the file was, for ever. Written by `reports.runs` only.

    `file` is a name below the directory of reports; empty before it is done and after it has expired.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    operator = models.ForeignKey(Operator, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    schedule = models.ForeignKey(
        ReportSchedule, null=True, on_delete=models.PROTECT, related_name="runs", db_index=False
    )
    report = models.CharField(max_length=40)
    query = models.JSONField()
    form = models.CharField(max_length=4, choices=Form.choices)
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=ReportState.choices, default=ReportState.ASKED)
    actor = models.CharField(max_length=160)
    rows = models.BigIntegerField(default=0, help_text="Rows written so far, or in all.")
    totals = models.JSONField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=400, blank=True, default="")
    file = models.CharField(max_length=200, blank=True, default="")
    file_bytes = models.BigIntegerField(null=True)
    file_sha256 = models.BinaryField(max_length=32, null=True)
    rows_sha256 = models.BinaryField(max_length=32, null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True, help_text="When its worker was last heard of.")
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="From when on its file is not kept.")

    class Meta:
        verbose_name = "report"
        constraints = [
            CheckConstraint(condition=Q(form__in=Form.values), name="reports_form_known"),
            CheckConstraint(condition=Q(state__in=ReportState.values), name="reports_state_known"),
            CheckConstraint(
                condition=~Q(state__in=[ReportState.DONE, ReportState.EXPIRED])
                | Q(file_sha256__isnull=False, rows_sha256__isnull=False, finished_at__isnull=False),
                name="reports_done_is_whole",
            ),
            CheckConstraint(condition=~Q(state=ReportState.EXPIRED) | Q(file=""), name="reports_expired_has_no_file"),
            UniqueConstraint(
                fields=["schedule", "query"], condition=Q(schedule__isnull=False), name="reports_schedule_once"
            ),
        ]
        indexes = [
            Index(fields=["operator", "-id"], name="reports_by_operator"),
            Index(fields=["id"], condition=Q(state__in=["asked", "running"]), name="reports_to_make"),
            Index(fields=["expires_at"], condition=Q(state="done"), name="reports_to_expire"),
        ]

    def __str__(self) -> str:
        return f"{self.report} ({self.form})"


class RevenueTerm(models.Model):
    """
    What the provider's share of an operator's gross gaming revenue is from a day (UTC) on. Append-only: of two terms
    that hold from the same day the later agreed counts.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    since = models.DateField()
    basis_points = models.PositiveIntegerField(help_text="Hundredths of a percent: 1250 is 12.50 %.")
    actor = models.CharField(max_length=160)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "revenue share"
        constraints = [CheckConstraint(condition=Q(basis_points__lte=10_000), name="reports_share_at_most_all")]
        indexes = [Index(fields=["operator", "-since", "-id"], name="reports_terms")]

    def __str__(self) -> str:
        return f"{self.basis_points / 100:.2f} % from {self.since}"


class FeedMark(models.Model):
    """
    Where a checkpoint's new entries begin in the order of the whole record: the regulator's sequence numbers.
    Append-only, one for each checkpoint that found something new.
    """

    checkpoint = models.BigIntegerField(primary_key=True)
    first = models.BigIntegerField(unique=True)
    entries = models.PositiveIntegerField()

    class Meta:
        constraints = [CheckConstraint(condition=Q(entries__gt=0), name="reports_feed_mark_not_empty")]

    def __str__(self) -> str:
        return f"{self.first} at checkpoint {self.checkpoint}"
