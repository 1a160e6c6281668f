"""The fixtures of this folder: an operator that is looked at from now on, and at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from flags import services
from flags.models import Flag, Progress
from keno_platform.core.ids import uuid7_floor
from operators.models import Operator
from operators.tenancy import tenant_context
from rounds.selectors import database_now

Look = Callable[[], list[Flag]]


@pytest.fixture
def look(operator_a: Operator, monkeypatch: pytest.MonkeyPatch) -> Look:
    """Look at Alpha until there is nothing more: the flags that were raised. What was before this test is left out."""
    monkeypatch.setattr(services, "SETTLE_DOWN", timedelta(0))
    with tenant_context(operator_a):
        now = database_now()
        Progress.objects.all().delete()
        Progress.objects.create(bets_before=uuid7_floor(now), settled_at=now)

    def until_done() -> list[Flag]:
        with tenant_context(operator_a):
            before = set(Flag.objects.values_list("pk", flat=True))
        while services.look(operator=operator_a).behind:
            pass
        with tenant_context(operator_a):
            return list(Flag.objects.exclude(pk__in=before).select_related("player").order_by("pk"))

    return until_done
