"""Operators: the tenants, their domains, their credentials, and the rules of where they are licensed."""

import uuid
from typing import ClassVar, NoReturn

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import CheckConstraint, F, Q
from django.db.models.functions import Now
from django_tenants.models import DomainMixin, TenantMixin

from keno_platform.core import ids
from keno_platform.core.money import format_amount


class Jurisdiction(models.Model):  # type: ignore[django-manager-missing]  # TenantMixin has no types
    """A profile of rules for operators under one licence."""

    code = models.SlugField(primary_key=True, max_length=16)
    name = models.CharField(max_length=80)
    bet_cancellation = models.BooleanField(
        default=True, help_text="May an operator cancel an accepted bet while its round is open?"
    )
    minimum_age = models.PositiveSmallIntegerField(default=18)

    def __str__(self) -> str:
        return self.name


class OperatorStatus(models.TextChoices):
    """A suspended operator's bets are refused at once; settlement of what it has goes on."""

    ACTIVE = "active", "active"
    SUSPENDED = "suspended", "suspended"


class WalletMode(models.TextChoices):
    """Who holds the players' money."""

    TRANSFER = "transfer", "transfer: this server holds the balances"


class Operator(TenantMixin):  # type: ignore[misc]  # django-tenants has no types
    """One casino brand: a tenant with a schema of its own. Money fields are minor units of its currency."""

    objects: ClassVar[models.Manager["Operator"]] = models.Manager()

    operator_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    logo_url = models.CharField(max_length=500, blank=True)
    primary_color = models.CharField(
        max_length=7,
        default="#1f6feb",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", "A colour like #1f6feb.")],
    )
    currency_code = models.CharField(max_length=3)
    currency_exponent = models.PositiveSmallIntegerField(editable=False)
    default_language = models.CharField(max_length=8, default="en")
    min_bet = models.BigIntegerField()
    max_bet = models.BigIntegerField()
    max_win_per_ticket = models.BigIntegerField()
    region_restrictions = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    status = models.CharField(max_length=16, choices=OperatorStatus.choices, default=OperatorStatus.ACTIVE)
    wallet_mode = models.CharField(max_length=16, choices=WalletMode.choices, default=WalletMode.TRANSFER)
    jurisdiction = models.ForeignKey(Jurisdiction, on_delete=models.PROTECT)
    player_tag_secret = models.BinaryField(max_length=32, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(status__in=OperatorStatus.values), name="operators_status_known"),
            CheckConstraint(condition=Q(wallet_mode__in=WalletMode.values), name="operators_wallet_mode_known"),
            CheckConstraint(condition=Q(min_bet__gt=0), name="operators_min_bet_positive"),
            CheckConstraint(condition=Q(max_bet__gte=F("min_bet")), name="operators_bet_range"),
            CheckConstraint(condition=Q(max_win_per_ticket__gt=0), name="operators_max_win_positive"),
        ]

    def __str__(self) -> str:
        return self.name

    def __enter__(self) -> NoReturn:
        # The library's form keeps its state on the class and swaps tenants between threads.
        raise TypeError("use `with tenant_context(operator):`")

    @property
    def is_active(self) -> bool:
        return bool(self.status == OperatorStatus.ACTIVE)

    def money(self, minor: int) -> str:
        """An amount of this operator's currency as the API prints it."""
        return format_amount(minor, exponent=self.currency_exponent)


class Domain(DomainMixin):  # type: ignore[misc]  # django-tenants has no types
    """A host name on which an operator's client is served."""


class ApiKey(models.Model):
    """
    A credential of an operator's backend; without an operator, of the provider itself.

    Only a hash is kept: the secret is shown once, when it is made. Two keys may be valid at the same time,
    so that one can be rotated without a pause.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    operator = models.ForeignKey(Operator, null=True, blank=True, on_delete=models.PROTECT, related_name="keys")
    label = models.CharField(max_length=80)
    secret_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False, help_text="The first characters, to tell keys apart.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.hint}… ({self.label})"
