"""The books of an operator on the transfer wallet: balances, and every movement that made them."""

from django.db import models
from django.db.models import CheckConstraint, Index, Q
from django.db.models.functions import Now

from players.models import Player


class Kind(models.IntegerChoices):
    """What moved the money. The number is the last hex digit of the movement's id; see `core.ids`."""

    STAKE = 1, "stake"
    PAYOUT = 2, "payout"
    REFUND = 3, "refund"
    DEPOSIT = 4, "deposit"
    WITHDRAWAL = 5, "withdrawal"


class Account(models.Model):
    """A player's money here, in minor units. Always the sum of its transactions, and never below zero."""

    player = models.OneToOneField(Player, on_delete=models.PROTECT)
    balance = models.BigIntegerField(default=0)

    class Meta:
        constraints = [CheckConstraint(condition=Q(balance__gte=0), name="wallet_balance_not_negative")]

    def __str__(self) -> str:
        return f"account {self.pk}"


class Transaction(models.Model):
    """
    One movement. Append-only, partitioned by day. `amount` is signed, in minor units: money to the player is
    positive. Everything is written by the SQL function `post_movements`.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    reference = models.CharField(max_length=128, null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(kind__in=Kind.values), name="wallet_kind_known"),
            CheckConstraint(
                condition=Q(kind__in=[Kind.STAKE, Kind.WITHDRAWAL], amount__lt=0)
                | Q(kind__in=[Kind.PAYOUT, Kind.REFUND, Kind.DEPOSIT], amount__gt=0),
                name="wallet_amount_has_its_sign",
            ),
            CheckConstraint(condition=Q(balance_after__gte=0), name="wallet_balance_after_not_negative"),
        ]
        indexes = [Index(fields=["account", "-id"], name="wallet_by_account")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.id}"


class TransferKey(models.Model):
    """The idempotency key of a deposit or withdrawal, with what was asked under it and what it became."""

    key = models.CharField(max_length=128, primary_key=True)
    fingerprint = models.BinaryField(max_length=32)
    transaction_id = models.UUIDField(unique=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.key
