"""How a report speaks: its texts in a language, and values as people of that language read them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property

from django.conf import settings
from django.utils.translation import get_language

from banker.reports.shapes import Sort, Value
from localization import formats
from localization.catalogue import PARTS
from localization.models import Locale
from localization.selectors import texts_for
from operators.models import Operator

PREFIX = "paper."
HUNDREDTHS = Decimal(10_000)


def asked_language() -> str:
    """The language of the call that is being answered."""
    language = get_language() or ""
    return language if language in Locale.values else settings.LANGUAGE_CODE


@dataclass(frozen=True, kw_only=True)
class Words:
    """One operator's words in one language."""

    operator: Operator
    language: str

    @cached_property
    def texts(self) -> dict[str, str]:
        """Every text of the printed papers, without the prefix of its key."""
        found = texts_for(locale=self.language, operator_id=self.operator.pk, keys=PARTS["papers"].keys())
        return {key.removeprefix(PREFIX): text for key, text in found.items()}

    def shown(self, value: Value, sort: Sort) -> str:
        """A value as people read it; nothing for None."""
        if value is None:
            return ""
        if isinstance(value, datetime):
            return formats.date_and_time(value, zone=UTC, locale=self.language)
        if isinstance(value, int):
            return self._number(value, sort)
        return self.texts[str(value)] if sort is Sort.TERM else str(value)

    def money(self, minor: int) -> str:
        """An amount with its currency."""
        operator = self.operator
        return formats.money(
            Decimal(operator.money(minor)),
            currency=operator.currency_code,
            exponent=operator.currency_exponent,
            locale=self.language,
        )

    def _number(self, value: int, sort: Sort) -> str:
        match sort:
            case Sort.MONEY:
                return self.money(value)
            case Sort.RATE:
                return formats.percent(Decimal(value) / HUNDREDTHS, locale=self.language)
            case _:
                return formats.number(value, locale=self.language)
