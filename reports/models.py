"""Simulations and studies that were run, each with its dataset."""

from django.db import models
from django.db.models import CheckConstraint, Q
from django.db.models.functions import Now


class RunKind(models.TextChoices):
    """What was run."""

    DRAW_STATISTICS = "draw_statistics", "statistics of draws"


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
