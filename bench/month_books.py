"""Whether the sums of reports are those of the books: of the movements, which no report but one reads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bench.month_making import Taken

if TYPE_CHECKING:
    from operators.models import Operator

Totals = Mapping[str, Any]
Sum = Callable[[Totals], Decimal]


def compare(operators: "Sequence[Operator]", taken: Sequence[Taken], *, large_from: int) -> list[str]:
    """What does not agree, in words; empty where all does."""
    faults = [*_formats_that_differ(taken), *_broken(operators)]
    books = {operator.currency_code: _books(operator, large_from) for operator in operators}
    for one in taken:
        for totals in one.totals:
            faults += _wrong(one.ask.report, totals, books)
    return faults


def _formats_that_differ(taken: Sequence[Taken]) -> Iterator[str]:
    by_report: dict[str, set[str]] = {}
    for one in taken:
        if one.ask.report != "liability":  # about the moment at which it is made
            by_report.setdefault(one.ask.report, set()).add(one.rows_sha256)
    return (f"{report}: its formats hold different rows" for report, hashes in by_report.items() if len(hashes) > 1)


def _wrong(report: str, totals: Totals, books: Mapping[str, Mapping[str, Decimal]]) -> Iterator[str]:
    own = books.get(totals["currency"] or "", {})
    for name, made in _SUMS.get(report, {}).items():
        if own and made(totals) != own[name]:
            yield f"{report} {totals['currency']}: {name} {made(totals)}, in the books {own[name]}"


def _of(*names: str) -> Sum:
    return lambda totals: sum((Decimal(totals[name]) for name in names), Decimal(0))


_SUMS: Mapping[str, Mapping[str, Sum]] = {
    "game_performance": {"stakes": _of("stakes", "voided", "cancelled"), "payouts": _of("payouts")},
    "operator_statement": {"stakes": _of("stakes", "refunds"), "payouts": _of("payouts"), "refunds": _of("refunds")},
    "bet_log": {"stakes": _of("stake"), "payouts": _of("won"), "refunds": _of("returned"), "bets": _of("rows")},
    "round_log": {"payouts": _of("payouts"), "not_cancelled": _of("stakes")},
    "void_statistics": {"refunds": _of("voided", "cancelled")},
    "large_wins": {"large": _of("won")},
}


def _books(operator: "Operator", large_from: int) -> dict[str, Decimal]:
    from django.db import connection

    from operators.tenancy import tenant_context

    with tenant_context(operator), connection.cursor() as cursor:
        cursor.execute(_BOOKS, {"large": large_from})
        names = [column.name for column in cursor.description]
        found = dict(zip(names, cursor.fetchone(), strict=True))
    bets = found.pop("bets")
    unit = Decimal(10) ** operator.currency_exponent
    return {name: Decimal(value) / unit for name, value in found.items()} | {"bets": Decimal(bets)}


def _broken(operators: "Sequence[Operator]") -> Iterator[str]:
    """The invariants of reports and of money, on these books."""
    from django.db import connection

    import wallet.invariants
    from keno_platform.core.invariants import Scope
    from operators.tenancy import tenant_context
    from reports import own_invariants

    wanted = [one for one in (*own_invariants.INVARIANTS, *wallet.invariants.INVARIANTS) if one.scope is Scope.OPERATOR]
    for operator in operators:
        for invariant in wanted:
            with tenant_context(operator), connection.cursor() as cursor:
                cursor.execute(invariant.violations)
                found = cursor.fetchall()
            if found:
                yield f"{invariant.code} of {operator.slug}: {len(found)}, such as {found[0][0]}"


_BOOKS = """
    SELECT -sum(amount) FILTER (WHERE kind = 1) AS stakes, coalesce(sum(amount) FILTER (WHERE kind = 2), 0) AS payouts,
           coalesce(sum(amount) FILTER (WHERE kind = 3), 0) AS refunds,
           coalesce(sum(amount) FILTER (WHERE kind = 2 AND amount >= %(large)s), 0) AS large,
           -sum(amount) FILTER (WHERE kind = 1)
             - (SELECT coalesce(sum(b.stake), 0) FROM bets_cancellation c JOIN bets_bet b ON b.id = c.bet_id)
             AS not_cancelled,
           count(*) FILTER (WHERE kind = 1) AS bets
    FROM wallet_transaction
"""
