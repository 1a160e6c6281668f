"""A day's play whose books can be told beforehand, and readers of the files that reports are."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from bets.models import Bet
from bets.services.cancellation import cancel_bet
from bets.services.placement import place_slips
from bets.services.settlement import settle_round
from keno_platform.core import clock
from keno_platform.core.errors import Refusal
from operators.models import Operator
from operators.services import OperatorTerms, create_operator
from players.models import Player
from reports.catalogue import get_report
from reports.query import Query
from reports.writing import Made, make_file
from reports.writing.head import Head
from rounds.models import Round
from rounds.selectors import database_now
from rounds.services.voiding import void_round
from tests.support.bets import new_player, slip
from tests.support.rounds import Timing, again, drive, new_game, open_round


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """80 bets of 10.00 on one number each, of which 20 won 35.50; one of 7.00 cancelled, one of 5.00 void."""

    operator: Operator
    player: Player
    game: str
    drawn: Round
    void: Round
    bets: list[Bet]
    since: datetime

    def query(self, **narrowed: str) -> Query:
        """From before the first bet until now."""
        return Query(
            since=self.since, until=database_now() + timedelta(minutes=1), operator=self.operator.slug, **narrowed
        )


def new_operator(slug: str, currency: str = "KES") -> Operator:
    """An operator of a test's own, whose slug begins so."""
    slug = f"{slug}-{uuid4().hex[:6]}"
    terms = OperatorTerms(
        slug=slug,
        name=slug.title(),
        currency_code=currency,
        domain=f"{slug}.localhost",
        min_bet=100,
        max_bet=1_000_00,
        max_win_per_ticket=1_000_000_00,
    )
    return create_operator(terms=terms)[0]


def play(operator: Operator) -> Played:
    """A drawn round and a void one, each settled."""
    since = database_now() - timedelta(seconds=30)
    player = new_player(operator, money=10_000_00, token=f"-cmd{uuid4().hex[:12]}")
    game = new_game()
    drawn = open_round(game, timing=Timing(betting=2.0))
    asks = [slip(operator, player, picks=[number], stake="10.00", round_id=drawn.pk) for number in range(1, 81)]
    bets = place_all(operator, [*asks, slip(operator, player, picks=[1, 2], stake="7.00", round_id=drawn.pk)])
    cancel_bet(operator=operator, bet_id=bets.pop().pk)
    drive([drawn])
    void = open_round(game, timing=Timing(betting=2.0))
    place_all(operator, [slip(operator, player, picks=[5, 6], stake="5.00", round_id=void.pk)])
    void_round(round_id=void.pk, reason="a test", actor="tests")
    settle_round(operator_id=operator.pk, round_id=void.pk)
    return Played(
        operator=operator,
        player=player,
        game=game.code,
        drawn=again(drawn),
        void=again(void),
        bets=bets,
        since=since,
    )


def place_all(operator: Operator, asks: list[Any]) -> list[Bet]:
    """Every slip accepted."""
    bets: list[Bet] = []
    for placed in place_slips(operator=operator, asks=asks):
        assert not isinstance(placed, Refusal), placed.code
        bets += placed
    return bets


def write(report: str, query: Query, form: str, path: Path, *, language: str = "en") -> Made:
    """A report as a file, made as a worker makes it."""
    head = Head(report=get_report(report), query=query, language=language, made_at=clock.now())
    with path.open("wb") as file:
        return make_file(head, form, file)


def csv_of(path: Path) -> tuple[list[dict[str, str]], dict[str, list[str]]]:
    """The rows of a CSV by column, and the lines after them by what they begin with."""
    lines = list(csv.reader(io.StringIO(path.read_text(), newline="")))
    heading, rest = lines[0], lines[1:]
    rows = [dict(zip(heading, line, strict=True)) for line in rest if not line[0].startswith("#")]
    after = {line[0]: line[1:] for line in rest if line[0].startswith("#")}
    return rows, after


def json_of(path: Path) -> dict[str, Any]:
    """A JSON file."""
    found: dict[str, Any] = json.loads(path.read_text())
    return found
