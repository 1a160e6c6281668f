"""The staff's home page: a few figures, each read from the tables when the page is asked for."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.http import HttpRequest

from anchors.selectors import ChainStatus, chain_status
from operators.bound import bound_operator
from operators.models import Operator
from operators.selectors import list_operators
from reports.selectors import total, turnover
from rounds.admin.rounds import count_finished_lately
from rounds.selectors import count_overdue, database_now

OVERDUE_S = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of the home page, with how it comes about."""

    title: str
    value: str
    note: str
    alarming: bool = False


def add_figures(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The home page's context with its figures; those of money only when an operator is picked."""
    operator = bound_operator()
    of_operator = _of_operator(operator) if operator and request.user.has_perm("bets.view_settlement") else []
    return {**context, "figures": [*_of_installation(), *of_operator]}


def _of_installation() -> list[Figure]:
    active = [operator.is_active for operator in list_operators()]
    suspended = active.count(False)
    overdue = count_overdue(by_s=OVERDUE_S)
    return [
        Figure(title="Operators", value=f"{active.count(True)} active", note=f"{suspended} suspended"),
        Figure(
            title="Rounds finished",
            value=str(count_finished_lately()),
            note="closed in the last hour, and revealed or void",
        ),
        Figure(
            title="Rounds overdue",
            value=str(overdue),
            note=f"should have opened or closed more than {OVERDUE_S} s ago",
            alarming=overdue > 0,
        ),
        _of_chain(chain_status()),
    ]


def _of_chain(status: ChainStatus) -> Figure:
    """How far the roots are on their way to the chain."""
    if not status.configured:
        return Figure(title="Roots waiting", value=str(status.waiting), note="no chain is configured")
    note = ", ".join(status.alarms) or f"for the chain; the last final one is number {status.last_final_seq}"
    return Figure(title="Roots waiting", value=str(status.waiting), note=note, alarming=bool(status.alarms))


def _of_operator(operator: Operator) -> list[Figure]:
    now = database_now()
    midnight = datetime.combine(now.date(), time(), now.tzinfo)
    today = total(turnover(operator=operator, since=midnight, until=midnight + timedelta(days=1)))
    since = "settled since 00:00 UTC"
    return [
        Figure(title=f"Bets of {operator.name}", value=str(today.bets), note=since),
        Figure(title="Turnover", value=f"{operator.money(today.stakes)} {operator.currency_code}", note=since),
        Figure(title="Paid out", value=f"{operator.money(today.payouts)} {operator.currency_code}", note=since),
    ]
