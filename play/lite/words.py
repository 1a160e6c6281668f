"""The texts of these pages in one language, and numbers, money and times as that language has them."""

from datetime import UTC
from decimal import Decimal
from typing import Any

from keno_platform.core import clock
from localization import formats, plurals
from localization.catalogue import PARTS
from localization.selectors import errors_language, texts_for
from operators.models import Operator

PARTS_SHOWN = ("page", "game", "screens", "protection", "lite")
KEYS = frozenset(key for part in PARTS_SHOWN for key in PARTS[part])


class Words:
    """What one page says, to one player, of one house's money."""

    def __init__(self, *, operator: Operator, house: Operator | None, language: str) -> None:
        self.language = language
        self._money = house or operator
        self.for_errors = errors_language(locale=language, second=operator.second_language)
        """The language in which the server's errors are asked for."""
        self._texts = texts_for(locale=language, operator_id=operator.pk, keys=KEYS, second=operator.second_language)

    def __call__(self, key: str, **values: Any) -> str:
        """A text with its values filled in."""
        text = self._texts[key]
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def counted(self, key: str, count: int) -> str:
        """A text that has a form for each category of counts."""
        form = plurals.category(count, locale=self.language)
        return self(f"{key}.{form}", count=formats.number(count, locale=self.language))

    def by_part(self) -> dict[str, dict[str, str]]:
        """As a template can name them: `t.slip.stake`."""
        parts: dict[str, dict[str, str]] = {}
        for key, text in self._texts.items():
            part, _, name = key.partition(".")
            parts.setdefault(part, {})[name] = text
        return parts

    def money(self, amount: str) -> str:
        """An amount of the API for the eye."""
        currency, exponent = self._money.currency_code, self._money.currency_exponent
        return formats.money(Decimal(amount), currency=currency, exponent=exponent, locale=self.language)

    def percent(self, fraction: str) -> str:
        return formats.percent(Decimal(fraction), locale=self.language)

    def number(self, value: Decimal | int) -> str:
        return formats.number(value, locale=self.language)

    def moment(self, text: str) -> str:
        """
        A time of the API, in UTC: where the player's clock stands nobody has told. Set apart from the text around it,
        in which it would fall to pieces where that runs from right to left.
        """
        return f"\u2068{formats.date_and_time(clock.from_text(text), zone=UTC, locale=self.language)}\u2069"


def duration(seconds: float) -> str:
    """Whole seconds as `2:05` or `1:02:05`; none below zero."""
    minutes, left = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
