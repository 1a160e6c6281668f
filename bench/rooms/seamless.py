"""
Seamless placement: bets a second through one web process when the operator's wallet takes 50 ms for each debit, and
what other operators notice when one operator's wallet sends its answers byte by byte.
"""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from bench import load
from bench.harness import Bench, Row, Web, interleave, meets, program, wait_for
from bench.load import Bettor, Lane, Met
from bench.setting import make_game, make_operator, open_round
from keno_platform.local import ports

ORDER, SECONDS = 30, 50
QUICK = False
TARGET, TARGET_BESIDE = ">= 1,000 bets/s", "<= 1.2x"
PAUSE_MS = 50
CONNECTIONS = 500
"""Of the first measurement: as many bets under way as the wallet's pause keeps waiting, and more."""
OTHERS, OTHERS_CONNECTIONS, SLOW_CONNECTIONS = 3, 4, 50
PLAYERS = 400
STAKES = ("10.00",)


def run(bench: Bench) -> Iterable[Row]:
    seconds = bench.scale(4, 1)
    with ExitStack() as stack:
        usual = stack.enter_context(_echo_wallet())
        dripping = stack.enter_context(_dripping_wallet())
        round_id = open_round(make_game("seamless")).pk
        backends = [_make_backend(f"seamless{n}", usual, round_id) for n in range(OTHERS + 1)]
        slow = _make_backend("dripping", dripping, round_id)
        url = stack.enter_context(bench.web())
        yield _through_one(bench, url, backends[0], seconds)
        yield _beside_a_dripping_wallet(bench, url, backends[1:], slow, seconds)


@contextmanager
def _echo_wallet() -> Iterator[int]:
    """A wallet that says yes after a pause; its port."""
    port = ports.find_free()
    quiet = ["--no-access-log", "--no-proxy-headers", "--log-level", "warning"]
    application = "bench.echo_wallet:application"
    with program("uvicorn", application, "--port", str(port), *quiet, ECHO_PAUSE_MS=str(PAUSE_MS)) as process:
        wait_for(f"http://127.0.0.1:{port}/", process)
        yield port


@contextmanager
def _dripping_wallet() -> Iterator[int]:
    """A wallet whose answers come byte by byte; its port."""
    port = ports.find_free()
    players = ["--unsigned", "--balance", "100000000.00", "--open", "bench-"]
    with program("keno_kit", "wallet", "--port", str(port), "--fault", "drip", *players) as process:
        wait_for(f"http://127.0.0.1:{port}/state?transactions=0", process)
        yield port


def _make_backend(slug: str, wallet_port: int, round_id: int) -> Bettor:
    """An operator whose wallet is there, with players."""
    from operators.services import connect_wallet
    from operators.tenancy import tenant_context
    from players.models import Player

    operator, key = make_operator(slug)
    connect_wallet(
        operator=operator, url=f"http://127.0.0.1:{wallet_port}", is_local=True, concurrency_max=2000, actor="bench"
    )
    tokens = [f"bench-{operator.slug}-{n}" for n in range(PLAYERS)]
    with tenant_context(operator):
        Player.objects.bulk_create([Player(token=token, currency_code=operator.currency_code) for token in tokens])
    return Bettor(key=key, players=tokens, round_id=round_id)


def _through_one(bench: Bench, url: Web, backend: Bettor, seconds: int) -> Row:
    lane = Lane(name="one", bettors=[backend], connections=CONNECTIONS, stakes=STAKES)
    load.run(url, [lane], seconds=bench.scale(3, 1))  # warm
    cpu = url.cpu_s()
    met = [load.run(url, [lane], seconds=seconds)["one"] for _ in range(bench.scale(3, 2))]
    cpu = url.cpu_s() - cpu
    rates = tuple(one.rate for one in met)
    value = statistics.median(rates)
    return Row(
        name=f"bets a second on a seamless wallet that takes {PAUSE_MS} ms, one web process",
        value=value,
        unit="bets/s",
        target=TARGET,
        met=meets(TARGET, value),
        samples=rates,
        figures={
            "p50_ms": statistics.median(one.p50_ms for one in met),
            "p99_ms": statistics.median(one.p99_ms for one in met),
            "web_cpu_us_per_bet": cpu / max(1, sum(one.placed for one in met)) * 1e6,
        },
        note=_refusals(met),
    )


def _beside_a_dripping_wallet(bench: Bench, url: Web, backends: Sequence[Bettor], slow: Bettor, seconds: int) -> Row:
    others = Lane(name="others", bettors=backends, connections=OTHERS * OTHERS_CONNECTIONS, stakes=STAKES)
    beside = Lane(name="slow", bettors=[slow], connections=SLOW_CONNECTIONS, stakes=STAKES)
    pair = interleave(
        lambda: load.run(url, [others, beside], seconds=seconds)["others"].p99_ms,
        lambda: load.run(url, [others], seconds=seconds)["others"].p99_ms,
        repeats=bench.scale(3, 1),
    )
    return Row(
        name="99 of 100 bets of other operators are answered within, beside one whose wallet drips its answers",
        value=pair.value,
        unit="ms",
        yardstick="the same bets without that operator, ms",
        yardstick_value=pair.yardstick_value,
        ratio=pair.ratio,
        target=TARGET_BESIDE,
        met=meets(TARGET_BESIDE, pair.ratio),
        samples=pair.work,
        yardstick_samples=pair.yardstick,
    )


def _refusals(met: Sequence[Met]) -> str:
    refused = {code: sum(one.refused.get(code, 0) for one in met) for one in met for code in one.refused}
    return f"Refused: {', '.join(f'{code} {times}' for code, times in refused.items())}." if refused else ""
