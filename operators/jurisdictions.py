"""The rules of where operators are licensed: what protects their players."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Q


def cool_offs() -> list[int]:
    """Hours of the breaks that are offered where a profile says nothing else."""
    return [24, 168, 720]


def exclusions() -> list[int]:
    """Days of the self-exclusions that are offered where a profile says nothing else."""
    return [180, 365, 1825]


class Jurisdiction(models.Model):  # type: ignore[django-manager-missing]  # TenantMixin has no types
    """
    A profile of rules for operators under one licence. Amounts are minor units of its currency, and count for operators
    with that currency only. What of it is a rule for bets stands in `public.jurisdiction_has_rules`, too.
    """

    code = models.SlugField(primary_key=True, max_length=16)
    name = models.CharField(max_length=80)
    bet_cancellation = models.BooleanField(
        default=True, help_text="May an operator cancel an accepted bet while its round is open?"
    )
    minimum_age = models.PositiveSmallIntegerField(default=18)
    autobet_allowed = models.BooleanField(
        default=True, help_text="May bets be repeated by themselves? If not, a ticket is for one round too."
    )
    turbo_allowed = models.BooleanField(default=True, help_text="May the draw's animation be cut short?")
    game_start_min_ms = models.PositiveIntegerField(
        default=0, help_text="Least time between a player's bets on different rounds, in milliseconds."
    )
    currency_code = models.CharField(max_length=3, blank=True, default="", help_text="Of the amounts below.")
    stake_min = models.BigIntegerField(null=True, blank=True, help_text="Of one bet, in minor units.")
    stake_max = models.BigIntegerField(null=True, blank=True, help_text="Of one bet, in minor units.")
    stake_day_max = models.BigIntegerField(null=True, blank=True, help_text="Of a player and day, in minor units.")
    loss_day_max = models.BigIntegerField(null=True, blank=True, help_text="Of a player and day, in minor units.")
    deposit_day_max = models.BigIntegerField(null=True, blank=True, help_text="Of a player and day, in minor units.")
    session_max_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    reality_check_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How often players are told time and result; empty: never."
    )
    loosening_hours = models.PositiveSmallIntegerField(
        default=24, help_text="How long a looser limit waits before it counts."
    )
    show_rtp = models.BooleanField(default=True)
    show_net_position = models.BooleanField(default=True)
    show_elapsed = models.BooleanField(default=True)
    helpline_name = models.CharField(max_length=80, blank=True, default="")
    helpline_url = models.CharField(max_length=500, blank=True, default="")
    helpline_number = models.CharField(max_length=40, blank=True, default="")
    cool_off_hours = ArrayField(
        models.PositiveSmallIntegerField(), default=cool_offs, blank=True, help_text="Breaks that are offered."
    )
    exclusion_days = ArrayField(
        models.PositiveSmallIntegerField(), default=exclusions, blank=True, help_text="Self-exclusions offered."
    )
    exclusion_forever = models.BooleanField(default=True, help_text="Is self-exclusion for ever offered?")
    record_retention_days = models.PositiveIntegerField(
        default=1825, help_text="How long the licence demands that records are kept. Nothing is deleted by it."
    )

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(loosening_hours__gte=24), name="operators_loosening_waits"),
            CheckConstraint(
                condition=Q(stake_max__isnull=True) | Q(stake_min__isnull=True) | Q(stake_max__gte=F("stake_min")),
                name="operators_profile_stake_range",
            ),
            CheckConstraint(
                condition=~Q(currency_code="")
                | Q(
                    stake_min__isnull=True,
                    stake_max__isnull=True,
                    stake_day_max__isnull=True,
                    loss_day_max__isnull=True,
                    deposit_day_max__isnull=True,
                ),
                name="operators_profile_amounts_have_currency",
            ),
            *(
                CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gt": 0}),
                    name=f"operators_profile_{name}",
                )
                for name in (
                    *("stake_min", "stake_max", "stake_day_max", "loss_day_max", "deposit_day_max"),
                    *("session_max_minutes", "reality_check_minutes"),
                )
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def in_currency(self, amount: int | None, currency: str) -> int | None:
        """One of its amounts, where it says something for this currency."""
        return amount if self.currency_code == currency else None
