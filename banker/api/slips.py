"""Slips: shown back before they are confirmed, handed in, read and taken back."""

from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from banker import selectors
from banker.authentication import BankerView
from banker.models import Role, Slip
from banker.services import slips
from banker.slips import parse
from banker.slips.showing import lines
from keno_platform.core.clock import to_text
from keno_platform.core.money import parse_amount
from keno_platform.http.openapi import IDEMPOTENCY_KEY, Problem, query_parameters
from keno_platform.http.pagination import Page, PageQuery, paginate
from keno_platform.http.parsing import Ask, idempotency_key, read, read_query
from operators.authentication import CallerNotAllowed
from operators.models import Operator


class PreviewAsk(Ask, frozen=True, kw_only=True):
    """A slip's text, as it was typed; see the grammar in docs/banker-slips.md."""

    text: str


class LineOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a slip as it was read."""

    line: int
    text: str
    bets: int
    total: str


class PreviewOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What a slip means, to be confirmed by its total."""

    lines: list[LineOutput]
    bets: int
    total: str
    currency: str


class SlipAsk(PreviewAsk, frozen=True, kw_only=True):
    """
    A slip for a phase, with the total that was confirmed. With `partial`, what is over a limit is cut off; without, the
    whole slip is refused.
    """

    phase_id: UUID
    total: str
    partial: bool = False


class CutOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A number that got less than was asked on it."""

    number: str
    asked: str
    taken: str


class SlipOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A slip. `check_code` stands on its receipt; `balance_after` is the collector's when it was taken."""

    slip_id: UUID
    phase_id: UUID
    member_id: UUID
    text: str
    bets: int
    asked: str
    total: str
    currency: str
    cut: list[CutOutput]
    balance_after: str
    check_code: str
    created_at: str


class SlipRow(msgspec.Struct, frozen=True, kw_only=True):
    """A slip in a list. `won` is what it has won by now, corrections included: nothing before its phase is settled."""

    slip_id: UUID
    phase_id: UUID
    member_id: UUID
    username: str
    bets: int
    total: str
    currency: str
    cancelled: bool
    won: str
    created_at: str


class SlipsPage(Page, frozen=True, kw_only=True):
    """A page of slips."""

    results: list[SlipRow]


class SlipBetOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a slip; `line` is the slip's line as it was read."""

    bet_id: UUID
    line: int
    number: str
    amount: str


class SlipDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A slip with its bets, and what it has won by now."""

    slip: SlipOutput
    cancelled: bool
    won: str
    bets: list[SlipBetOutput]


class SlipQuery(PageQuery, frozen=True, kw_only=True):
    """Filters of the list; `winning` leaves those that have won."""

    phase_id: UUID | None = None
    member_id: UUID | None = None
    winning: bool = False


class CheckAsk(Ask, frozen=True, kw_only=True):
    """The check code that stands on a receipt; small letters and blanks do no harm."""

    check_code: str


class CheckOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a receipt is of this slip as it was taken, and how the slip stands. Without, nothing is said of it."""

    genuine: bool
    slip: SlipRow | None


def show(operator: Operator, placed: slips.Placed) -> SlipOutput:
    """A slip as it was accepted; the same again for a retry."""
    slip = placed.slip
    return SlipOutput(
        slip_id=slip.pk,
        phase_id=slip.phase_id,
        member_id=slip.member_id,
        text=slip.text,
        bets=slip.bets,
        asked=operator.money(slip.asked),
        total=operator.money(slip.total_amount),
        currency=operator.currency_code,
        cut=[
            CutOutput(number=one.number, asked=operator.money(one.asked), taken=operator.money(one.taken))
            for one in placed.cuts
        ],
        balance_after=operator.money(placed.balance),
        check_code=placed.check_code,
        created_at=to_text(slip.created_at),
    )


def show_row(operator: Operator, slip: Slip) -> SlipRow:
    """A slip as lists have it."""
    return SlipRow(
        slip_id=slip.pk,
        phase_id=slip.phase_id,
        member_id=slip.member_id,
        username=slip.member.username,
        bets=slip.bets,
        total=operator.money(slip.total_amount),
        currency=operator.currency_code,
        cancelled=slip.is_cancelled,  # type: ignore[attr-defined]  # annotated by the selector
        won=operator.money(slip.won),  # type: ignore[attr-defined]  # annotated by the selector
        created_at=to_text(slip.created_at),
    )


class PreviewView(BankerView):
    """A slip as it is read. Nothing is taken."""

    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(operation_id="preview_slip", request=PreviewAsk, responses={200: PreviewOutput, 422: Problem})
    def post(self, request: Request) -> Response:
        ask, operator = read(request, PreviewAsk), self.operator
        slip = parse(ask.text, exponent=operator.currency_exponent)
        shown = [
            LineOutput(line=number, text=text, bets=item.count, total=operator.money(item.total))
            for number, (text, item) in enumerate(zip(lines(slip), slip.items, strict=True), 1)
        ]
        total = operator.money(slip.total)
        return Response(PreviewOutput(lines=shown, bets=slip.count, total=total, currency=operator.currency_code))


class SlipsView(BankerView):
    """Slips of the operator's lottery; a collector sees its own."""

    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(
        operation_id="list_slips", parameters=query_parameters(SlipQuery), responses={200: SlipsPage, 422: Problem}
    )
    def get(self, request: Request) -> Response:
        query, operator = read_query(request, SlipQuery), self.operator
        rows = selectors.winning_slips() if query.winning else selectors.slips()
        if self.collector:
            rows = rows.filter(member=self.collector)
        if query.phase_id:
            rows = rows.filter(phase_id=query.phase_id)
        if query.member_id:
            rows = rows.filter(member_id=query.member_id)
        return Response(paginate(request, query, rows, lambda slip: show_row(operator, slip)))

    @extend_schema(
        operation_id="place_slip",
        parameters=[IDEMPOTENCY_KEY],
        request=SlipAsk,
        responses={201: SlipOutput, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem},
        auth=[{"member": []}],  # type: ignore[list-item]  # what the library reads, and its annotation leaves out
    )
    def post(self, request: Request) -> Response:
        if self.collector is None:
            raise CallerNotAllowed()
        key, ask, operator = idempotency_key(request), read(request, SlipAsk), self.operator
        asked = slips.Asked(
            phase_id=ask.phase_id,
            text=ask.text,
            partial=ask.partial,
            total=parse_amount(ask.total, exponent=operator.currency_exponent),
        )
        placed = slips.place_slip(operator=operator, member=self.collector, asked=asked, key=key)
        return Response(show(operator, placed), status=201)


class SlipView(BankerView):
    """One slip with its bets."""

    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(operation_id="read_slip", responses={200: SlipDetail, 404: Problem})
    def get(self, request: Request, slip_id: UUID) -> Response:
        operator, slip = self.operator, selectors.get_slip(slip_id, member=self.collector)
        bets = [
            SlipBetOutput(bet_id=one.pk, line=one.line, number=one.number, amount=operator.money(one.amount))
            for one in selectors.bets_of(slip)
        ]
        placed = show(operator, slips.placed_slip(operator, slip))
        cancelled: bool = slip.is_cancelled  # type: ignore[attr-defined]  # annotated by the selector
        won = operator.money(slip.won)  # type: ignore[attr-defined]  # annotated by the selector
        return Response(SlipDetail(slip=placed, cancelled=cancelled, won=won, bets=bets))


class CancelSlipView(BankerView):
    """Taking a slip back before the close; a second time changes nothing."""

    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(operation_id="cancel_slip", request=None, responses={200: SlipRow, 404: Problem, 409: Problem})
    def post(self, request: Request, slip_id: UUID) -> Response:
        slip = slips.cancel_slip(operator=self.operator, slip_id=slip_id, actor=self.actor, member=self.collector)
        return Response(show_row(self.operator, slip))


class CheckSlipView(BankerView):
    """Whether a receipt that somebody shows is genuine, and what it has won."""

    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(operation_id="check_slip", request=CheckAsk, responses={200: CheckOutput, 404: Problem})
    def post(self, request: Request, slip_id: UUID) -> Response:
        ask, operator = read(request, CheckAsk), self.operator
        slip = selectors.get_slip(slip_id, member=self.collector)
        genuine = slips.is_genuine(operator, slip, ask.check_code)
        return Response(CheckOutput(genuine=genuine, slip=show_row(operator, slip) if genuine else None))
