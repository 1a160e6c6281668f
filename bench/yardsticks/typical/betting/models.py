"""Players, their money, and their bets."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from bench.yardsticks.typical.houses.models import Round


class Player(models.Model):
    """A player by the operator's token."""

    objects: ClassVar[models.Manager["Player"]]

    token = models.CharField(max_length=64, unique=True)
    blocked = models.BooleanField(default=False)


class Account(models.Model):
    """A player's money."""

    objects: ClassVar[models.Manager["Account"]]

    player = models.OneToOneField(Player, on_delete=models.PROTECT)
    balance = models.DecimalField(max_digits=18, decimal_places=2, default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(balance__gte=0), name="balance_not_negative")]


class Bet(models.Model):
    """An accepted bet, with the idempotency key that it was placed under."""

    objects: ClassVar[models.Manager["Bet"]]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    key = models.CharField(max_length=128, unique=True)
    fingerprint = models.CharField(max_length=64)
    round = models.ForeignKey(Round, on_delete=models.PROTECT)
    player = models.ForeignKey(Player, on_delete=models.PROTECT)
    picks = ArrayField(models.PositiveSmallIntegerField())
    stake = models.DecimalField(max_digits=18, decimal_places=2)
    potential_max_win = models.DecimalField(max_digits=18, decimal_places=2)
    status = models.CharField(max_length=16, default="pending")
    receipt = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)


class Transaction(models.Model):
    """A movement of an account."""

    objects: ClassVar[models.Manager["Transaction"]]

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    bet = models.ForeignKey(Bet, on_delete=models.PROTECT)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    balance_after = models.DecimalField(max_digits=18, decimal_places=2)
    created_at = models.DateTimeField(auto_now_add=True)
