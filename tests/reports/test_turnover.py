"""
Turnover, against a round whose books can be told beforehand: a single number is bet on each of the 80, so 20 win.
The default paytable pays 3.55 times for one hit of one.
"""

import csv
import io
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from bets.models import Settlement
from bets.services.cancellation import cancel_bet
from bets.services.placement import place_slips
from bets.services.settlement import settle_round
from bets.slips import SlipAsk
from keno_platform.core import clock
from operators.services import issue_key
from operators.tenancy import tenant_context
from players.services import ensure_player
from reports.selectors import Figures, ReportPeriodInvalid, total, turnover
from reports.spreadsheets import write_csv
from rounds.models import Round, RoundStatus
from rounds.services.epochs import schedule_ahead
from rounds.services.games import create_game
from rounds.services.tick import run_due
from rounds.services.voiding import void_round
from wallet.services import deposit

DAY = timedelta(days=1)


@pytest.fixture
def settled(db: None, operator_a: Any, unique: Callable[[str], str]) -> str:
    """A game with a drawn round (80 bets and a cancelled one) and a void round (one bet); its code."""
    code = unique("turnover")
    create_game(code=code, name="Turnover", interval_seconds=3, betting_seconds=2, network="none")
    schedule_ahead()
    with tenant_context(operator_a):
        player = ensure_player(operator=operator_a, token="p-1", currency="KES")
        deposit(key=unique("d"), player=player, amount=10_000_00, reference="")

    drawn = wait_for(lambda: Round.objects.filter(game__code=code, status=RoundStatus.OPEN).first())
    place(operator_a, code, [((number,), "10.00") for number in range(1, 81)])
    [[taken_back]] = place(operator_a, code, [((1,), "7.00")])
    cancel_bet(operator=operator_a, bet_id=taken_back.pk)
    wait_for(lambda: Round.objects.filter(pk=drawn.pk, status=RoundStatus.DRAWN).first())
    assert settle_round(operator_id=operator_a.pk, round_id=drawn.pk)

    void = wait_for(lambda: Round.objects.filter(game__code=code, status=RoundStatus.OPEN).first())
    place(operator_a, code, [((5, 6), "5.00")])
    void_round(round_id=void.pk, reason="a test", actor="tests")
    assert settle_round(operator_id=operator_a.pk, round_id=void.pk)
    return code


def place(operator: Any, game: str, slips: list[tuple[tuple[int, ...], str]]) -> list[Any]:
    asks = [
        SlipAsk(
            key=f"{game}-{stake}-{picks}", player_token="p-1", picks=list(picks), stake=stake, currency="KES", game=game
        )
        for picks, stake in slips
    ]
    placed = place_slips(operator=operator, asks=asks)
    assert all(isinstance(one, list) for one in placed), placed
    return placed


def wait_for(find: Callable[[], Round | None]) -> Round:
    """Drive the rounds by the database's clock until there is such a one."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        run_due()
        found = find()
        if found is not None:
            return found
        time.sleep(0.02)
    raise AssertionError("the rounds did not come so far")


def rows_of(operator: Any, game: str) -> list[Any]:
    now = clock.now()
    rows = turnover(operator=operator, since=now - DAY, until=now + DAY)
    return [row for row in rows if row.game == game]


def test_turnover_is_exact_and_void_and_cancelled_bets_are_refunds_only(
    settled: str, operator_a: Any, operator_b: Any
) -> None:
    figures = total(rows_of(operator_a, settled))
    assert figures == Figures(bets=80, stakes=800_00, payouts=20 * 35_50, refunds=7_00 + 5_00)
    assert (figures.ggr, figures.rtp) == (90_00, "0.8875")
    assert rows_of(operator_b, settled) == []

    # A period takes its start and not its end.
    now = clock.now()
    assert turnover(operator=operator_a, since=now - 2 * DAY, until=now - DAY) == []
    with tenant_context(operator_a):
        rounds = Round.objects.filter(game__code=settled).values("pk")
        moment = Settlement.objects.get(outcome="drawn", round_id__in=rounds).settled_at
    tick = timedelta(microseconds=1)
    including = turnover(operator=operator_a, since=moment, until=moment + tick)
    excluding = turnover(operator=operator_a, since=moment - tick, until=moment)
    assert [row.bets for row in including if row.game == settled] == [80]
    assert [row for row in excluding if row.game == settled] == []


def test_the_report_is_json_and_csv_for_the_operator_who_asks(settled: str, operator_a: Any, operator_b: Any) -> None:
    now = clock.now()
    period = {"from": clock.to_text(now - DAY), "to": clock.to_text(now + DAY)}
    own, other = (client_of(operator) for operator in (operator_a, operator_b))
    expected = [
        {
            "day": row.day.isoformat(),
            "game": settled,
            "bets": row.bets,
            "stakes": operator_a.money(row.stakes),
            "payouts": operator_a.money(row.payouts),
            "refunds": operator_a.money(row.refunds),
            "ggr": operator_a.money(row.ggr),
            "rtp": row.rtp,
        }
        for row in rows_of(operator_a, settled)
    ]
    report = own.get("/api/v1/reports/turnover.json", period).json()
    assert (report["currency"], report["from"], report["to"]) == ("KES", period["from"], period["to"])
    assert [row for row in report["rows"] if row["game"] == settled] == expected
    assert report["total"]["bets"] == sum(row["bets"] for row in report["rows"]) >= 80

    answer = own.get("/api/v1/reports/turnover.csv", period, headers={"Accept": "text/csv"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    table = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [row for row in table if row["game"] == settled] == [
        {name: "" if value is None else str(value) for name, value in row.items()} | {"currency": "KES"}
        for row in expected
    ]
    assert "800.00" in answer.content.decode()
    assert settled not in other.get("/api/v1/reports/turnover.csv", period).content.decode()


def client_of(operator: Any) -> Client:
    _, secret = issue_key(operator=operator, label="tests", actor="tests")
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["csv", "json"])
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "parameter_invalid"),
        ({"from": "2030-01-01T00:00:00Z"}, "parameter_invalid"),
        ({"from": "2030-01-01T00:00:00Z", "to": "2030-01-02T00:00:00Z", "game": "x"}, "parameter_invalid"),
        ({"from": "2030-01-01", "to": "2030-01-02"}, "malformed_request"),
        ({"from": "2030-01-02T00:00:00Z", "to": "2030-01-02T00:00:00Z"}, "report_period_invalid"),
        ({"from": "2030-01-01T00:00:00Z", "to": "2031-01-03T00:00:00Z"}, "report_period_invalid"),
        ({"from": "0001-01-01T00:00:00+14:00", "to": "0001-02-01T00:00:00Z"}, "malformed_request"),
        ({"from": "9999-12-31T23:00:00-14:00", "to": "9999-12-31T23:59:59-14:00"}, "malformed_request"),
    ],
)
def test_a_period_that_makes_no_report_is_refused_as_a_problem(
    operator_a: Any, form: str, query: dict[str, str], code: str
) -> None:
    answer = client_of(operator_a).get(f"/api/v1/reports/turnover.{form}", query, headers={"Accept": "text/csv, */*"})
    assert (answer["Content-Type"], answer.json()["code"]) == ("application/problem+json", code)


@pytest.mark.django_db
def test_a_report_needs_the_operators_key() -> None:
    assert Client().get("/api/v1/reports/turnover.csv").json()["code"] == "unauthenticated"


@pytest.mark.django_db
def test_a_year_is_the_longest_period(operator_a: Any) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    assert turnover(operator=operator_a, since=start, until=start + 366 * DAY) == []
    with pytest.raises(ReportPeriodInvalid):
        turnover(operator=operator_a, since=start, until=start + 366 * DAY + timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("stakes", "payouts", "rtp"),
    [
        (0, 0, None),
        (3, 2, "0.6667"),
        (3, 1, "0.3333"),
        (20_000, 1, "0.0001"),
        (20_001, 1, "0.0000"),
        (1, 12, "12.0000"),
    ],
)
def test_the_realised_return_is_rounded_half_up_without_floats(stakes: int, payouts: int, rtp: str | None) -> None:
    assert Figures(bets=1, stakes=stakes, payouts=payouts, refunds=0).rtp == rtp


def test_revenue_is_below_zero_when_players_won_more() -> None:
    assert Figures(bets=1, stakes=100, payouts=350, refunds=0).ggr == -250


@pytest.mark.parametrize("cell", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "-x"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_text(cell: str) -> None:
    [[written]] = list(csv.reader(io.StringIO(write_csv(["name"], [[cell]]), newline="")))[1:]
    assert written == "'" + cell


@pytest.mark.parametrize("cell", ["-250.00", "0", "12.50", "keno-10s", 'a "b", c', "line\nbreak", ""])
def test_other_cells_are_written_as_they_are(cell: str) -> None:
    [[written, _]] = list(csv.reader(io.StringIO(write_csv(["a", "b"], [[cell, "x"]]), newline="")))[1:]
    assert written == cell
