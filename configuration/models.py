"""What was set, when, by whom and why. The newest row of a key is what counts; no row is ever changed."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.db.models.functions import Now

from approvals.models import Request
from keno_platform.core import ids


class Change(models.Model):
    """One change of one setting. A `value` of null is the way back to the default."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.CharField(max_length=80)
    version = models.PositiveIntegerField(help_text="Of this key, from 1 without a gap.")
    value = models.JSONField(null=True)
    sensitive = models.BooleanField(help_text="Whether it was, when it was changed.")
    reason = models.CharField(max_length=400)
    actor = models.CharField(max_length=156)
    approval = models.ForeignKey(Request, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "change of a setting"
        verbose_name_plural = "changes of settings"
        constraints = [
            UniqueConstraint(fields=["key", "version"], name="configuration_one_version"),
            CheckConstraint(condition=Q(version__gte=1), name="configuration_versions_from_one"),
            CheckConstraint(
                condition=Q(sensitive=False) | Q(approval__isnull=False), name="configuration_sensitive_approved"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}, version {self.version}"
