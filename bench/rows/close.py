"""How long a round takes to commit to its bets: read, in order, hashed into one tree, the CLOSE signed and stored."""

import statistics
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from bench.harness import Bench, Row, meets
from bench.setting import any_operators, make_game

if TYPE_CHECKING:
    from collections.abc import Sequence

    from operators.models import Operator

ORDER, SECONDS = 52, 18
QUICK = False
TARGET = "<= 1,000 ms"
BETTING_S = 2.0
"""Longer than a tick takes on a busy machine: a round that was never seen open is closed at once."""


def run(bench: Bench) -> Iterable[Row]:
    count, bets = bench.scale((50, 2000), (8, 1000))
    operators = any_operators(count)
    samples = tuple(_seal_once(operators, bets) * 1000 for _ in range(bench.scale(3, 2)))
    value = statistics.median(samples)
    yield Row(
        name=f"seal a round's {count * bets:,} bets of {count} operators: one tree, its root signed",
        value=value,
        unit="ms",
        target=TARGET,
        met=meets(TARGET, value),
        samples=samples,
        figures={"worst_ms": max(samples), "us_per_bet": value * 1000 / (count * bets)},
        note="" if not bench.quick else "Fewer bets than the 100,000 that the target is for.",
    )


def _seal_once(operators: "Sequence[Operator]", bets: int) -> float:
    """Seconds for the sealing of a round of its own with so many bets of each operator."""
    from rounds.models import Participation, Round, RoundStatus
    from rounds.services import transitions
    from tests.support.rounds import Timing, commit_rounds, drive, wait_for, wait_until

    one = commit_rounds(make_game("close"), timing=Timing(opens_in=0.3, betting=BETTING_S))[0]
    wait_until(one.opens_at)
    drive([one], RoundStatus.OPEN, pay=False)
    Participation.objects.bulk_create([Participation(round_id=one.pk, operator_id=each.pk) for each in operators])
    for operator in operators:
        _insert_bets(operator, one.pk, bets)
    wait_until(one.closes_at)
    wait_for(lambda: one.pk in transitions.close_due(), what="the round to be closed")
    began = time.perf_counter()
    transitions.seal_bets()
    took = time.perf_counter() - began
    sealed = Round.objects.get(pk=one.pk).bets_count
    if sealed != len(operators) * bets:
        raise RuntimeError(f"{sealed} bets were sealed: this measures something else")
    return took


def _insert_bets(operator: "Operator", round_id: int, bets: int) -> None:
    """Rows as placement leaves them, without money: the seal reads ids and leaf hashes only."""
    from django.db import connection

    from operators.tenancy import tenant_transaction

    with tenant_transaction(operator), connection.cursor() as cursor:
        cursor.execute(_BETS, {"round": round_id, "bets": bets})


_BETS = """
    INSERT INTO bets_bet (id, round_id, player_id, paytable_id, picks, pick_count, stake, potential_max_win, blind,
                          leaf_hash, created_at)
    SELECT encode(set_byte(uuid_send(uuidv7()), 15, (n %% 16) * 16), 'hex')::uuid, %(round)s, 1, gen_random_uuid(),
           B'1'::bit(80), 1, 100, 350, substr(sha256(n::text::bytea), 1, 16),
           sha256(n::text::bytea || uuid_send(gen_random_uuid())), clock_timestamp()
    FROM generate_series(1, %(bets)s) n
"""
