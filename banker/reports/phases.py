"""What came of a phase: the whole of it, and each collector's part."""

from django.db.models import Count, Sum

from banker import risk, selectors
from banker.models import CorrectionLine, Member, Phase, Prize, Rank, Settlement
from banker.reports.shapes import Report, Sort, Table, Value, facts, table
from banker.services.phases import PhaseNotInStatus
from banker.services.results import number_now

STATEMENT = {
    "collector": Sort.WORD,
    "slips": Sort.COUNT,
    "total_in": Sort.MONEY,
    "total_out": Sort.MONEY,
    "commission_rate": Sort.RATE,
    "commission": Sort.MONEY,
    "corrected": Sort.MONEY,
    "due": Sort.MONEY,
}
SUMMED = ("slips", "total_in", "total_out", "commission", "corrected", "due")


def phase_report(phase: Phase) -> Report:
    """
    A settled phase: its terms, what it took and paid, its prizes by their kind, its corrections, and its collectors.

    :raises PhaseNotInStatus: it is not settled.
    """
    settlement = _settlement(phase)
    tables = (_prizes(phase), _corrections(phase), _statements(phase))
    return Report(name="phase_report", file=f"phase-{phase.pk}", facts=_facts(phase, settlement), tables=tables)


def statements_report(phase: Phase, *, member: Member | None = None) -> Report:
    """
    The statements of a settled phase, by name: what each collector took and paid, its commission, what corrections
    moved, and what it keeps for the house. With `member`, its own only.

    :raises PhaseNotInStatus: it is not settled.
    """
    _settlement(phase)
    head = facts(
        phase=(Sort.WORD, phase.name),
        winning_number=(Sort.CODE, number_now(phase)),
        ends_at=(Sort.MOMENT, phase.ends_at),
    )
    own = f"-{member.username}" if member else ""
    found = _statements(phase, member=member)
    return Report(name="statements", file=f"statements-{phase.pk}{own}", facts=head, tables=(found,), main=found.name)


def risk_report(phase: Phase) -> Report:
    """Every number of a phase, by number: what is staked, what it would be paid, its limit and what room is left."""
    risks = risk.heat_map(phase)
    head = facts(
        phase=(Sort.WORD, phase.name),
        status=(Sort.TERM, phase.status),
        multiplier=(Sort.COUNT, phase.multiplier),
        total=(Sort.MONEY, sum(one.total for one in risks)),
    )
    rows: list[dict[str, Value]] = [
        {
            "number": one.number,
            "total": one.total,
            "bets": one.bets,
            "potential_payout": one.potential_payout,
            "limit": one.limit,
            "room": one.room,
        }
        for one in risks
    ]
    money = dict.fromkeys(("potential_payout", "limit", "room"), Sort.MONEY)
    fields = {"number": Sort.CODE, "total": Sort.MONEY, "bets": Sort.COUNT, **money}
    numbers = table("numbers", fields, rows, summed=("total", "bets"))
    return Report(name="risk", file=f"risk-{phase.pk}", facts=head, tables=(numbers,), main=numbers.name)


def _settlement(phase: Phase) -> Settlement:
    found = selectors.find_settlement(phase)
    if found is None:
        raise PhaseNotInStatus(status=phase.status, needed=["settled"])
    return found


def _facts(phase: Phase, one: Settlement) -> Table:
    moved = sum(each.paid_amount - each.reversed_amount for each in selectors.corrections(phase))
    return facts(
        phase=(Sort.WORD, phase.name),
        starts_at=(Sort.MOMENT, phase.starts_at),
        ends_at=(Sort.MOMENT, phase.ends_at),
        settled_at=(Sort.MOMENT, one.settled_at),
        winning_number=(Sort.CODE, number_now(phase)),
        multiplier=(Sort.COUNT, phase.multiplier),
        slips=(Sort.COUNT, one.slips),
        bets=(Sort.COUNT, one.bets),
        winners=(Sort.COUNT, one.winners),
        total_in=(Sort.MONEY, one.total_in),
        total_out=(Sort.MONEY, one.total_out),
        net_profit=(Sort.MONEY, one.net_profit),
        commission=(Sort.MONEY, one.commission_total),
        total_out_now=(Sort.MONEY, one.total_out + moved),
        net_profit_now=(Sort.MONEY, one.net_profit - moved),
    )


def _prizes(phase: Phase) -> Table:
    found = {
        row["rank"]: row
        for row in Prize.objects.filter(phase=phase).values("rank").annotate(won=Count("pk"), paid=Sum("amount"))
    }
    rows: list[dict[str, Value]] = [
        {"prize": rank.value, "winners": found[rank]["won"], "paid": found[rank]["paid"]}
        for rank in Rank
        if rank in found
    ]
    fields = {"prize": Sort.TERM, "winners": Sort.COUNT, "paid": Sort.MONEY}
    return table("prizes", fields, rows, summed=("winners", "paid"))


def _corrections(phase: Phase) -> Table:
    rows: list[dict[str, Value]] = [
        {
            "time": each.created_at,
            "number_before": each.number_before,
            "number_after": each.number_after,
            "reversed": each.reversed_amount,
            "paid": each.paid_amount,
            "reason": each.entry.reason,
        }
        for each in selectors.corrections(phase)
    ]
    fields = {
        "time": Sort.MOMENT,
        "number_before": Sort.CODE,
        "number_after": Sort.CODE,
        "reversed": Sort.MONEY,
        "paid": Sort.MONEY,
        "reason": Sort.WORD,
    }
    return table("corrections", fields, rows)


def _statements(phase: Phase, *, member: Member | None = None) -> Table:
    moved = dict(
        CorrectionLine.objects.filter(correction__phase=phase)
        .values_list("slip__member_id")
        .annotate(moved=Sum("paid_amount") - Sum("reversed_amount"))
    )
    rows: list[dict[str, Value]] = [
        {
            "collector": one.member.username,
            "slips": one.slips,
            "total_in": one.total_in,
            "total_out": one.total_out,
            "commission_rate": one.commission_rate,
            "commission": one.commission_amount,
            "corrected": moved.get(one.member_id, 0),
            "due": one.total_in - one.total_out - one.commission_amount - moved.get(one.member_id, 0),
        }
        for one in selectors.statements(phase, member=member)
    ]
    return table("statements", STATEMENT, rows, summed=SUMMED)
