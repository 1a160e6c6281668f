"""A collector's money: what moved it, movement by movement."""

from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from banker import selectors
from banker.authentication import BankerView
from banker.models import Member, Role
from keno_platform.core.clock import to_text
from keno_platform.http.openapi import Problem, query_parameters
from keno_platform.http.pagination import Page, PageQuery, paginate
from keno_platform.http.parsing import read_query
from operators.authentication import CallerNotAllowed
from operators.models import Operator
from wallet.models import Kind, Transaction


class MovementOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    What moved a member's money: `slip`, `prize`, `slip_refund`, `credit_given`, `credit_taken`, `commission` or
    `reversal`. `amount` is below zero where it was taken; `slip_id` and `phase` are what it was for.
    """

    movement_id: UUID
    kind: str
    amount: str
    balance_after: str
    currency: str
    phase: str | None
    slip_id: UUID | None
    created_at: str


class MovementsPage(Page, frozen=True, kw_only=True):
    """A page of movements."""

    results: list[MovementOutput]


def _page(view: BankerView, request: Request, member: Member) -> Response:
    page = paginate(request, read_query(request, PageQuery), selectors.movements(member), lambda row: row)
    causes = selectors.causes_of(page.results)
    shown = [show(view.operator, row, causes[row.pk]) for row in page.results]
    return Response(MovementsPage(next=page.next, previous=page.previous, results=shown))


def show(operator: Operator, row: Transaction, cause: selectors.Cause) -> MovementOutput:
    """A movement as the API prints it."""
    return MovementOutput(
        movement_id=row.pk,
        kind=Kind(row.kind).label,
        amount=operator.money(row.amount),
        balance_after=operator.money(row.balance_after),
        currency=operator.currency_code,
        phase=cause.phase,
        slip_id=cause.slip_id,
        created_at=to_text(row.created_at),
    )


class MovementsView(BankerView):
    """A member's movements by what caused them, the newest first: a prize stands beside its slip."""

    @extend_schema(
        operation_id="list_movements",
        parameters=query_parameters(PageQuery),
        responses={200: MovementsPage, 404: Problem, 422: Problem},
    )
    def get(self, request: Request, member_id: UUID) -> Response:
        return _page(self, request, selectors.get_member(member_id))


class OwnMovementsView(BankerView):
    """One's own movements."""

    backend_allowed = False
    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(
        operation_id="list_own_movements",
        parameters=query_parameters(PageQuery),
        responses={200: MovementsPage, 401: Problem, 403: Problem, 422: Problem},
    )
    def get(self, request: Request) -> Response:
        if self.member is None:
            raise CallerNotAllowed()
        return _page(self, request, self.member)
