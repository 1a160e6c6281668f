"""The home page: what matters now, each figure with how it is computed, and nothing that one may not see."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse

from reports.selectors import total, turnover
from rounds.models import Round
from rounds.selectors import count_overdue
from tests.admin.desk import Desk, Played

pytestmark = pytest.mark.usefixtures("committed")


def figures(desk: Desk) -> dict[str, object]:
    page = desk.get(reverse("admin:index"))
    assert page.status_code == 200
    return {one.title: one for one in page.context["figures"]}


def test_the_money_of_today_is_that_of_the_settlements(desk: Desk, played: dict[str, Played]) -> None:
    operator = played["alpha"].operator
    shown = figures(desk.pick(operator))
    day = played["alpha"].round.drawn_at.replace(hour=0, minute=0, second=0, microsecond=0)
    today = total(turnover(operator=operator, since=day, until=day + timedelta(days=1)))
    assert shown["Turnover"].value == f"{operator.money(today.stakes)} KES"
    assert shown["Gross gaming revenue"].value == f"{operator.money(today.stakes - today.payouts)} KES"
    assert shown["Return to players"].value == f"{today.payouts / today.stakes:.2%}"
    assert "theory: 88.48% to 88.97%" in shown["Return to players"].note


def test_every_figure_says_how_it_is_computed(desk: Desk, played: dict[str, Played]) -> None:
    desk.pick(played["alpha"].operator)
    page = desk.get(reverse("admin:index")).content.decode()
    shown = figures(desk)
    assert len(shown) >= 12
    assert page.count("How is this computed?") == len(shown)
    for one in shown.values():
        assert one.how.endswith(".")
        assert one.how.partition("'")[0] in page.replace("&#x27;", "'")


def test_pictures_come_with_their_numbers_and_without_script_or_style(desk: Desk, played: dict[str, Played]) -> None:
    page = desk.pick(played["alpha"].operator).get(reverse("admin:index"))
    charts = [panel.chart for panel in page.context["panels"] if panel.chart]
    assert {chart.title.partition(",")[0] for chart in charts} >= {"Turnover by hour (UTC)", "What players got back"}
    for chart in charts:
        assert chart.picture.startswith("<svg")
        assert 'role="img"' in chart.picture
        assert "style=" not in chart.picture
        assert "<script" not in chart.picture
        assert chart.rows
        assert chart.rows[0][0] in page.content.decode()
    assert page.content.decode().count("The same in numbers") == len(charts)


def test_every_figure_leads_to_what_it_is_made_of(desk: Desk, played: dict[str, Played]) -> None:
    desk.pick(played["alpha"].operator)
    for one in figures(desk).values():
        if one.address:
            assert desk.get(one.address).status_code == 200, one.title


def test_without_an_operator_there_is_no_money(desk: Desk, played: dict[str, Played]) -> None:
    shown = figures(desk.pick(None))
    assert "Turnover" not in shown
    assert "Rounds finished" in shown
    assert "Pick an operator" in desk.get(reverse("admin:index")).content.decode()


def test_an_overdue_round_is_an_alarm(desk: Desk, standing_rounds: list[Round]) -> None:
    before = count_overdue(by_s=5)
    one = figures(desk.pick(None))["Rounds overdue"]
    assert (one.value, one.alarming) == (str(before), before > 0)


def test_whoever_may_see_nothing_sees_no_figure(clerk: Callable[..., Desk], played: dict[str, Played]) -> None:
    assert figures(clerk().pick(played["alpha"].operator)) == {}
    shown = figures(clerk("view_settlement").pick(played["alpha"].operator))
    assert set(shown) == {"Bets of Alpha", "Turnover", "Paid out", "Gross gaming revenue", "Return to players"}
