"""Figures of the picked operator: bets and turnover today, what players got back, money in doubt, and flags."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta

from django.urls import reverse

from bets.models import Outcome, Settlement
from bets.selectors import active_paytable, settled_between, sums_since
from desk.charts import Bar, Chart, bars, interval
from desk.home.figures import Figure, Panel
from desk.returns import ROUNDS_MIN, SIGMAS, Returned, returned, theory_of
from desk.sight import Sight
from flags.models import FlagStatus
from flags.selectors import undecided
from keno_platform.core.clock import to_text
from operators.bound import shown_amount
from operators.models import Operator
from reports.selectors import Figures, total, turnover
from wallet.models import CallState
from wallet.selectors import open_calls

SINCE = "settled since 00:00 UTC"


def panels(sight: Sight, now: datetime) -> Iterator[Panel]:
    """What this member may see of it; nothing without a picked operator."""
    operator = sight.operator
    if operator is None:
        return
    if sight.sees("bets.settlement"):
        midnight = datetime.combine(now.date(), time(), now.tzinfo)
        settled = list(settled_between(midnight, midnight + timedelta(days=1)))
        today = total(turnover(operator=operator, since=midnight, until=midnight + timedelta(days=1)))
        yield Panel(title="Today", figures=tuple(_today(operator, today)), chart=_hours(settled, operator))
        got = returned(sums_since(midnight), theory_of(active_paytable()))
        yield Panel(title="Return to players today", figures=tuple(_return(got)), chart=_band(got))
    waiting = tuple(_waiting(sight))
    if waiting:
        yield Panel(title="Money and flags", figures=waiting)


def _today(operator: Operator, today: Figures) -> Iterator[Figure]:
    settlements = reverse("admin:bets_settlement_changelist")
    how = "The sum over rounds that were settled since midnight; void and cancelled bets are refunds and count nowhere."
    values = (
        (f"Bets of {operator.name}", str(today.bets)),
        ("Turnover", f"{operator.money(today.stakes)} {operator.currency_code}"),
        ("Paid out", f"{operator.money(today.payouts)} {operator.currency_code}"),
        ("Gross gaming revenue", f"{operator.money(today.ggr)} {operator.currency_code}"),
    )
    for title, shown in values:
        yield Figure(title=title, value=shown, note=SINCE, how=how, address=settlements)


def _hours(settled: Sequence[Settlement], operator: Operator) -> Chart | None:
    """Stakes of each hour, and within them what was paid."""
    stakes: dict[int, int] = defaultdict(int)
    paid: dict[int, int] = defaultdict(int)
    for one in settled:
        if one.outcome == Outcome.DRAWN:
            stakes[one.settled_at.hour] += one.stakes
            paid[one.settled_at.hour] += one.payouts
    if not stakes:
        return None
    hours = range(max(stakes) + 1)
    title = f"Turnover by hour (UTC), and within it what was paid, in {operator.currency_code}"
    picture = bars([Bar(label=f"{hour:02d}:00", outer=stakes[hour], inner=paid[hour]) for hour in hours], title=title)
    rows = tuple((f"{hour:02d}:00", operator.money(stakes[hour]), operator.money(paid[hour])) for hour in hours)
    return Chart(title=title, picture=picture, headings=("Hour", "Staked", "Paid"), rows=rows)


def _return(got: Returned) -> Iterator[Figure]:
    theory = f"theory: {got.theory}"
    if got.actual is None:
        actual, note = "–", f"no settled bet yet; {theory}"
    else:
        actual = f"{got.actual:.2%}"
        note = f"± {SIGMAS * got.error:.2%} from {got.rounds:,} rounds; {theory}"
    yield Figure(
        title="Return to players",
        value=actual,
        note=note,
        how=f"Payouts divided by stakes of drawn rounds since midnight. The band is {SIGMAS:.0f} standard errors, from "
        "the differences between rounds, and never narrower than as many independent equal bets of the pick count that "
        f"varies most. It is called a drift beyond four, from {ROUNDS_MIN} rounds on.",
        alarming=got.has_drifted,
        address=reverse("admin:bets_paytable_changelist"),
    )


def _band(got: Returned) -> Chart | None:
    if got.actual is None:
        return None
    low, high = got.actual - SIGMAS * got.error, got.actual + SIGMAS * got.error
    title = "What players got back, with its band, beside the range of theory, in percent"
    theory = (100 * got.theory.lowest, 100 * got.theory.highest)
    picture = interval(low=100 * low, value=100 * got.actual, high=100 * high, theory=theory, title=title)
    rows = (
        ("Actual", f"{got.actual:.4%}"),
        ("Band", f"{low:.4%} to {high:.4%}"),
        ("Theory", f"{got.theory.lowest:.4%} to {got.theory.highest:.4%}"),
        ("From theory", f"{got.distance:+.2f} standard errors"),
    )
    return Chart(title=title, picture=picture, headings=("What", "Value"), rows=rows)


def _waiting(sight: Sight) -> Iterator[Figure]:
    if sight.sees("wallet.walletcall"):
        yield from _calls()
    if sight.sees("flags.flag"):
        yield _flags(undecided().values_list("status", flat=True))


def _calls() -> Iterator[Figure]:
    by_state = {one.state: one for one in open_calls()}
    calls = reverse("admin:wallet_walletcall_changelist")
    for states, title, how in (
        (
            (CallState.PENDING, CallState.IN_DOUBT),
            "Money in doubt",
            "Calls to the operator's wallet that have no definite answer yet, or whose rollback is on its way.",
        ),
        ((CallState.DEAD,), "Dead letters", "Calls that were given up after a day of attempts; people settle them."),
    ):
        found = [by_state[state] for state in states if state in by_state]
        since = min((one.since for one in found), default=None)
        yield Figure(
            title=title,
            value=shown_amount(sum(one.amount for one in found)),
            note=f"{sum(one.count for one in found):,} calls{f', the oldest since {to_text(since)}' if since else ''}",
            how=how,
            alarming=title == "Dead letters" and bool(found),
            address=f"{calls}?state__exact={states[-1]}&day=any",
        )


def _flags(statuses: Iterable[str]) -> Figure:
    found = list(statuses)
    fresh = found.count(FlagStatus.OPEN)
    return Figure(
        title="Flags",
        value=str(len(found)),
        note=f"{fresh} that nobody has looked at, {len(found) - fresh} being looked into",
        how="What rules found and nobody has dismissed.",
        alarming=fresh > 0,
        address=f"{reverse('admin:flags_flag_changelist')}?status__exact=open",
    )
