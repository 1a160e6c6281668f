"""The banker's calls for an operator's backend: phases, and the limits of their numbers."""

from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from banker import selectors, services
from banker.models import NumberLimit, Phase
from keno_platform.core.clock import from_text, to_text
from keno_platform.core.money import parse_amount
from keno_platform.http.openapi import Problem, query_parameters
from keno_platform.http.pagination import Page, PageQuery, paginate
from keno_platform.http.parsing import Ask, read, read_query
from operators.authentication import CallerView
from operators.models import Operator


class PhaseAsk(Ask, frozen=True, kw_only=True):
    """A new phase. The limit for one number is a decimal string of the operator's currency, 50000 if absent."""

    name: str
    starts_at: str
    ends_at: str
    global_limit: str | None = None
    multiplier: int = services.MULTIPLIER


class PhaseOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A phase."""

    phase_id: UUID
    name: str
    status: str
    starts_at: str
    ends_at: str
    global_limit: str
    currency: str
    multiplier: int
    winning_number: str | None
    created_at: str


class LimitAsk(Ask, frozen=True, kw_only=True):
    """The most that may be staked on a number in all, a decimal string; "0" bars it."""

    max_amount: str


class LimitOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A number with a limit of its own."""

    number: str
    max_amount: str


class LimitsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The limit of every number, and those that differ."""

    phase_id: UUID
    currency: str
    global_limit: str
    numbers: list[LimitOutput]


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
        winning_number=phase.winning_number,
        created_at=to_text(phase.created_at),
    )


def _show_limit(operator: Operator, limit: NumberLimit) -> LimitOutput:
    return LimitOutput(number=limit.number, max_amount=operator.money(limit.max_amount))


class PhasesView(CallerView):
    """The operator's phases."""

    @extend_schema(
        operation_id="list_phases", parameters=query_parameters(PageQuery), responses={200: Page, 422: Problem}
    )
    def get(self, request: Request) -> Response:
        query, operator = read_query(request, PageQuery), self.operator
        return Response(paginate(request, query, selectors.phases(), lambda phase: show(operator, phase)))

    @extend_schema(operation_id="create_phase", request=PhaseAsk, responses={201: PhaseOutput, 422: Problem})
    def post(self, request: Request) -> Response:
        ask, operator = read(request, PhaseAsk), self.operator
        phase = services.create_phase(operator=operator, terms=_terms(ask, operator), actor=self.caller.actor)
        return Response(show(operator, phase), status=201)


def _terms(ask: PhaseAsk, operator: Operator) -> services.PhaseTerms:
    limit = ask.global_limit
    return services.PhaseTerms(
        name=ask.name,
        starts_at=from_text(ask.starts_at),
        ends_at=from_text(ask.ends_at),
        global_limit=None if limit is None else parse_amount(limit, exponent=operator.currency_exponent),
        multiplier=ask.multiplier,
    )


class PhaseView(CallerView):
    """One phase."""

    @extend_schema(operation_id="read_phase", responses={200: PhaseOutput, 404: Problem})
    def get(self, request: Request, phase_id: UUID) -> Response:
        return Response(show(self.operator, selectors.get_phase(phase_id)))


class OpenPhaseView(CallerView):
    """From draft to open."""

    @extend_schema(operation_id="open_phase", request=None, responses={200: PhaseOutput, 404: Problem, 409: Problem})
    def post(self, request: Request, phase_id: UUID) -> Response:
        phase = services.open_phase(operator=self.operator, phase_id=phase_id, actor=self.caller.actor)
        return Response(show(self.operator, phase))


class ClosePhaseView(CallerView):
    """From open to closed."""

    @extend_schema(operation_id="close_phase", request=None, responses={200: PhaseOutput, 404: Problem, 409: Problem})
    def post(self, request: Request, phase_id: UUID) -> Response:
        phase = services.close_phase(operator=self.operator, phase_id=phase_id, actor=self.caller.actor)
        return Response(show(self.operator, phase))


class LimitsView(CallerView):
    """The limits of a phase."""

    @extend_schema(operation_id="list_number_limits", responses={200: LimitsOutput, 404: Problem})
    def get(self, request: Request, phase_id: UUID) -> Response:
        operator, phase = self.operator, selectors.get_phase(phase_id)
        return Response(
            LimitsOutput(
                phase_id=phase.pk,
                currency=operator.currency_code,
                global_limit=operator.money(phase.global_limit),
                numbers=[_show_limit(operator, limit) for limit in selectors.limits(phase)],
            )
        )


class LimitView(CallerView):
    """The limit of one number."""

    @extend_schema(operation_id="set_number_limit", request=LimitAsk, responses={200: LimitOutput, 409: Problem})
    def put(self, request: Request, phase_id: UUID, number: str) -> Response:
        ask, operator = read(request, LimitAsk), self.operator
        limit = services.set_number_limit(
            operator=operator,
            phase_id=phase_id,
            number=number,
            max_amount=parse_amount(ask.max_amount, exponent=operator.currency_exponent),
            actor=self.caller.actor,
        )
        return Response(_show_limit(operator, limit))
