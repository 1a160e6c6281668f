"""Reading what the lottery consists of, inside an operator's schema."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, DateTimeField, Exists, Func, Model, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Now
from psycopg import sql

from banker.models import (
    Bet,
    Cancellation,
    Correction,
    CorrectionLine,
    Exposure,
    Member,
    MemberSession,
    NumberLimit,
    Phase,
    PhaseStatus,
    Prize,
    ResultEntry,
    Settlement,
    Slip,
    Statement,
)
from keno_platform.core.errors import Kind, Refusal
from keno_platform.database.arrays import Texts
from operators.models import Operator
from operators.selectors import hash_secret, list_operators
from operators.tenancy import call_function
from wallet import selectors as wallet
from wallet.models import Kind as Movement
from wallet.models import Transaction

PART_MASK = (1 << 32) - 1
"""The bits of a slip's id that its bets fill."""
CREDITS = (Movement.CREDIT_GIVEN, Movement.CREDIT_TAKEN)


class ClockNow(Func):
    """The moment, not that of the transaction's beginning."""

    function = "clock_timestamp"
    output_field = DateTimeField()


class PhaseNotFound(Refusal):
    """No such phase of this operator."""

    code = "phase_not_found"
    kind = Kind.NOT_FOUND
    title = "There is no such phase"


class MemberNotFound(Refusal):
    """No such member of this operator's lottery."""

    code = "member_not_found"
    kind = Kind.NOT_FOUND
    title = "There is no such member"


class SlipNotFound(Refusal):
    """No such slip, or not yours to see."""

    code = "slip_not_found"
    kind = Kind.NOT_FOUND
    title = "There is no such slip"


class ResultNotFound(Refusal):
    """No number of this phase waits for a decision."""

    code = "result_not_found"
    kind = Kind.NOT_FOUND
    title = "No number waits for a decision"


def moment() -> datetime:
    """What the database's clock says, now and not at the transaction's beginning."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [found] = cursor.fetchone()
    return cast(datetime, found)


def phases() -> QuerySet[Phase]:
    """Every phase of the operator."""
    return Phase.objects.all()


def get_phase(phase_id: UUID) -> Phase:
    """
    One phase.

    :raises PhaseNotFound: none, or another operator's: both look the same.
    """
    phase = Phase.objects.filter(pk=phase_id).first()
    if phase is None:
        raise PhaseNotFound(phase_id=str(phase_id))
    return phase


def find_open_phase() -> Phase | None:
    """The phase that takes slips, if there is one."""
    return Phase.objects.filter(status=PhaseStatus.OPEN).first()


def operators_with_due_phases() -> list[Operator]:
    """The operators of which a phase must be closed or settled now, in one question whatever their number."""
    operators = list(list_operators())
    each = sql.SQL(
        "SELECT {} WHERE EXISTS (SELECT 1 FROM {} WHERE status = 'open' AND ends_at <= clock_timestamp()"
        " OR status = 'closed' AND winning_number IS NOT NULL)"
    )
    parts = [
        each.format(sql.Literal(place), sql.Identifier(operator.schema_name, "banker_phase"))
        for place, operator in enumerate(operators)
    ]
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(parts).as_string(cursor.connection))
        return [operators[place] for (place,) in cursor.fetchall()]


def phases_to_close() -> list[UUID]:
    """Open phases whose end has passed by the database's clock."""
    due = Phase.objects.filter(status=PhaseStatus.OPEN, ends_at__lte=ClockNow())
    return list(due.values_list("pk", flat=True))


def phases_to_settle() -> list[UUID]:
    """Closed phases whose number is confirmed, and which are not settled yet."""
    waiting = Phase.objects.filter(status=PhaseStatus.CLOSED, winning_number__isnull=False)
    return list(waiting.values_list("pk", flat=True))


def room_limit(phase: Phase, number: str) -> int:
    """The most that may be staked on a number in all, in minor units: its own limit, or else the phase's."""
    own = phase.number_limits.filter(number=number).values_list("max_amount", flat=True).first()
    return phase.global_limit if own is None else own


def limits(phase: Phase) -> QuerySet[NumberLimit]:
    """The numbers of a phase that have a limit of their own, by number."""
    return phase.number_limits.order_by("number")


def exposures(phase: Phase) -> QuerySet[Exposure]:
    """What is staked on each number of a phase, by number; none of a draft."""
    return phase.exposures.order_by("number")


def rooms(phase: Phase, numbers: Sequence[str]) -> dict[str, int]:
    """What may still be staked on each of these numbers of a phase that was open, in minor units."""
    return dict(call_function("banker_room", [phase.pk, Texts(numbers)]))


def members() -> QuerySet[Member]:
    """Every member of the operator's lottery."""
    return Member.objects.select_related("parent", "holder")


def get_member(member_id: UUID) -> Member:
    """
    One member.

    :raises MemberNotFound: none, or another operator's.
    """
    member = members().filter(pk=member_id).first()
    if member is None:
        raise MemberNotFound(member_id=str(member_id))
    return member


def hold_member(member_id: UUID) -> Member:
    """
    One member, locked until the transaction ends.

    :raises MemberNotFound: none.
    """
    member = Member.objects.select_for_update(no_key=True).filter(pk=member_id).first()
    if member is None:
        raise MemberNotFound(member_id=str(member_id))
    return member


def balance_of(member: Member) -> int:
    """What a member has, in minor units."""
    return wallet.balance_of(member.holder_id)


def balances_of(some: list[Member]) -> dict[UUID, int]:
    """What each of these members has, in minor units."""
    found = wallet.balances_of(member.holder_id for member in some)
    return {member.pk: found.get(member.holder_id, 0) for member in some}


def find_live_session(secret: str) -> MemberSession | None:
    """The session with this token, of a member who may work, unless it has expired or was ended."""
    return _live_sessions().filter(token_hash=hash_secret(secret)).first()


def find_live_session_by_id(session_id: UUID) -> MemberSession | None:
    """The same by its id."""
    return _live_sessions().filter(pk=session_id).first()


def _live_sessions() -> QuerySet[MemberSession]:
    alive = MemberSession.objects.filter(revoked_at__isnull=True, expires_at__gt=Now(), member__active=True)
    return alive.select_related("member__parent", "member__holder")


def slips() -> QuerySet[Slip]:
    """Every slip, with whether it was taken back, and what it has won by now in minor units: corrections are in it."""
    cancelled = Exists(Cancellation.objects.filter(slip_id=OuterRef("pk")))
    return Slip.objects.select_related("member", "phase").annotate(is_cancelled=cancelled, won=_won())


def winning_slips() -> QuerySet[Slip]:
    """The same, only those that have won by now."""
    return slips().filter(Q(won__gt=0))


def _won() -> Any:
    back = _sum_of(CorrectionLine, "reversed_amount")
    return _sum_of(Prize, "amount") + _sum_of(CorrectionLine, "paid_amount") - back


def _sum_of(rows: type[Model], field: str) -> Any:
    """What a column of these rows comes to for each slip."""
    of_slip = rows._default_manager.filter(slip_id=OuterRef("pk")).order_by().values("slip_id")
    return Coalesce(Subquery(of_slip.annotate(total=Sum(field)).values("total"), output_field=BigIntegerField()), 0)


def movements(member: Member) -> QuerySet[Transaction]:
    """What moved a member's money, of days that are online."""
    return wallet.transactions().filter(account__player_id=member.holder_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What moved a member's money: the name of the phase, and the slip where it was one. None of credit."""

    phase: str | None = None
    slip_id: UUID | None = None


def causes_of(some: Sequence[Transaction]) -> dict[UUID, Cause]:
    """The cause of each of these movements, by the movement's id."""
    ids = {one.pk: UUID(int=one.pk.int & wallet.CAUSE_MASK) for one in some if one.kind not in CREDITS}
    known = {
        slip_id: Cause(phase=phase, slip_id=slip_id)
        for slip_id, phase in Slip.objects.filter(pk__in=ids.values()).values_list("pk", "phase__name")
    }
    lines = CorrectionLine.objects.filter(pk__in=ids.values()).values_list("pk", "slip_id", "slip__phase__name")
    known |= {line_id: Cause(phase=phase, slip_id=slip_id) for line_id, slip_id, phase in lines}
    earned = Statement.objects.filter(pk__in=ids.values()).values_list("pk", "phase__name")
    known |= {statement_id: Cause(phase=phase) for statement_id, phase in earned}
    return {one.pk: known.get(ids.get(one.pk, one.pk), Cause()) for one in some}


def get_slip(slip_id: UUID, *, member: Member | None = None) -> Slip:
    """
    One slip; with `member`, only of that collector.

    :raises SlipNotFound: none, or another's: both look the same.
    """
    found = slips().filter(pk=slip_id)
    slip = found.filter(member=member).first() if member else found.first()
    if slip is None:
        raise SlipNotFound(slip_id=str(slip_id))
    return slip


def bets_of(slip: Slip) -> QuerySet[Bet]:
    """The bets of a slip, in their order."""
    return Bet.objects.filter(pk__gt=slip.pk, pk__lte=UUID(int=slip.pk.int | PART_MASK)).order_by("pk")


def find_result(phase: Phase) -> ResultEntry | None:
    """The number that waits for another admin's decision."""
    waiting = phase.result_entries.select_related("entered_by").filter(decided_at__isnull=True)
    return waiting.first()


def find_settlement(phase: Phase) -> Settlement | None:
    """What the phase took and paid, once it is settled."""
    return Settlement.objects.filter(phase=phase).first()


def corrections(phase: Phase) -> QuerySet[Correction]:
    """The corrections of a settled phase, the latest last."""
    return phase.corrections.select_related("entry").order_by("created_at")


def statements(phase: Phase, *, member: Member | None = None) -> QuerySet[Statement]:
    """The collectors' statements of a settled phase, by name; with `member`, its own only."""
    found = Statement.objects.filter(phase=phase).select_related("member").order_by("member__username")
    return found.filter(member=member) if member else found


def corrected(some: Sequence[Statement]) -> dict[UUID, int]:
    """What corrections have paid more (or less) than these statements say, by statement, in minor units."""
    lines = CorrectionLine.objects.filter(
        correction__phase__in={one.phase_id for one in some}, slip__member__in={one.member_id for one in some}
    )
    moved = {
        (phase_id, member_id): amount
        for phase_id, member_id, amount in lines.values_list("correction__phase_id", "slip__member_id").annotate(
            moved=Sum("paid_amount") - Sum("reversed_amount")
        )
    }
    return {one.pk: moved.get((one.phase_id, one.member_id), 0) for one in some}


def statements_of(member: Member) -> QuerySet[Statement]:
    """A collector's statements of all settled phases, the latest first."""
    return Statement.objects.filter(member=member).select_related("phase").order_by("-phase__ends_at", "-pk")
