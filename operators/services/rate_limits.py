"""How often an operator and its players may call, where that is otherwise than for the others."""

from collections.abc import Mapping

from django.db import transaction

from keno_platform.limits.rates import OF_OPERATOR, OFF, RateInvalid, read_rate
from operators.models import Operator
from operators.services.creation import OperatorInvalid
from operators.services.records import record


@transaction.atomic
def set_rate_limits(*, operator: Operator, limits: Mapping[str, str | None], actor: str) -> None:
    """
    Set those that are named, on record: `10/100` is ten a second and a hundred at once, `off` no limit at all, and None
    what the installation has. It counts from the next call on.

    :raises OperatorInvalid: an unknown name, or no rate.
    """
    locked = Operator.objects.select_for_update().get(pk=operator.pk)
    before = dict(locked.rate_limits)
    after = {**before, **{name: _checked(name, text) for name, text in limits.items()}}
    after = {name: text for name, text in after.items() if text is not None}
    operator.rate_limits = after
    if after != before:
        Operator.objects.filter(pk=operator.pk).update(rate_limits=after)
        record("operator.rate_limits_changed", operator, actor, before=before, after=after)


def _checked(name: str, text: str | None) -> str | None:
    if name not in OF_OPERATOR:
        raise OperatorInvalid(f"There is no limit {name[:40]!r}.", field="rate_limits")
    if text is None or text == OFF:
        return text
    try:
        return str(read_rate(text))
    except RateInvalid as error:
        raise OperatorInvalid(str(error), field=name) from error
