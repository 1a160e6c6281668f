"""
How long a round takes to commit to its bets: 100,000 bets of 50 operators, read, put in order, hashed into one tree,
and the CLOSE signed and stored. Target: under one second.

Run by `make bench`, with servers of its own: python -m keno_platform.local with-servers -- python bench/close_bench.py
"""

import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from operators.models import Operator

OPERATORS, BETS_EACH, REPEATS = 50, 2_000, 5
TARGET_S = 1.0

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keno_platform.settings")
os.environ.setdefault("KENO_LOG_LEVEL", "WARNING")


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    print(f"Making {OPERATORS} operators ...", flush=True)
    call_command("migrate_schemas", verbosity=0)
    operators = [_make_operator(n) for n in range(OPERATORS)]
    times = [_seal_once(operators) for _ in range(REPEATS)]
    middle = statistics.median(times)
    print(f"\n{'work':<44}{'target':>10}{'measured':>12}{'ratio':>8}")
    work = f"seal {OPERATORS * BETS_EACH:,} bets of {OPERATORS} operators"
    print(f"{work:<44}{TARGET_S * 1000:>7.0f} ms{middle * 1000:>9.0f} ms{middle / TARGET_S:>8.2f}")
    print(f"  median of {REPEATS}, worst {max(times) * 1000:.0f} ms")


def _make_operator(number: int) -> "Operator":
    from operators.services import OperatorTerms, create_operator

    slug = f"bench{number:02d}"
    terms = OperatorTerms(
        slug=slug,
        name=slug,
        currency_code="KES",
        domain=f"{slug}.localhost",
        min_bet=100,
        max_bet=100_000,
        max_win_per_ticket=1_000_000_000,
    )
    return create_operator(terms=terms, actor="bench")[0]


def _seal_once(operators: "list[Operator]") -> float:
    """A round of its own with all these bets, closed; only the sealing is timed."""
    from rounds.models import Participation, Round
    from rounds.services import transitions
    from tests.support.rounds import Timing, commit_rounds, drive, new_game, wait_until

    one = commit_rounds(new_game(), timing=Timing(opens_in=0.3, betting=0.2))[0]
    wait_until(one.opens_at)
    drive([one], "open", pay=False)
    Participation.objects.bulk_create([Participation(round_id=one.pk, operator_id=each.pk) for each in operators])
    for operator in operators:
        _insert_bets(operator, one.pk)
    wait_until(one.closes_at)
    while not transitions.close_due():
        time.sleep(0.05)
    began = time.perf_counter()
    [sealed] = transitions.seal_bets()
    took = time.perf_counter() - began
    if Round.objects.get(pk=one.pk).bets_count != OPERATORS * BETS_EACH:
        raise SystemExit(f"{sealed.bets_count} bets were sealed: this measures something else")
    return took


def _insert_bets(operator: "Operator", round_id: int) -> None:
    """Rows as `place_bets` leaves them, without money: the seal reads ids and leaf hashes only."""
    from django.db import connection

    from operators.tenancy import tenant_transaction

    with tenant_transaction(operator), connection.cursor() as cursor:
        cursor.execute(_BETS, {"round": round_id, "bets": BETS_EACH})


_BETS = """
    INSERT INTO bets_bet (id, round_id, player_id, paytable_id, picks, pick_count, stake, potential_max_win, blind,
                          leaf_hash, created_at)
    SELECT encode(set_byte(uuid_send(uuidv7()), 15, (n %% 16) * 16), 'hex')::uuid, %(round)s, 1, gen_random_uuid(),
           B'1'::bit(80), 1, 100, 350, substr(sha256(n::text::bytea), 1, 16),
           sha256(n::text::bytea || uuid_send(gen_random_uuid())), clock_timestamp()
    FROM generate_series(1, %(bets)s) n
"""


if __name__ == "__main__":
    main()
