"""The three-digit lottery: a slip of ten thousand bets, and the heat map of a phase with ten million."""

import secrets
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from bench.harness import Bench, Row, in_turns, interleave, meets

if TYPE_CHECKING:
    from banker.models import Member, Phase
    from operators.models import Operator

ORDER, SECONDS = 80, 50
SLIP_BETS = 10_000
BETS, BETS_QUICK = 10_000_000, 200_000
SLIP_TARGET, MAP_TARGET = "< 1 s", "< 100 ms"
CREDIT = 10**13
AGGREGATE = """
    SELECT b.number, sum(b.amount), sum(b.amount) * p.multiplier
    FROM banker_bet b JOIN banker_phase p ON p.id = b.phase_id
    WHERE b.phase_id = %s GROUP BY b.number, p.multiplier ORDER BY 3 DESC
"""
"""Risk by number as the specification words it, over the bets themselves."""
FILL = """
    WITH made AS (
        INSERT INTO banker_slip (id, phase_id, member_id, key, fingerprint, text, partial, bets, asked, total_amount)
        SELECT (left(%(base)s, 19) || lpad(to_hex(n), 8, '0') || '00000000')::uuid, %(phase)s, %(member)s,
               'bench-' || %(base)s || n, sha256(n::text::bytea), '***=1', false, 1000, 100000, 100000
        FROM generate_series(%(low)s, %(high)s) n RETURNING id)
    INSERT INTO banker_bet (id, slip_id, phase_id, member_id, number, amount, line, created_at)
    SELECT banker_part_id(m.id, b + 1), m.id, %(phase)s, %(member)s, lpad(b::text, 3, '0'), 100, 1, clock_timestamp()
    FROM made m, generate_series(0, 999) b
"""


def run(bench: Bench) -> Iterable[Row]:
    from bench.setting import make_operator

    operator, _ = make_operator("lottery")
    member = _collector(operator)
    yield _slip(bench, operator, member)
    yield _heat_map(bench, operator, member)


def _collector(operator: "Operator") -> "Member":
    from banker.models import Role
    from banker.services.members import MemberTerms, add_member, move_credit

    terms = MemberTerms(username=f"bench-{secrets.token_hex(4)}", role=Role.COLLECTOR)
    member, _ = add_member(operator=operator, terms=terms, actor="bench")
    move_credit(operator=operator, member_id=member.pk, amount=CREDIT, key=secrets.token_hex(8), actor="bench")
    return member


def _phase(operator: "Operator") -> "Phase":
    from banker import services
    from keno_platform.core import clock

    now = clock.now()
    terms = services.PhaseTerms(
        name=secrets.token_hex(8),
        starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(days=1),
        global_limit=10**12,
    )
    phase = services.create_phase(operator=operator, terms=terms, actor="bench")
    return services.open_phase(operator=operator, phase_id=phase.pk, actor="bench")


def _slip(bench: Bench, operator: "Operator", member: "Member") -> Row:
    """The whole service: reading the text, placing it, and what is told of it; against the bare insert of its bets."""
    from banker.services import close_phase
    from banker.services.slips import Asked, place_slip

    phase = _phase(operator)
    text = "\n".join(["000-999 0.01"] * (SLIP_BETS // 1000))

    def place() -> float:
        began = time.perf_counter()
        asked = Asked(phase_id=phase.pk, text=text)
        placed = place_slip(operator=operator, member=member, asked=asked, key=secrets.token_hex(8))
        if placed.slip.bets != SLIP_BETS:
            raise RuntimeError(f"{placed.slip.bets} bets were placed")
        return time.perf_counter() - began

    place()
    pair = interleave(place, lambda: _insert(operator, phase, member), repeats=bench.scale(7, 3))
    close_phase(operator=operator, phase_id=phase.pk, actor="bench")
    slowest = max(pair.work)
    return Row(
        name=f"place a slip of {SLIP_BETS:,} bets, text to commit (slowest of {len(pair.work)})",
        value=slowest,
        unit="s",
        target=SLIP_TARGET,
        met=meets(SLIP_TARGET, slowest),
        yardstick="as many bets inserted row by row with executemany, without limits, exposures or money",
        yardstick_value=pair.yardstick_value,
        ratio=pair.ratio,
        samples=pair.work,
        yardstick_samples=pair.yardstick,
        note="banker.services.slips.place_slip from call to return, commit included; the ratio is of times: below one "
        "is faster than the yardstick",
    )


def _insert(operator: "Operator", phase: "Phase", member: "Member") -> float:
    """The same bets, inserted by themselves in one transaction, which is undone."""
    from django.db import connection, transaction

    from keno_platform.core import ids
    from operators.tenancy import tenant_context

    rows = [(ids.bet_id(), ids.bet_id(), phase.pk, member.pk, f"{n % 1000:03d}", 1, 1) for n in range(SLIP_BETS)]
    with tenant_context(operator), transaction.atomic(), connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.executemany(
            "INSERT INTO banker_bet (id, slip_id, phase_id, member_id, number, amount, line, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, clock_timestamp())",
            rows,
        )
        taken = time.perf_counter() - began
        transaction.set_rollback(True)
    return taken


def _heat_map(bench: Bench, operator: "Operator", member: "Member") -> Row:
    from banker import risk, selectors
    from operators.tenancy import tenant_context

    bets = bench.scale(BETS, BETS_QUICK)
    phase = _phase(operator)
    bench.progress(f"a phase of {bets:,} bets")
    _fill(operator, phase, member, bets)

    def read() -> float:
        began = time.perf_counter()
        with tenant_context(operator):
            risks = risk.heat_map(selectors.get_phase(phase.pk))
        taken = time.perf_counter() - began
        if sum(one.bets for one in risks) != bets:
            raise RuntimeError("the heat map does not count every bet")
        return taken * 1000

    read()
    own, aggregate = in_turns(read, lambda: _aggregate(operator, phase, bets), repeats=bench.scale(5, 3))
    slowest, yardstick = max(own), sorted(aggregate)[len(aggregate) // 2]
    middle = sorted(own)[len(own) // 2]
    return Row(
        name=f"the heat map of a phase with {bets:,} bets (slowest of {len(own)})",
        value=slowest,
        unit="ms",
        target=MAP_TARGET,
        met=meets(MAP_TARGET, slowest),
        yardstick="risk by number as one aggregate query over the bets",
        yardstick_value=yardstick,
        ratio=yardstick / middle,
        samples=own,
        yardstick_samples=aggregate,
        note="banker.risk.heat_map, a thousand numbers with total, payout, room and limit; the ratio is how many times "
        "as long the query takes",
    )


def _fill(operator: "Operator", phase: "Phase", member: "Member", bets: int) -> None:
    """
    Slips of a thousand bets each, written as the SQL function writes them, without the money; then what they come to.
    """
    from django.db import connection

    from keno_platform.core import ids
    from operators.tenancy import tenant_transaction

    slips, at_a_time = bets // 1000, 500
    base = str(ids.uuid7())
    for low in range(0, slips, at_a_time):
        high = min(low + at_a_time, slips) - 1
        with tenant_transaction(operator), connection.cursor() as cursor:
            cursor.execute(FILL, {"base": base, "phase": phase.pk, "member": member.pk, "low": low, "high": high})
    with tenant_transaction(operator), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE banker_exposure SET total_amount = %s, bets = %s, version = 1 WHERE phase_id = %s",
            [slips * 100, slips, phase.pk],
        )
    with tenant_transaction(operator), connection.cursor() as cursor:
        cursor.execute("ANALYZE banker_bet")


def _aggregate(operator: "Operator", phase: "Phase", bets: int) -> float:
    from django.db import connection

    from operators.tenancy import tenant_context

    with tenant_context(operator), connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(AGGREGATE, [phase.pk])
        found = cursor.fetchall()
        taken = time.perf_counter() - began
    if sum(row[1] for row in found) != bets * 100:
        raise RuntimeError("the query does not count every bet")
    return taken * 1000
