"""Requests and decisions. A request changes once, from open to its end; a decision never. Triggers see to both."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Lower, Now
from django.db.models.lookups import Exact

from keno_platform.core import ids


class State(models.TextChoices):
    """open -> one of the others, for good."""

    OPEN = "open", "open"
    APPROVED = "approved", "approved and carried out"
    REJECTED = "rejected", "rejected"
    EXPIRED = "expired", "expired"
    WITHDRAWN = "withdrawn", "withdrawn"
    FAILED = "failed", "approved, but it could not be done"


class Verdict(models.TextChoices):
    """What the second pair of eyes said."""

    APPROVE = "approve", "approve"
    REJECT = "reject", "reject"


class Request(models.Model):
    """
    Something that one member of staff asks for. It names its subject and operator by id only, so that it outlives both.

    `rests_on` are the facts that the change rests on, as they were when it was asked, and `fingerprint` their SHA-256.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    action = models.CharField(max_length=64)
    subject = models.CharField(max_length=200)
    operator_id = models.UUIDField(null=True)
    payload = models.JSONField()
    description = models.JSONField(help_text="What would change, as it was shown when it was asked.")
    effect = models.JSONField(help_text="And its exact consequence.")
    rests_on = models.JSONField()
    fingerprint = models.BinaryField(max_length=32)
    reason = models.CharField(max_length=400)
    asked_by = models.CharField(max_length=156)
    asked_by_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=400, blank=True, default="", help_text="What came of it, in words.")

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(state__in=State.values), name="approvals_state_known"),
            CheckConstraint(
                condition=(Q(state=State.OPEN) & Q(closed_at__isnull=True))
                | (~Q(state=State.OPEN) & Q(closed_at__isnull=False)),
                name="approvals_closed_has_its_time",
            ),
            CheckConstraint(condition=Q(expires_at__gt=F("asked_at")), name="approvals_expires_later"),
            CheckConstraint(condition=~Q(reason=""), name="approvals_asked_for_a_reason"),
            UniqueConstraint(
                fields=["action", "subject", "operator_id"],
                condition=Q(state=State.OPEN),
                nulls_distinct=False,
                name="approvals_asked_once_at_a_time",
            ),
            # What a decision repeats of its request, so that the database itself can compare the two people.
            UniqueConstraint(fields=["id", "asked_by", "asked_by_user"], name="approvals_who_asked"),
        ]
        indexes = [
            Index(fields=["expires_at"], condition=Q(state=State.OPEN), name="approvals_open"),
            Index(fields=["action", "subject"], name="approvals_of_subject"),
        ]

    def __str__(self) -> str:
        return str(self.description.get("subject", self.subject))


class Decision(models.Model):
    """
    What somebody else said about a request: not the one who asked, neither under another spelling of the name.
    `asked_by` is the request's own, by a foreign key over both.
    """

    request = models.OneToOneField(Request, primary_key=True, on_delete=models.PROTECT, related_name="decision")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    reason = models.CharField(max_length=400)
    asked_by = models.CharField(max_length=156)
    asked_by_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_by = models.CharField(max_length=156)
    decided_by_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    effect = models.JSONField(help_text="As it was when it was decided.")
    decided_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(verdict__in=Verdict.values), name="approvals_verdict_known"),
            CheckConstraint(condition=~Q(decided_by_user=F("asked_by_user")), name="approvals_four_eyes"),
            CheckConstraint(
                condition=~Q(Exact(Lower("decided_by"), Lower("asked_by"))), name="approvals_four_eyes_by_name"
            ),
            CheckConstraint(condition=~Q(reason=""), name="approvals_decided_for_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.decided_by}"
