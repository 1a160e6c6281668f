"""Flags of one operator, and how far its bets have been looked at."""

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.db.models.functions import Now

from keno_platform.core import ids
from players.models import Player


class RuleCode(models.TextChoices):
    """What was found; see `flags.rules`."""

    TEMPO = "impossible_tempo", "impossible tempo"
    CROWD = "identical_slips", "identical slips of many players"
    RETURN = "abnormal_return", "a return that chance does not explain"


class FlagStatus(models.TextChoices):
    """open -> acknowledged -> dismissed, or open -> dismissed."""

    OPEN = "open", "open"
    ACKNOWLEDGED = "acknowledged", "acknowledged: somebody looks into it"
    DISMISSED = "dismissed", "dismissed"


UNDECIDED = (FlagStatus.OPEN, FlagStatus.ACKNOWLEDGED)


class Flag(models.Model):
    """
    Something that staff should look at. What is found again before it is dismissed counts on the same flag, with the
    newest evidence; after that a new flag is raised.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    rule = models.CharField(max_length=24, choices=RuleCode.choices)
    subject = models.CharField(max_length=120, help_text="What it is about, as a key.")
    player = models.ForeignKey(
        Player, null=True, on_delete=models.PROTECT, db_index=False, help_text="Whom it is about, if only one."
    )
    round_id = models.BigIntegerField(null=True)
    status = models.CharField(max_length=12, choices=FlagStatus.choices, default=FlagStatus.OPEN)
    evidence = models.JSONField()
    times = models.PositiveIntegerField(default=1, help_text="How often it was found.")
    raised_at = models.DateTimeField(db_default=Now(), editable=False)
    seen_at = models.DateTimeField(db_default=Now(), editable=False, help_text="When it was found last.")
    decided_at = models.DateTimeField(null=True, editable=False)
    decided_by = models.CharField(max_length=160, blank=True, default="", editable=False)
    reason = models.CharField(max_length=200, blank=True, default="", editable=False)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(rule__in=RuleCode.values), name="flags_rule_known"),
            CheckConstraint(condition=Q(status__in=FlagStatus.values), name="flags_status_known"),
            CheckConstraint(
                condition=(Q(status=FlagStatus.OPEN) & Q(decided_at__isnull=True))
                | (~Q(status=FlagStatus.OPEN) & Q(decided_at__isnull=False) & ~Q(decided_by="")),
                name="flags_decided_by_somebody",
            ),
            CheckConstraint(
                condition=~Q(status=FlagStatus.DISMISSED) | ~Q(reason=""), name="flags_dismissed_for_a_reason"
            ),
            UniqueConstraint(
                fields=["rule", "subject"], condition=~Q(status=FlagStatus.DISMISSED), name="flags_one_at_a_time"
            ),
        ]
        indexes = [
            Index(fields=["status", "-id"], name="flags_by_status"),
            Index(fields=["player", "rule", "-id"], name="flags_by_player"),
        ]

    def __str__(self) -> str:
        return f"{self.get_rule_display()} ({self.status})"


class Progress(models.Model):
    """
    How far the bets have been looked at: those with ids below `bets_before`, and rounds settled up to the place
    (`settled_at`, `settled_round`). There is one row, which whoever looks holds.
    """

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    bets_before = models.UUIDField()
    settled_at = models.DateTimeField()
    settled_round = models.BigIntegerField(default=0)
    looked_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [CheckConstraint(condition=Q(id=1), name="flags_one_progress")]

    def __str__(self) -> str:
        return f"looked at up to {self.settled_at}"
