"""Phases, and the limits of their numbers."""

from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from banker import selectors, services
from banker.authentication import BankerView, require_staff
from banker.models import NumberLimit, Phase, Role
from keno_platform.core.clock import from_text, to_text
from keno_platform.core.money import parse_amount
from keno_platform.http.openapi import Problem, query_parameters
from keno_platform.http.pagination import Page, PageQuery, paginate
from keno_platform.http.parsing import Ask, read, read_query
from operators.models import Operator


class PhaseAsk(Ask, frozen=True, kw_only=True):
    """
    A new phase. The limit for one number is a decimal string of the operator's currency, 50000 if absent. The
    multipliers are what the winning number pays, its permutations ("tod") and the number before and after it.
    """

    name: str
    starts_at: str
    ends_at: str
    global_limit: str | None = None
    multiplier: int = services.MULTIPLIER
    tod_multiplier: int = 0
    neighbour_multiplier: int = 0
    cancellation: bool = True


class PhaseOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A phase. `winning_number` is the one that was confirmed first; a settlement says which counts now."""

    phase_id: UUID
    name: str
    status: str
    starts_at: str
    ends_at: str
    global_limit: str
    currency: str
    multiplier: int
    tod_multiplier: int
    neighbour_multiplier: int
    cancellation: bool
    winning_number: str | None
    created_at: str


class EndAsk(Ask, frozen=True, kw_only=True):
    """Until when slips are taken: a moment to come."""

    ends_at: str


class GlobalLimitAsk(Ask, frozen=True, kw_only=True):
    """The most that may be staked on any number without a limit of its own, a decimal string above zero."""

    global_limit: str


class NumberLimitAsk(Ask, frozen=True, kw_only=True):
    """The most that may be staked on a number in all, a decimal string; "0" bars it."""

    max_amount: str


class NumberLimitOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A number with a limit of its own."""

    number: str
    max_amount: str


class NumberLimitsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The limit of every number, and those that differ."""

    phase_id: UUID
    currency: str
    global_limit: str
    numbers: list[NumberLimitOutput]


def show(operator: Operator, phase: Phase) -> PhaseOutput:
    """A phase as the API prints it."""
    return PhaseOutput(
        phase_id=phase.pk,
        name=phase.name,
        status=phase.status,
        starts_at=to_text(phase.starts_at),
        ends_at=to_text(phase.ends_at),
        global_limit=operator.money(phase.global_limit),
        currency=operator.currency_code,
        multiplier=phase.multiplier,
        tod_multiplier=phase.tod_multiplier,
        neighbour_multiplier=phase.neighbour_multiplier,
        cancellation=phase.cancellation,
        winning_number=phase.winning_number,
        created_at=to_text(phase.created_at),
    )


def _show_limit(operator: Operator, limit: NumberLimit) -> NumberLimitOutput:
    return NumberLimitOutput(number=limit.number, max_amount=operator.money(limit.max_amount))


class PhasesView(BankerView):
    """The operator's phases."""

    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(
        operation_id="list_phases", parameters=query_parameters(PageQuery), responses={200: Page, 422: Problem}
    )
    def get(self, request: Request) -> Response:
        query, operator = read_query(request, PageQuery), self.operator
        return Response(paginate(request, query, selectors.phases(), lambda phase: show(operator, phase)))

    @extend_schema(operation_id="create_phase", request=PhaseAsk, responses={201: PhaseOutput, 422: Problem})
    def post(self, request: Request) -> Response:
        require_staff(self)
        ask, operator = read(request, PhaseAsk), self.operator
        phase = services.create_phase(operator=operator, terms=_terms(ask, operator), actor=self.actor)
        return Response(show(operator, phase), status=201)


def _terms(ask: PhaseAsk, operator: Operator) -> services.PhaseTerms:
    limit = ask.global_limit
    return services.PhaseTerms(
        name=ask.name,
        starts_at=from_text(ask.starts_at),
        ends_at=from_text(ask.ends_at),
        global_limit=None if limit is None else parse_amount(limit, exponent=operator.currency_exponent),
        multiplier=ask.multiplier,
        tod_multiplier=ask.tod_multiplier,
        neighbour_multiplier=ask.neighbour_multiplier,
        cancellation=ask.cancellation,
    )


class PhaseView(BankerView):
    """One phase."""

    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(operation_id="read_phase", responses={200: PhaseOutput, 404: Problem})
    def get(self, request: Request, phase_id: UUID) -> Response:
        return Response(show(self.operator, selectors.get_phase(phase_id)))


class OpenPhaseView(BankerView):
    """From draft to open."""

    @extend_schema(operation_id="open_phase", request=None, responses={200: PhaseOutput, 404: Problem, 409: Problem})
    def post(self, request: Request, phase_id: UUID) -> Response:
        phase = services.open_phase(operator=self.operator, phase_id=phase_id, actor=self.actor)
        return Response(show(self.operator, phase))


class ClosePhaseView(BankerView):
    """From open to closed."""

    @extend_schema(operation_id="close_phase", request=None, responses={200: PhaseOutput, 404: Problem, 409: Problem})
    def post(self, request: Request, phase_id: UUID) -> Response:
        phase = services.close_phase(operator=self.operator, phase_id=phase_id, actor=self.actor)
        return Response(show(self.operator, phase))


class EndView(BankerView):
    """Until when slips are taken. A phase whose end has passed is not brought back."""

    @extend_schema(
        operation_id="set_phase_end",
        request=EndAsk,
        responses={200: PhaseOutput, 404: Problem, 409: Problem, 422: Problem},
    )
    def put(self, request: Request, phase_id: UUID) -> Response:
        ends_at = from_text(read(request, EndAsk).ends_at)
        phase = services.set_end(operator=self.operator, phase_id=phase_id, ends_at=ends_at, actor=self.actor)
        return Response(show(self.operator, phase))


class GlobalLimitView(BankerView):
    """The limit of all numbers that have none of their own. It acts at once."""

    @extend_schema(
        operation_id="set_global_limit",
        request=GlobalLimitAsk,
        responses={200: PhaseOutput, 404: Problem, 409: Problem, 422: Problem},
    )
    def put(self, request: Request, phase_id: UUID) -> Response:
        ask, operator = read(request, GlobalLimitAsk), self.operator
        amount = parse_amount(ask.global_limit, exponent=operator.currency_exponent)
        phase = services.set_global_limit(operator=operator, phase_id=phase_id, amount=amount, actor=self.actor)
        return Response(show(operator, phase))


class LimitsView(BankerView):
    """The limits of a phase."""

    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(operation_id="list_number_limits", responses={200: NumberLimitsOutput, 404: Problem})
    def get(self, request: Request, phase_id: UUID) -> Response:
        operator, phase = self.operator, selectors.get_phase(phase_id)
        return Response(
            NumberLimitsOutput(
                phase_id=phase.pk,
                currency=operator.currency_code,
                global_limit=operator.money(phase.global_limit),
                numbers=[_show_limit(operator, limit) for limit in selectors.limits(phase)],
            )
        )


class LimitView(BankerView):
    """The limit of one number."""

    @extend_schema(
        operation_id="set_number_limit", request=NumberLimitAsk, responses={200: NumberLimitOutput, 409: Problem}
    )
    def put(self, request: Request, phase_id: UUID, number: str) -> Response:
        ask, operator = read(request, NumberLimitAsk), self.operator
        limit = services.set_number_limit(
            operator=operator,
            phase_id=phase_id,
            number=number,
            max_amount=parse_amount(ask.max_amount, exponent=operator.currency_exponent),
            actor=self.actor,
        )
        return Response(_show_limit(operator, limit))

    @extend_schema(operation_id="clear_number_limit", responses={200: PhaseOutput, 404: Problem, 409: Problem})
    def delete(self, request: Request, phase_id: UUID, number: str) -> Response:
        phase = services.clear_number_limit(operator=self.operator, phase_id=phase_id, number=number, actor=self.actor)
        return Response(show(self.operator, phase))
