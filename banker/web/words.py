"""The texts of these pages in one language, and numbers, money and times as that language has them."""

from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from django.utils import translation

from localization import formats, plurals
from localization.catalogue import PARTS
from localization.selectors import errors_language, texts_for
from operators.models import Operator

FAMILY = "lottery"
KEYS = frozenset(PARTS[FAMILY])
_SAMPLE = Decimal(1_234_567)


class Words:
    """What one page says, in one language, of one operator's money."""

    def __init__(self, *, operator: Operator, language: str, zone: tzinfo) -> None:
        self.language = language
        self._operator = operator
        self._zone = zone
        self._errors = errors_language(locale=language, second=operator.second_language)
        self._texts = texts_for(locale=language, operator_id=operator.pk, keys=KEYS, second=operator.second_language)

    def __call__(self, name: str, /, **values: Any) -> str:
        """A text of this application with its values filled in."""
        text = self._texts[f"{FAMILY}.{name}"]
        for field, value in values.items():
            text = text.replace(f"{{{field}}}", str(value))
        return text

    def counted(self, name: str, count: int) -> str:
        """A text that has a form for each category of counts."""
        form = plurals.category(count, locale=self.language)
        return self(f"{name}.{form}", count=self.number(count))

    def by_name(self) -> dict[str, str]:
        """As a template names them: `t.sign_in`."""
        return {key.partition(".")[2]: text for key, text in self._texts.items()}

    def title_of(self, refusal_title: str) -> str:
        """A refusal's title, in the language in which errors are told."""
        with translation.override(self._errors):
            return str(translation.gettext(refusal_title))

    def money(self, minor: int) -> str:
        """An amount for the eye."""
        return self._money(Decimal(self._operator.money(minor)))

    def money_of(self, text: str) -> str:
        """The same of an amount as refusals have it."""
        return self._money(Decimal(text))

    def _money(self, amount: Decimal) -> str:
        operator = self._operator
        return formats.money(
            amount, currency=operator.currency_code, exponent=operator.currency_exponent, locale=self.language
        )

    def money_pattern(self) -> dict[str, Any]:
        """How a script writes amounts as `money` does: what stands before and after, and the separators between."""
        exponent = self._operator.currency_exponent
        shown = self._money(_SAMPLE)
        start, end = shown.index("1"), shown.rindex("0" if exponent else "7") + 1
        digits = shown[start:end]
        return {
            "before": shown[:start],
            "after": shown[end:],
            "group": digits[1:2] if not digits[1:2].isdecimal() else "",
            "point": digits[-exponent - 1] if exponent else "",
            "exponent": exponent,
        }

    def number(self, value: Decimal | int) -> str:
        return formats.number(value, locale=self.language)

    def percent(self, hundredths: int) -> str:
        """Hundredths of a percent as a percentage."""
        return formats.percent(Decimal(hundredths) / 10_000, locale=self.language)

    def moment(self, moment: datetime) -> str:
        """A time by the device's clock with its zone, set apart from a text around it that runs the other way."""
        return f"\u2068{formats.date_and_time(moment, zone=self._zone, locale=self.language)}\u2069"
