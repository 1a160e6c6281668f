"""
Every report in every format over a month of play: how long each takes, in how much memory, and whether its sums are the
books'.

`python -m bench.reports_month --bets 10000000` starts a PostgreSQL and a Valkey of its own, fills a month of three
operators in three currencies, and makes each report about all of them in a process of its own. It ends with code 1 when
a sum is not that of the movements, or the formats differ. What it found stands in bench/results/reports-month.md.
"""

import argparse
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bench import month_books, month_page
from bench.__main__ import RESULTS, prepare
from bench.month_making import FORMS, Ask, Taken, make_apart
from bench.setting import make_game, make_operator, make_players

if TYPE_CHECKING:
    from operators.models import Operator

CURRENCIES = ("KES", "XOF", "TND")
PLAYERS = 1_000
ROUNDS_A_DAY = 1_440
DEPOSIT = 10**11
LARGE = 2_500_00
"""From how much on a win is put on record, in minor units."""
LIMITED = 200
"""Players of each operator that have set themselves a limit."""


def main() -> int:
    arguments = _parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # or servers' homes would stay behind
    with ExitStack() as stack:
        prepare(stack, quick=False, pictures=RESULTS)
        began = time.monotonic()
        operators, tokens = fill(arguments.bets, rounds_a_day=arguments.rounds)
        filled = time.monotonic() - began
        folder = Path(stack.enter_context(TemporaryDirectory(dir=arguments.files)))
        taken = list(_make_all(folder, operators[0], tokens, only=arguments.only))
        faults = month_books.compare(operators, taken, large_from=LARGE)
        page = month_page.write(taken, faults, bets=arguments.bets, filled_s=filled, command=_command(arguments))
        if arguments.out:
            (arguments.out / "reports-month.md").write_text(page, encoding="utf-8")
    print(f"\n{page}\n{'FAILED: ' + '; '.join(faults) if faults else 'ok'}")
    return 1 if faults else 0


def _command(arguments: argparse.Namespace) -> str:
    return f"python -m bench.reports_month --bets {arguments.bets} --rounds {arguments.rounds}"


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.reports_month", description=__doc__)
    parser.add_argument("--bets", type=int, default=10_000_000, help="of all operators together")
    parser.add_argument("--rounds", type=int, default=ROUNDS_A_DAY, help="a day")
    parser.add_argument("--only", nargs="+", default=(), metavar="REPORT", help="these reports alone")
    parser.add_argument("--files", type=Path, help="where the reports' files go for the while")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where reports-month.md goes")
    return parser.parse_args()


def fill(bets: int, *, rounds_a_day: int, players: int = PLAYERS) -> "tuple[list[Operator], list[str]]":
    """The operators with their month, and the tokens of the first one's players."""
    from audit.services import sealing
    from bench.month import Month, days_before, make_rounds

    operators = [_make_operator(f"month{n}", code) for n, code in enumerate(CURRENCIES)]
    tokens = [make_players(operator, players, DEPOSIT) for operator in operators]
    months = [Month(one, names, seed=n) for n, (one, names) in enumerate(zip(operators, tokens, strict=True))]
    game = make_game("month")
    days = days_before(datetime.now(UTC).date())
    shares = _shares(bets, len(days) * len(months))
    for place, day in enumerate(days):
        rounds = make_rounds(game, day, rounds_a_day, first=1 + place * rounds_a_day)
        for month in months:
            month.play(day, rounds, shares.pop())
        print(f"    {day}: {place + 1} of {len(days)} days", flush=True)
    for operator, names in zip(operators, tokens, strict=True):
        _record_large_wins(operator)
        _set_limits(operator, names[:LIMITED])
    sealing.seal()
    return operators, tokens[0]


def _make_operator(slug: str, currency: str) -> "Operator":
    operator, _ = make_operator(slug, currency=currency)
    operator.large_win_from = LARGE
    operator.save(update_fields=["large_win_from"])
    return operator


def _shares(bets: int, parts: int) -> list[int]:
    return [bets * (n + 1) // parts - bets * n // parts for n in range(parts)]


def _record_large_wins(operator: "Operator") -> None:
    """What settlement puts on record of them."""
    from django.db import connection

    from audit.services import Event, record_many
    from operators.tenancy import tenant_transaction

    with tenant_transaction(operator):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT bet_id, round_id, amount FROM bets_payout WHERE amount >= %s ORDER BY bet_id", [LARGE]
            )
            wins = cursor.fetchall()
        record_many(
            [
                Event(
                    event_type="large_win.paid",
                    description=f"a bet won {operator.money(amount)} {operator.currency_code}",
                    operator_id=operator.pk,
                    round_id=round_id,
                    bet_id=bet_id,
                    after={"amount": str(operator.money(amount))},
                )
                for bet_id, round_id, amount in wins
            ]
        )


def _set_limits(operator: "Operator", tokens: Sequence[str]) -> None:
    from operators.tenancy import tenant_context
    from players.models import Player
    from players.services.limits import LimitTerms, set_limit

    with tenant_context(operator):
        for player in list(Player.objects.filter(token__in=tokens)):
            set_limit(
                operator=operator,
                player=player,
                terms=LimitTerms(kind="stake", period="day", amount=10**6),
                actor="bench",
            )


def _make_all(folder: Path, first: "Operator", tokens: Sequence[str], *, only: Sequence[str]) -> Iterator[Taken]:
    """Each report in each format; of a player's statement that of the first player."""
    from reports.catalogue import REPORTS

    until = datetime.now(UTC) + timedelta(minutes=1)
    since = datetime.combine(until.date() - timedelta(days=31), datetime.min.time(), UTC)
    for code, report in REPORTS.items():
        if only and code not in only:
            continue
        own = {"operator": first.slug, "player": tokens[0]} if "player" in report.needs else {}
        for form in FORMS:
            ask = Ask(report=code, form=form, since=since, until=until, narrowed=own)
            taken = make_apart(ask, folder / f"{code}.{form}")
            took = f"{taken.seconds:.1f} ({taken.cpu_s:.1f}) s, {taken.peak_mib:.0f} MiB"
            print(f"    {code} {form}: {taken.rows:,} rows, {took}", flush=True)
            yield taken


if __name__ == "__main__":
    sys.exit(main())
