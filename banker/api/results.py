"""A phase's number under four eyes, what it paid, and the collectors' statements."""

from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from banker import selectors
from banker.authentication import BankerView
from banker.models import Phase, ResultEntry, Role, Statement
from banker.services import results
from banker.services.phases import PhaseNotInStatus
from keno_platform.core.clock import to_text
from keno_platform.http.openapi import Problem
from keno_platform.http.parsing import Ask, read
from operators.models import Operator


class ResultAsk(Ask, frozen=True, kw_only=True):
    """A winning number, three digits. To confirm it, another admin types it again."""

    number: str


class CorrectionAsk(ResultAsk, frozen=True, kw_only=True):
    """Another number for a settled phase, and why."""

    reason: str


class EntryOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A number that was entered, shown once it is decided: whoever confirms it types it without having seen it."""

    phase_id: UUID
    correction: bool
    reason: str
    entered_by: str
    entered_at: str
    decided_by: str | None
    confirmed: bool | None
    number: str | None


class CorrectionOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What a correction took back and paid."""

    number_before: str
    number_after: str
    reason: str
    reversed: str
    paid: str
    created_at: str


class SettlementOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a phase took and paid, as it was settled; corrections stand beside it, and `winning_number` is the one that
    counts now.
    """

    phase_id: UUID
    winning_number: str | None
    currency: str
    slips: int
    bets: int
    winners: int
    total_in: str
    total_out: str
    net_profit: str
    commission: str
    settled_at: str
    corrections: list[CorrectionOutput]


class StatementOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    A collector's account of a phase. `commission` is on its own slips and on what was sold below it; `due` is what it
    keeps for the house: in, less out, less commission.
    """

    member_id: UUID
    username: str
    slips: int
    total_in: str
    total_out: str
    commission_rate: int
    commission: str
    due: str


class StatementsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The statements of a settled phase, by name; a collector sees its own."""

    phase_id: UUID
    currency: str
    statements: list[StatementOutput]


def show_entry(entry: ResultEntry) -> EntryOutput:
    """An entry as the API prints it."""
    return EntryOutput(
        phase_id=entry.phase_id,
        correction=entry.correction,
        reason=entry.reason,
        entered_by=entry.entered_by.username,
        entered_at=to_text(entry.entered_at),
        decided_by=entry.decided_by.username if entry.decided_by else None,
        confirmed=entry.confirmed,
        number=entry.number if entry.decided_by else None,
    )


def show_statement(operator: Operator, one: Statement) -> StatementOutput:
    """A statement as the API prints it."""
    return StatementOutput(
        member_id=one.member_id,
        username=one.member.username,
        slips=one.slips,
        total_in=operator.money(one.total_in),
        total_out=operator.money(one.total_out),
        commission_rate=one.commission_rate,
        commission=operator.money(one.commission_amount),
        due=operator.money(one.total_in - one.total_out - one.commission_amount),
    )


class AdminsView(BankerView):
    """The base of what admins decide themselves."""

    backend_allowed = False


class ResultView(AdminsView):
    """The number that waits for its second admin."""

    @extend_schema(operation_id="read_result", responses={200: EntryOutput, 403: Problem, 404: Problem})
    def get(self, request: Request, phase_id: UUID) -> Response:
        entry = selectors.find_result(selectors.get_phase(phase_id))
        if entry is None:
            raise selectors.ResultNotFound(phase_id=str(phase_id))
        return Response(show_entry(entry))

    @extend_schema(
        operation_id="enter_result", request=ResultAsk, responses={201: EntryOutput, 403: Problem, 409: Problem}
    )
    def post(self, request: Request, phase_id: UUID) -> Response:
        ask = read(request, ResultAsk)
        entry = results.enter_result(operator=self.operator, phase_id=phase_id, number=ask.number, admin=self.admin)
        entry.refresh_from_db()
        return Response(show_entry(entry), status=201)


class ConfirmView(AdminsView):
    """Confirming a number, or a correction."""

    @extend_schema(
        operation_id="confirm_result", request=ResultAsk, responses={200: EntryOutput, 403: Problem, 409: Problem}
    )
    def post(self, request: Request, phase_id: UUID) -> Response:
        ask = read(request, ResultAsk)
        entry = results.confirm_result(operator=self.operator, phase_id=phase_id, number=ask.number, admin=self.admin)
        return Response(show_entry(entry))


class RejectView(AdminsView):
    """Throwing a number away."""

    @extend_schema(operation_id="reject_result", request=None, responses={200: EntryOutput, 403: Problem, 404: Problem})
    def post(self, request: Request, phase_id: UUID) -> Response:
        entry = results.reject_result(operator=self.operator, phase_id=phase_id, admin=self.admin)
        return Response(show_entry(entry))


class CorrectionsView(AdminsView):
    """Proposing another number for a settled phase."""

    @extend_schema(
        operation_id="propose_correction",
        request=CorrectionAsk,
        responses={201: EntryOutput, 403: Problem, 409: Problem},
    )
    def post(self, request: Request, phase_id: UUID) -> Response:
        ask = read(request, CorrectionAsk)
        entry = results.propose_correction(
            operator=self.operator, phase_id=phase_id, number=ask.number, reason=ask.reason, admin=self.admin
        )
        entry.refresh_from_db()
        return Response(show_entry(entry), status=201)


class SettlementView(BankerView):
    """What a phase took and paid."""

    @extend_schema(operation_id="read_settlement", responses={200: SettlementOutput, 404: Problem, 409: Problem})
    def get(self, request: Request, phase_id: UUID) -> Response:
        return Response(_settlement(self.operator, selectors.get_phase(phase_id)))


class StatementsView(BankerView):
    """The collectors' statements."""

    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(operation_id="list_statements", responses={200: StatementsOutput, 404: Problem})
    def get(self, request: Request, phase_id: UUID) -> Response:
        operator, phase = self.operator, selectors.get_phase(phase_id)
        found = selectors.statements(phase, member=self.collector)
        shown = [show_statement(operator, one) for one in found]
        return Response(StatementsOutput(phase_id=phase.pk, currency=operator.currency_code, statements=shown))


def _settlement(operator: Operator, phase: Phase) -> SettlementOutput:
    one = selectors.find_settlement(phase)
    if one is None:
        raise PhaseNotInStatus(status=phase.status, needed=["settled"])
    return SettlementOutput(
        phase_id=phase.pk,
        winning_number=results.number_now(phase),
        currency=operator.currency_code,
        slips=one.slips,
        bets=one.bets,
        winners=one.winners,
        total_in=operator.money(one.total_in),
        total_out=operator.money(one.total_out),
        net_profit=operator.money(one.net_profit),
        commission=operator.money(one.commission_total),
        settled_at=to_text(one.settled_at),
        corrections=[
            CorrectionOutput(
                number_before=each.number_before,
                number_after=each.number_after,
                reason=each.entry.reason,
                reversed=operator.money(each.reversed_amount),
                paid=operator.money(each.paid_amount),
                created_at=to_text(each.created_at),
            )
            for each in selectors.corrections(phase)
        ],
    )
