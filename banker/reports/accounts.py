"""A collector's account over a time: every movement with its balance, as a bank prints it."""

from datetime import datetime

from django.db.models import QuerySet

from banker import selectors
from banker.models import Member
from banker.reports.shapes import Report, Sort, Value, facts, table
from keno_platform.http.parsing import ParameterInvalid
from wallet.horizon import archived, is_archived_in_part
from wallet.models import Kind, Transaction

ROWS_MAX = 20_000
FIELDS = {
    "time": Sort.MOMENT,
    "kind": Sort.TERM,
    "phase": Sort.WORD,
    "slip": Sort.CODE,
    "amount": Sort.MONEY,
    "balance_after": Sort.MONEY,
}


def account_report(member: Member, *, since: datetime, until: datetime) -> Report:
    """
    What moved a member's money from `since` and before `until`, in the order in which it moved.

    :raises ParameterInvalid: an empty time, or more than ROWS_MAX movements. :raises Archived: some are in the archive.
    """
    if since >= until:
        raise ParameterInvalid("to must be after from.")
    if is_archived_in_part(since, until):
        raise archived()
    found = list(_within(member, since, until)[: ROWS_MAX + 1])
    if len(found) > ROWS_MAX:
        raise ParameterInvalid(f"more than {ROWS_MAX} movements: ask for a shorter time.")
    head = facts(
        collector=(Sort.WORD, member.username),
        starts_at=(Sort.MOMENT, since),
        ends_at=(Sort.MOMENT, until),
        balance_before=(Sort.MONEY, _balance_before(member, since)),
        balance_after=(Sort.MONEY, found[-1].balance_after if found else _balance_before(member, until)),
    )
    movements = table("movements", FIELDS, _rows(found), summed=("amount",))
    file = f"account-{member.username}-{since:%Y%m%d}-{until:%Y%m%d}"
    return Report(name="account", file=file, facts=head, tables=(movements,), main=movements.name)


def _within(member: Member, since: datetime, until: datetime) -> QuerySet[Transaction]:
    rows = selectors.movements(member).filter(created_at__gte=since, created_at__lt=until)
    return rows.order_by("created_at", "pk")


def _balance_before(member: Member, moment: datetime) -> int:
    earlier = selectors.movements(member).filter(created_at__lt=moment).order_by("-created_at", "-pk")
    return earlier.values_list("balance_after", flat=True).first() or 0


def _rows(found: list[Transaction]) -> list[dict[str, Value]]:
    causes = selectors.causes_of(found)
    return [
        {
            "time": one.created_at,
            "kind": f"kind_{Kind(one.kind).label}",
            "phase": causes[one.pk].phase,
            "slip": causes[one.pk].slip_id,
            "amount": one.amount,
            "balance_after": one.balance_after,
        }
        for one in found
    ]
