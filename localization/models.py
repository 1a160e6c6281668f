"""Texts that take the place of the catalogue's, without a deploy."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint


class Locale(models.TextChoices):
    """The languages of the client, each by its own name."""

    ENGLISH = "en", "English"
    FRENCH = "fr", "Français"
    SPANISH = "es", "Español"
    PORTUGUESE = "pt", "Português"
    ARABIC = "ar", "العربية"
    SWAHILI = "sw", "Kiswahili"
    AMHARIC = "am", "አማርኛ"
    TIGRINYA = "ti", "ትግርኛ"
    OROMO = "om", "Afaan Oromoo"


class Text(models.Model):
    """One text of the client in one language: of one operator, or without an operator of all."""

    operator = models.ForeignKey("operators.Operator", null=True, blank=True, on_delete=models.PROTECT)
    locale_code = models.CharField(max_length=8, choices=Locale.choices)
    key = models.CharField(max_length=64)
    value = models.TextField()

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["operator", "locale_code", "key"], nulls_distinct=False, name="localization_one_text_for_a_key"
            ),
            CheckConstraint(condition=Q(locale_code__in=Locale.values), name="localization_locale_known"),
            CheckConstraint(condition=~Q(value=""), name="localization_value_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.locale_code})"
