"""Settling a full round: winners found and paid, and the round closed for the operator."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

from bench.harness import Bench, Pair, PostgresCpu, Row, interleave, meets

if TYPE_CHECKING:
    from operators.models import Operator
    from rounds.models import Round

ORDER, SECONDS = 40, 60
BETS, MILLION = 100_000, 1_000_000
PLAYERS, PLAYERS_OF_A_MILLION = 10_000, 50_000
TARGET, TARGET_MILLION = ">= 3x", "< 5 s"
PLAYERS_AT_A_TIME = 5_000
BALANCE = 10**12
OPEN_S = 0.5


def run(bench: Bench) -> Iterable[Row]:
    from bench.yardsticks.update import bet_table

    bets = bench.scale(BETS, BETS // 10)
    settling = Settling(bets=bets, players=bench.scale(PLAYERS, PLAYERS // 10))
    with bet_table(bench.database_url) as table:

        def update() -> float:
            settled, seconds = table.settle(table.fill(bets))
            return settled / seconds

        bench.progress(f"a warm round of {bets:,} bets")
        settling.settle_one()
        update()
        settling.costs.clear()
        pair = interleave(settling.settle_one, update, repeats=bench.scale(3, 1))
    yield _row(bench, settling, pair)
    if not bench.quick:
        yield _million(bench)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one settlement took. CPU of the database is None where it does not run on this machine."""

    bets: int
    winners: int
    wall_s: float
    paid_s: float
    """Until the last statement before the commit: money moved, nobody told."""
    python_s: float
    database_s: float | None


@dataclass(slots=True, kw_only=True)
class Settling:
    """An operator whose rounds are filled, drawn and settled one after the other."""

    bets: int
    players: int
    costs: list[Cost] = field(default_factory=list)
    operator: "Operator" = field(init=False)
    tokens: list[str] = field(init=False)

    def __post_init__(self) -> None:
        from bench.setting import make_operator, make_players

        self.operator, _ = make_operator("settled", max_win_per_ticket=10**12)
        size = min(self.players, PLAYERS_AT_A_TIME)
        self.tokens = [
            token for _ in range(self.players // size) for token in make_players(self.operator, size, BALANCE)
        ]

    def settle_one(self) -> float:
        """Bets settled a second in a new round."""
        from bets.services.settlement import settle_round

        one = self._drawn_round()
        with self._measured(one):
            settled = settle_round(operator_id=self.operator.pk, round_id=one.pk)
        if not settled:
            raise RuntimeError(f"round {one.pk} was settled before")
        return self.costs[-1].bets / self.costs[-1].wall_s

    def _drawn_round(self) -> "Round":
        from bench.full_rounds import draw, fill
        from bench.setting import make_game, open_round

        one = open_round(make_game("settled"), seconds=OPEN_S)
        fill(self.operator, one, bets=self.bets, tokens=self.tokens)
        return draw(one)

    @contextmanager
    def _measured(self, one: "Round") -> Iterator[None]:
        from bets.models import Settlement
        from operators.tenancy import tenant_context
        from rounds.models import Participation
        from rounds.selectors import database_now

        server, own, asked = PostgresCpu(), psutil.Process(), database_now()
        database, python, began = server.seconds(), _cpu_s(own), time.perf_counter()
        yield
        wall_s, python_s, after = time.perf_counter() - began, _cpu_s(own) - python, server.seconds()
        with tenant_context(self.operator):
            row = Settlement.objects.get(round_id=one.pk)
        paid = Participation.objects.get(round_id=one.pk, operator_id=self.operator.pk).settled_at
        if paid is None:
            raise RuntimeError(f"round {one.pk} is not settled")
        used = after - database if after is not None and database is not None else None
        self.costs.append(
            Cost(
                bets=row.bets,
                winners=row.winners,
                wall_s=wall_s,
                paid_s=(paid - asked).total_seconds(),
                python_s=python_s,
                database_s=used,
            )
        )


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _figures(costs: list[Cost]) -> dict[str, float]:
    bets = sum(cost.bets for cost in costs)
    figures = {
        "bets_paid_per_s": bets / sum(cost.paid_s for cost in costs),
        "winners_percent": 100 * sum(cost.winners for cost in costs) / bets,
        "python_cpu_us_per_bet": 1e6 * sum(cost.python_s for cost in costs) / bets,
    }
    of_database = [cost.database_s for cost in costs if cost.database_s is not None]
    return figures | ({"database_cpu_us_per_bet": 1e6 * sum(of_database) / bets} if of_database else {})


def _row(bench: Bench, settling: Settling, pair: Pair) -> Row:
    return Row(
        name=f"settle a round of {settling.bets:,} bets of {settling.players:,} players, money included",
        value=pair.value,
        unit="bets/s",
        yardstick="plain UPDATE of a status on as many rows, default layout",
        yardstick_value=pair.yardstick_value,
        ratio=pair.ratio,
        target=TARGET,
        met=meets(TARGET, pair.ratio),
        samples=pair.work,
        yardstick_samples=pair.yardstick,
        figures=_figures(settling.costs),
        note="bets.services.settlement.settle_round from call to return, commit included; players of so large a round "
        "are told by a task of its own; bets_paid_per_s counts until the money has moved",
    )


def _million(bench: Bench) -> Row:
    """One round, once: filling it takes ten times as long as settling it."""
    bench.progress(f"a round of {MILLION:,} bets")
    settling = Settling(bets=MILLION, players=PLAYERS_OF_A_MILLION)
    settling.settle_one()
    [cost] = settling.costs
    return Row(
        name=f"settle a round of {MILLION:,} bets of {PLAYERS_OF_A_MILLION:,} players",
        value=cost.wall_s,
        unit="s",
        target=TARGET_MILLION,
        met=meets(TARGET_MILLION, cost.wall_s),
        samples=(cost.wall_s,),
        figures=_figures([cost]),
        note="one measurement",
    )
