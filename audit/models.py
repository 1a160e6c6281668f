"""
The record of what happened and who did it, and its seals. Append-only, all of it: the database refuses every change.
"""

from django.db import models
from django.db.models import Func, Index, TextField, UniqueConstraint
from django.db.models.functions import Cast, Now

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
    transaction_number = models.BigIntegerField(
        db_default=Cast(
            Cast(Func(function="pg_current_xact_id", output_field=TextField()), TextField()), models.BigIntegerField()
        ),
        help_text="Of the transaction that wrote it: by this, sealing knows which entries cannot be followed late.",
    )

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            Index(fields=["operator_id", "-id"], name="audit_by_operator"),
            Index(fields=["event_type", "-id"], name="audit_by_event"),
            Index(fields=["round_id"], condition=models.Q(round_id__isnull=False), name="audit_by_round"),
            Index(fields=["transaction_number"], name="audit_by_transaction"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type}: {self.description}"


class Checkpoint(models.Model):
    """All logs at one moment, signed. What it says stands in its message and nowhere else; see fairness.record."""

    number = models.BigIntegerField(primary_key=True)
    message = models.BinaryField(max_length=136)
    signature = models.BinaryField(max_length=64)
    key_id = models.CharField(max_length=16)
    public_key = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"checkpoint {self.number}"


class LogHead(models.Model):
    """One log as of the checkpoint that found something new in it. `peaks` are the roots of its complete parts."""

    pk = models.CompositePrimaryKey("log", "checkpoint_id")
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="heads")
    log = models.UUIDField()
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    peaks = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.log} at {self.size}"


class Leaf(models.Model):
    """The place of an entry in its log."""

    entry_id = models.UUIDField(primary_key=True)
    log = models.UUIDField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        verbose_name_plural = "leaves"
        constraints = [UniqueConstraint(fields=["log", "index"], name="audit_one_leaf_a_place")]

    def __str__(self) -> str:
        return f"{self.log} {self.index}"


class TreeNode(models.Model):
    """A complete node of a log's tree. One level in eight is kept: a proof needs a few hundred hashes, not all."""

    pk = models.CompositePrimaryKey("log", "level", "index")
    log = models.UUIDField()
    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.log} {self.level}:{self.index}"


class CheckpointRoot(models.Model):
    """A checkpoint that was given to the chain, as the root with this place in the order."""

    anchor_seq = models.BigIntegerField(primary_key=True)
    checkpoint = models.OneToOneField(Checkpoint, on_delete=models.PROTECT, related_name="anchored")

    def __str__(self) -> str:
        return f"root {self.anchor_seq}"
