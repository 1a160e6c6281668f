"""The record of what happened and who did it. Append-only: the database refuses every change."""

from django.db import models
from django.db.models import Index
from django.db.models.functions import Now

from keno_platform.core import ids


class AuditEntry(models.Model):
    """One event. It names its subjects by id only, so that it outlives them."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    event_type = models.CharField(max_length=64)
    actor = models.CharField(max_length=128)
    address = models.GenericIPAddressField(null=True)
    operator_id = models.UUIDField(null=True)
    round_id = models.BigIntegerField(null=True)
    bet_id = models.UUIDField(null=True)
    description = models.TextField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            Index(fields=["operator_id", "-id"], name="audit_by_operator"),
            Index(fields=["event_type", "-id"], name="audit_by_event"),
            Index(fields=["round_id"], condition=models.Q(round_id__isnull=False), name="audit_by_round"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type}: {self.description}"
