"""What was typed into a form, as the services take it."""

from datetime import UTC, datetime
from uuid import UUID

from banker.services.phases import NumberInvalid, PhaseInvalid
from banker.slips.numbers import canonical, count_of, is_reversed, numbers_of
from banker.web.booth import Booth
from keno_platform.core.clock import YEAR_MAX, YEAR_MIN
from keno_platform.core.money import parse_amount

NUMBERS_MAX = 100
"""So many numbers are given a limit at once."""
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫,", "01234567890123456789..")


def field(booth: Booth, name: str) -> str:
    """A field as it was typed, without what stands around it."""
    return str(booth.request.POST.get(name, "")).strip()


def plain(text: str) -> str:
    """A number with ASCII digits and a point, whichever digits and decimal mark the keyboard has."""
    return text.strip().translate(_DIGITS)


def amount(booth: Booth, text: str) -> int:
    """
    Minor units of a typed amount.

    :raises AmountInvalid: none. :raises CurrencyExponent: too many decimals.
    """
    return parse_amount(plain(text), exponent=booth.operator.currency_exponent)


def count(text: str, *, otherwise: int = -1) -> int:
    """A whole number; `otherwise` what is none, which no service takes."""
    found = plain(text)
    return int(found) if found.isascii() and found.isdecimal() and len(found) < 10 else otherwise


def hundredths(text: str) -> int:
    """A percentage with up to two decimals in hundredths of a percent; -1 for what is none."""
    whole, _, decimals = plain(text).partition(".")
    digits = whole + decimals.ljust(2, "0")
    return int(digits) if whole and len(decimals) <= 2 and digits.isascii() and digits.isdecimal() else -1


def moment(booth: Booth, name: str) -> datetime:
    """
    A moment by the device's clock, in UTC.

    :raises PhaseInvalid: none, naming the field.
    """
    try:
        local = datetime.fromisoformat(field(booth, name))
    except ValueError as error:
        raise PhaseInvalid(field=name) from error
    if not YEAR_MIN < local.year < YEAR_MAX:
        raise PhaseInvalid(field=name)
    return (local if local.tzinfo else local.replace(tzinfo=booth.visit.zone)).astimezone(UTC)


def for_input(booth: Booth, found: datetime) -> str:
    """A moment as a form's field has it."""
    return f"{found.astimezone(booth.visit.zone):%Y-%m-%dT%H:%M}"


def numbers(text: str) -> list[str]:
    """
    The numbers of selections as slips have them: `123 45* 100-120`.

    :raises NumberInvalid: no selection, or more than NUMBERS_MAX numbers.
    """
    selections = [canonical(word) for word in text.split()]
    good = [one for one in selections if one and not is_reversed(one)]
    if not good or len(good) < len(selections) or sum(map(count_of, good)) > NUMBERS_MAX:
        raise NumberInvalid(number=text[:16], numbers_max=NUMBERS_MAX)
    return sorted({number for one in good for number in numbers_of(one)})


def identity(text: str) -> UUID | None:
    """An id; None for none."""
    try:
        return UUID(text)
    except ValueError:
        return None
