"""How many rounds a second one process can take through their whole life, when as many are due as it can drive."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.games import commit_in_step, make_games, require_revealed
from bench.harness import Bench, PostgresCpu, Row, meets

if TYPE_CHECKING:
    from rounds.models import Game

ORDER, SECONDS = 55, 16
GAMES, ROUNDS = 250, 20
STEP_S = 0.001
"""Rounds this short are all due at once when the last of them is."""
TARGET = ">= 5,000 rounds/s"
PER_ROUND_S = 1 / 2500


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """Seconds that some rounds took: to be committed in an epoch, and to be driven to their end."""

    rounds: int
    committing_s: float
    driving_s: float
    python_s: float
    database_s: float | None


def run(bench: Bench) -> Iterable[Row]:
    from rounds.models import NetworkName

    games = make_games(bench.scale(GAMES, GAMES // 5), code="life", network=NetworkName.NONE)
    count = bench.scale(ROUNDS, ROUNDS // 2)
    _live(games, rounds=2)  # warm
    lives = [_live(games, rounds=count) for _ in range(bench.scale(3, 1))]
    lives.sort(key=lambda life: life.driving_s)
    life = lives[len(lives) // 2]
    rate = life.rounds / life.driving_s
    figures = {
        "committed_per_s": life.rounds / life.committing_s,
        "committed_and_driven_per_s": life.rounds / (life.committing_s + life.driving_s),
        "python_cpu_us_per_round": 1e6 * life.python_s / life.rounds,
    }
    if life.database_s is not None:
        figures["database_cpu_us_per_round"] = 1e6 * life.database_s / life.rounds
    yield Row(
        name=f"whole life of rounds, {life.rounds:,} of {len(games)} games due at once, driven by one process",
        value=rate,
        unit="rounds/s",
        target=TARGET,
        met=meets(TARGET, rate),
        samples=tuple(life.rounds / life.driving_s for life in lives),
        figures=figures,
        note="rounds.services.tick.run_due: opened, closed, sealed under a signed CLOSE, drawn, settled and revealed, "
        "without bets, every state stored and announced; making and committing them beforehand is counted apart",
    )


def _live(games: "Sequence[Game]", *, rounds: int) -> Life:
    """Commit so many rounds of each game, wait until all are due, and drive them."""
    from rounds.services import tick
    from tests.support.rounds import wait_until

    began = time.perf_counter()
    made = commit_in_step(games, rounds=rounds, step_s=STEP_S, ahead_s=0.5 + len(games) * rounds * PER_ROUND_S)
    committing_s = time.perf_counter() - began
    wait_until(max(one.closes_at for one in made))
    server = PostgresCpu()
    database, python, began = server.seconds(), time.process_time(), time.perf_counter()
    tick.run_due()
    driving_s, python_s, after = time.perf_counter() - began, time.process_time() - python, server.seconds()
    require_revealed(made)
    return Life(
        rounds=len(made),
        committing_s=committing_s,
        driving_s=driving_s,
        python_s=python_s,
        database_s=after - database if after is not None and database is not None else None,
    )
