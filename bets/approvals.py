"""What of bets needs a second pair of eyes: which paytable new bets get. And what voiding a round costs, in stakes."""

from fractions import Fraction
from typing import Any
from uuid import UUID

from approvals import actions
from approvals.shapes import Block, Case, Comparison, Description, Line, Note, Pair, Parties, Table
from bets import paytables, selectors
from bets.models import Paytable
from bets.paytables import Multipliers
from bets.ports import ports
from bets.services.paytables import PaytableActive, activate_paytable
from keno_platform.core.clock import to_text
from keno_platform.core.errors import NotFound
from operators.models import Operator
from operators.selectors import get_operator
from operators.tenancy import tenant_context
from rounds.selectors import participants

ACTIVATE = "bets.activate_paytable"
PERCENT_DIGITS = 4


def plug_in() -> None:
    """Called once when Django is ready."""
    actions.register(_ACTIVATE)
    actions.add_effect("rounds.void_round", stakes_at_risk)


def percent(share: Fraction) -> str:
    """A share to four decimals of a percent, rounded down so that it never looks better than it is."""
    millionths = share.numerator * 1_000_000 // share.denominator
    return f"{millionths // 10_000}.{millionths % 10_000:04d}"


def _operator(case: Case) -> Operator:
    if case.operator_id is None:
        raise NotFound()
    return get_operator(operator_id=case.operator_id)


def _both(case: Case) -> tuple[Paytable, Paytable]:
    """What is active now, and what is to be. Inside the operator's schema."""
    return selectors.active_paytable(), selectors.get_paytable(UUID(case.subject))


def _describe(case: Case) -> Description:
    operator = _operator(case)
    with tenant_context(operator):
        now, then = _both(case)
        if then.active:
            raise PaytableActive()
        lines = (
            Line(name="active version", before=str(now), after=str(then)),
            Line(name="return to player", before=_range(now), after=_range(then)),
            Line(name="hash", before=bytes(now.hash).hex()[:16], after=bytes(then.hash).hex()[:16]),
        )
    return Description(
        subject=f"{operator.name}: {then}",
        lines=lines,
        consequence=f"New bets of {operator.name}'s players get {then}. Accepted bets keep theirs.",
        confirm=f"{operator.slug} {then.version}",
    )


def _range(paytable: Paytable) -> str:
    returns = [one.rtp for one in _statistics(selectors.multipliers(paytable)).values()]
    return f"{percent(min(returns))} to {percent(max(returns))} %"


def _statistics(table: Multipliers) -> dict[int, paytables.PickStatistics]:
    return {pick: paytables.statistics(pick, row) for pick, row in sorted(table.items())}


def _rests_on(case: Case) -> dict[str, Any]:
    with tenant_context(_operator(case)):
        now = Paytable.objects.select_for_update().filter(active=True).first()
        then = selectors.get_paytable(UUID(case.subject))
        return {"active version": str(now.pk) if now else None, "hash of the new one": bytes(then.hash).hex()}


def _carry_out(case: Case, parties: Parties) -> str:
    operator = _operator(case)
    with tenant_context(operator):
        paytable = activate_paytable(operator=operator, paytable_id=UUID(case.subject), actor=parties.decided_by)
    return f"{paytable} is active now."


def _effect(case: Case) -> tuple[Block, ...]:
    """Exact return, chance of a win and spread of every pick count, before and after; and every prize."""
    with tenant_context(_operator(case)):
        now, then = (selectors.multipliers(one) for one in _both(case))
    before, after = _statistics(now), _statistics(then)
    picks = sorted({*before, *after})
    return (
        Comparison(
            title="Exact return to player by numbers picked",
            unit=" %",
            pairs=tuple(
                Pair(label=f"{pick} picked", before=_rtp(before.get(pick)), after=_rtp(after.get(pick)))
                for pick in picks
            ),
            limit=percent(paytables.RTP_MAX),
        ),
        _figures(picks, before, after),
        _latest_simulation(paytables.hash_of(then)),
        _prizes(picks, now, then),
    )


def _latest_simulation(table_hash: bytes) -> Note:
    """What the last run that played the whole of this table came to."""
    runs = ports.simulations_of(table_hash) if ports.simulations_of else []
    if not runs:
        return Note(text="This table was never simulated here; manage.py simulate_rtp plays it.")
    one = runs[0]
    said = f"Simulated {to_text(one.at)}, {one.bets_each:,} bets of each pick count: {one.verdict}"
    return Note(text=said, href=one.address, picture=one.picture)


_Figures = dict[int, paytables.PickStatistics]


def _rtp(one: paytables.PickStatistics | None) -> str:
    return percent(one.rtp) if one else ""


def _figures(picks: list[int], before: _Figures, after: _Figures) -> Table:
    heading = ("Picked", "Return now", "Return then", "Exactly now", "Exactly then", "Any win now", "Any win then")
    return Table(
        title="Return and chance of any win",
        heading=(*heading, "Deviation now", "Deviation then"),
        rows=tuple(_figures_row(pick, before.get(pick), after.get(pick)) for pick in picks),
        numbers=tuple(range(9)),
    )


def _figures_row(
    pick: int, before: paytables.PickStatistics | None, after: paytables.PickStatistics | None
) -> tuple[str, ...]:
    both = (before, after)
    return (
        str(pick),
        *(f"{percent(one.rtp)} %" if one else "not offered" for one in both),
        *(str(one.rtp) if one else "" for one in both),
        *(f"{percent(one.hit_frequency)} %" if one else "" for one in both),
        *(f"{one.standard_deviation:.2f}" if one else "" for one in both),
    )


def _prizes(picks: list[int], now: Multipliers, then: Multipliers) -> Table:
    rows = []
    for pick in picks:
        before, after = now.get(pick, {}), then.get(pick, {})
        for hits in sorted({*before, *after}):
            texts = [paytables.text_of(row[hits]) if hits in row else "nothing" for row in (before, after)]
            rows.append((str(pick), str(hits), *texts, "changed" if texts[0] != texts[1] else ""))
    heading = ("Picked", "Hits", "Stake times, now", "Stake times, then", "")
    return Table(title="Every prize", heading=heading, rows=tuple(rows), numbers=(0, 1, 2, 3))


def stakes_at_risk(case: Case) -> tuple[Block, ...]:
    """What every operator would return of a round, were it void now."""
    rows = []
    for _, operator_id in participants([int(case.subject)]):
        operator = get_operator(operator_id=operator_id)
        with tenant_context(operator):
            count, stakes = selectors.stakes_of_round(int(case.subject))
        if count:
            rows.append((operator.name, f"{count:,}", f"{operator.money(stakes)} {operator.currency_code}"))
    if not rows:
        return (Note(text="No operator has a bet in this round now."),)
    return (Table(title="Stakes in it now", heading=("Operator", "Bets", "Stakes"), rows=tuple(rows), numbers=(1, 2)),)


_ACTIVATE = actions.Action(
    code=ACTIVATE,
    title="Activate a paytable",
    permission="bets.change_paytable",
    describe=_describe,
    fingerprint=_rests_on,
    carry_out=_carry_out,
    effect=_effect,
)
