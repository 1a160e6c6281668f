"""The request log: every call that came in or went out, for 30 days."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import CheckConstraint, Index, Q

from keno_platform.core import ids


class Direction(models.TextChoices):
    """Seen from this server."""

    IN = "in", "in: an operator or a player called us"
    OUT = "out", "out: we called an operator"


class Call(models.Model):
    """
    One call as it was, without its secrets; see `calls.redaction`. Never changed; dropped with its day's partition.

    `id` is made when the call ends, `started_at` is when it began. `ids` is everything that it can be found by.
    Without an operator it is nobody's: the provider's own call, or one whose caller never became known.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    operator_id = models.UUIDField(null=True)
    key_hint = models.TextField(help_text="The first characters of the key, or how else the caller showed who it is.")
    method = models.TextField()
    path = models.TextField(help_text="With the query; outgoing calls with scheme and host.")
    endpoint = models.TextField(help_text="The path with its ids left out: what errors are grouped by.")
    status = models.SmallIntegerField(null=True, help_text="Nothing when no answer came.")
    code = models.TextField(help_text="The code of the refusal, or why a call of ours failed; empty when it went well.")
    duration_us = models.BigIntegerField(help_text="Microseconds.")
    request_id = models.TextField()
    ids = ArrayField(models.TextField())
    headers = models.JSONField(help_text="Those of the request that a repetition needs.")
    request = models.TextField()
    response = models.TextField()
    request_bytes = models.BigIntegerField(help_text="The length of the whole body, of which the beginning is kept.")
    response_bytes = models.BigIntegerField()
    error = models.TextField(help_text="What went wrong, for an engineer.")
    started_at = models.DateTimeField()

    class Meta:
        constraints = [CheckConstraint(condition=Q(direction__in=Direction.values), name="calls_direction_known")]
        indexes = [
            Index(fields=["operator_id", "-id"], name="calls_by_operator"),
            Index(fields=["operator_id", "-id"], condition=~Q(code=""), name="calls_errors"),
            GinIndex(fields=["ids"], name="calls_by_ids"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def failed(self) -> bool:
        """Whether it was refused, or got no good answer."""
        return bool(self.code)
