"""What of reports needs a second pair of eyes: the provider's share of an operator's revenue."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from approvals import actions
from approvals.shapes import Case, Description, Line, Parties, Table
from keno_platform.core import clock
from keno_platform.core.errors import NotFound
from operators.models import Operator
from operators.selectors import get_operator
from operators.services.terms import held_operator
from operators.tenancy import tenant_context
from reports.catalogue.figures import Booked, booked, bucket_text
from reports.catalogue.statement import BASIS_POINTS, half_up, percent_of
from reports.query import Query
from reports.shares import check_share, set_share
from reports.terms import share_on, terms_of

AGREE = "reports.agree_share"


def plug_in() -> None:
    """Called once when Django is ready."""
    actions.register(ACTION)


def _describe(case: Case) -> Description:
    operator, basis_points, since = _read(case)
    terms = check_share(operator=operator, basis_points=basis_points, since=since, today=clock.now().date())
    before = f"{percent_of(share_on(terms, since))} %" if terms else "none was agreed"
    return Description(
        subject=f"{operator.name}: the provider's share from {since} on",
        lines=(Line(name="share of the gross gaming revenue", before=before, after=f"{percent_of(basis_points)} %"),),
        consequence=f"Statements of {operator.name} for days from {since} on use it, also for those that have passed. "
        "A month that is over keeps the share that it had.",
        confirm=operator.slug,
    )


def _rest_on(case: Case) -> dict[str, Any]:
    """Every term: another one that was agreed meanwhile is what this one would follow."""
    operator, _, _ = _read(case)
    held_operator(operator.pk)
    return {"agreed shares": [[one.since.isoformat(), one.basis_points] for one in terms_of(operator)]}


def _carry_out(case: Case, parties: Parties) -> str:
    operator, basis_points, since = _read(case)
    today = clock.now().date()
    set_share(operator=operator, basis_points=basis_points, since=since, today=today, actor=parties.decided_by)
    return f"The provider's share of {operator.name} is {percent_of(basis_points)} % from {since} on."


def _effect(case: Case) -> tuple[Table, ...]:
    """What the share comes to: of the last month that is over, for the size of it, and of this one until now."""
    operator, basis_points, since = _read(case)
    rate = share_on(terms_of(operator), since)
    rows = tuple(
        (month, *(_money(operator, Fraction(ggr * one, BASIS_POINTS)) for one in (BASIS_POINTS, rate, basis_points)))
        for month, ggr in _revenue(operator)
    )
    return (
        Table(
            title=f"What it comes to in {operator.currency_code}, if it held for whole months",
            heading=("month", "gross gaming revenue", f"{percent_of(rate)} %", f"{percent_of(basis_points)} %"),
            rows=rows,
            numbers=(1, 2, 3),
        ),
    )


def _money(operator: Operator, minor: Fraction) -> str:
    return str(operator.money(half_up(minor)))


def _revenue(operator: Operator) -> Iterator[tuple[str, int]]:
    """By month."""
    now = clock.now()
    query = Query(since=_month_before(now), until=now, operator=operator.slug, by="month")
    months: dict[str, Booked] = {}
    with tenant_context(operator):
        for place, own in booked(operator, query).items():
            months[bucket_text(query, place)] = months.get(bucket_text(query, place), Booked()) + own
    return ((month, own.ggr) for month, own in sorted(months.items()))


def _month_before(now: datetime) -> datetime:
    last = now.date().replace(day=1) - timedelta(days=1)
    return datetime.combine(last.replace(day=1), time(), UTC)


def _read(case: Case) -> tuple[Operator, int, date]:
    if case.operator_id is None:
        raise NotFound()
    operator = get_operator(operator_id=case.operator_id)
    return operator, int(case.payload["basis_points"]), date.fromisoformat(case.payload["since"])


ACTION = actions.Action(
    code=AGREE,
    title="Agree on a revenue share",
    permission="reports.add_revenueterm",
    describe=_describe,
    fingerprint=_rest_on,
    carry_out=_carry_out,
    effect=_effect,
)
