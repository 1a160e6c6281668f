"""What a bet costs when there are more operators, each with a schema of its own, and bets go round all of them."""

from collections.abc import Iterable

from bench import growing
from bench.growing import Size
from bench.harness import Bench, Row
from bench.setting import any_operators, make_game, make_players, open_round

ORDER, SECONDS = 63, 55
QUICK = False
PLAYERS = 200


def run(bench: Bench) -> Iterable[Row]:
    sizes = bench.scale((1, 10, 50, 250), (1, 6))
    one = open_round(make_game("growing"))
    bench.progress(f"making operators until there are {sizes[-1]}")
    operators = any_operators(sizes[-1])
    bench.progress("players and money for each of them")
    players = [(operator, make_players(operator, PLAYERS, 10**9)) for operator in operators]
    bench.progress(f"placing over {', '.join(map(str, sizes))} operators in turns")
    measured = growing.measure(bench, [Size(size=size, players=players[:size]) for size in sizes], one)
    yield from growing.rows(
        bench, measured, what="operators", name="operators", x="operators that bets go round", note=_NOTE
    )


_NOTE = "each call is of the next operator, on one connection; all of them exist from the first measurement on"
