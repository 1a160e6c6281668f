"""Operators, their keys, and the rounds that all of them bet on."""

from typing import ClassVar

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Operator(TenantMixin):  # type: ignore[misc]  # django-tenants has no types
    """A tenant."""

    name = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    min_bet = models.DecimalField(max_digits=18, decimal_places=2)
    max_bet = models.DecimalField(max_digits=18, decimal_places=2)
    max_win = models.DecimalField(max_digits=18, decimal_places=2)
    active = models.BooleanField(default=True)

    is_authenticated = True


class Domain(DomainMixin):  # type: ignore[misc]
    """A host name of an operator; django-tenants wants the model."""


class ApiKey(models.Model):
    """A credential of an operator's backend, kept as a hash."""

    objects: ClassVar[models.Manager["ApiKey"]]

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT)
    secret_hash = models.CharField(max_length=64, unique=True)
    revoked = models.BooleanField(default=False)


class Round(models.Model):
    """A round; bets are taken while it is open and not past its end."""

    objects: ClassVar[models.Manager["Round"]]

    status = models.CharField(max_length=16, default="open")
    closes_at = models.DateTimeField()
