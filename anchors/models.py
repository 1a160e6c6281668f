"""The register of roots that belong on a chain, in the order in which they must go there."""

from django.db import models
from django.db.models import CheckConstraint, Q
from django.db.models.functions import Now


class RootKind(models.IntegerChoices):
    """What a root covers; the number is the chain's `kind`."""

    EPOCH = 1, "commitments of an epoch"
    RESULTS = 2, "results"


class Root(models.Model):
    """One Merkle root. `seq` has no gaps, because the chain's contract accepts only the next one."""

    seq = models.BigIntegerField(primary_key=True)
    kind = models.PositiveSmallIntegerField(choices=RootKind.choices)
    root = models.BinaryField(max_length=32)
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [CheckConstraint(condition=Q(kind__in=RootKind.values), name="anchors_kind_known")]

    def __str__(self) -> str:
        return f"root {self.seq}"
