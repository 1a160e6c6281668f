"""Staff's list of bets in a grown table: the first page and the thousandth, by key, against count and OFFSET."""

import statistics
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from bench import filling
from bench.harness import Bench, Row, in_turns, meets
from bench.setting import make_operator, make_players

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from bets.models import BetState
    from operators.models import Operator

ORDER, SECONDS = 74, 45
QUICK = False
TARGET = "<= 200 ms"
PLAYERS, PAGE, FAR = 200, 50, 1000


def run(bench: Bench) -> Iterable[Row]:
    size = bench.scale(5_000_000, 200_000)
    name = f"desk: page of bets in a table of {size:,}"
    if (missing := filling.missing()) is not None:
        yield Row(name=name, value=None, unit="ms", target=TARGET, met=None, note=missing)
        return
    bench.progress(f"filling {size:,} bets")
    operator, _ = make_operator("desk")
    make_players(operator, PLAYERS, 10**6)
    with filling.without_key_index(operator):
        for back in range(2):  # two days, so that a page is looked for in several partitions
            filling.fill_day(operator, datetime.now(UTC).date() - timedelta(days=back), rows=size // 2)
    pages = _pages(operator)
    for page in pages.values():
        page()  # warm
    names = tuple(pages)
    taken = dict(zip(names, in_turns(*pages.values(), repeats=bench.scale(15, 5)), strict=True))
    for wanted, beside, what in (("first", "counted", "first"), ("thousandth", "offset", f"{FAR:,}th")):
        yield _row(f"desk: {what} page of bets in a table of {size:,}", taken[wanted], taken[beside], taken)


def _row(name: str, own: tuple[float, ...], beside: tuple[float, ...], taken: dict[str, tuple[float, ...]]) -> Row:
    value, other = _middle(own), _middle(beside)
    worst = sorted(own)[max(int(0.95 * len(own)) - 1, 0)]
    return Row(
        name=name,
        value=value,
        unit="ms, the page of the staff's site",
        yardstick="the same rows by count(*) and OFFSET, the statements alone",
        yardstick_value=other,
        ratio=value / other,
        target=TARGET,
        met=meets(TARGET, worst),
        samples=own,
        yardstick_samples=beside,
        figures={
            "p95_ms": worst,
            "first_statement_ms": _middle(taken["keyset"]),
            "thousandth_statement_ms": _middle(taken["keyset_far"]),
        },
        note="figures: the statements alone; the target holds for the p95",
    )


def _middle(samples: tuple[float, ...]) -> float:
    return statistics.median(samples)


def _pages(operator: "Operator") -> dict[str, Callable[[], float]]:
    """Each in milliseconds: the pages as staff get them, their statements alone, and those of count and OFFSET."""
    from bets.selectors import bets
    from keno_platform.staff.keyset import Order, Place, read_page, to_text
    from operators.tenancy import tenant_context

    order = Order(fields=("id",), descending=True)
    with tenant_context(operator):
        [far] = bets().order_by("-pk")[PAGE * (FAR - 1) : PAGE * (FAR - 1) + 1]
    place = Place(values=(far.pk,))
    client, address = _browser(operator)

    def rows() -> "QuerySet[BetState]":
        return bets().order_by("-pk")

    def read(at: Place | None) -> None:
        with tenant_context(operator):
            read_page(rows(), order, at, size=PAGE)

    def counted(first: int) -> None:
        with tenant_context(operator):
            rows().count()
            list(rows()[first : first + PAGE])

    def opened(query: str) -> None:
        answer = client.get(f"{address}?day=any{query}")
        if answer.status_code != 200 or len(answer.context["cl"].result_list) != PAGE:
            raise RuntimeError(f"no page of bets: {answer.status_code}")

    return {
        "first": partial(_timed, partial(opened, "")),
        "thousandth": partial(_timed, partial(opened, f"&at={to_text(place)}")),
        "keyset": partial(_timed, partial(read, None)),
        "keyset_far": partial(_timed, partial(read, place)),
        "counted": partial(_timed, partial(counted, 0)),
        "offset": partial(_timed, partial(counted, PAGE * (FAR - 1))),
    }


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3


def _browser(operator: "Operator") -> tuple[Any, str]:
    """A super-admin's browser in this operator's books, and where the list of bets is."""
    import secrets

    from django.contrib.auth.models import User
    from django.test import Client
    from django.test.utils import setup_test_environment
    from django.urls import reverse

    from tests.support import staff

    setup_test_environment()  # answers carry what their templates were given
    staff.connect()
    client = Client()
    client.force_login(User.objects.create_superuser(f"desk-{secrets.token_hex(4)}"))
    client.post(reverse("admin:operators_pick"), {"operator": str(operator.pk)})
    return client, reverse("admin:bets_betstate_changelist")
