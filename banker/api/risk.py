"""What a phase may come to cost, for admins and the operator's backend."""

from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from banker import risk, selectors
from banker.authentication import BankerView
from banker.models import Phase
from banker.services.phases import NumberInvalid
from banker.slips.numbers import NUMBERS
from keno_platform.core.money import parse_amount
from keno_platform.http.openapi import Problem, query_parameters
from keno_platform.http.parsing import Ask, ParameterInvalid, read_query
from operators.models import Operator


class NumberRiskOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A number: what is staked on it, what it would be paid itself, and what may still be staked on it."""

    number: str
    total: str
    bets: int
    potential_payout: str
    limit: str
    room: str
    version: int


class RiskOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a phase, and what is staked on all of them. `version` of a number rises with each change."""

    phase_id: UUID
    status: str
    currency: str
    multiplier: int
    total: str
    numbers: list[NumberRiskOutput]


class OutcomeOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What the house would pay and keep if this number won; `prizes` says to which numbers."""

    number: str
    payout: str
    net: str
    prizes: dict[str, str]


class OutcomesOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Outcomes, the dearest first."""

    phase_id: UUID
    currency: str
    outcomes: list[OutcomeOutput]


class LayOffOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What to place elsewhere on a number."""

    number: str
    total: str
    potential_payout: str
    amount: str


class LayOffsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What to lay off so that no number is paid more than `payout_max`; the largest first."""

    phase_id: UUID
    currency: str
    payout_max: str
    numbers: list[LayOffOutput]


class RiskQuery(Ask, frozen=True, kw_only=True):
    """`by=liability` puts the highest payouts first; `limit` takes so many of them."""

    by: str = "number"
    limit: int = 1000


class WorstQuery(Ask, frozen=True, kw_only=True):
    """How many outcomes."""

    limit: int = 10


class LayOffQuery(Ask, frozen=True, kw_only=True):
    """The most that the house bears for one number, a decimal string."""

    payout_max: str


def show(operator: Operator, one: risk.NumberRisk) -> NumberRiskOutput:
    """A number as the API prints it."""
    return NumberRiskOutput(
        number=one.number,
        total=operator.money(one.total),
        bets=one.bets,
        potential_payout=operator.money(one.potential_payout),
        limit=operator.money(one.limit),
        room=operator.money(one.room),
        version=one.version,
    )


def show_outcome(operator: Operator, one: risk.Outcome) -> OutcomeOutput:
    """An outcome as the API prints it."""
    prizes = {number: operator.money(amount) for number, amount in sorted(one.prizes.items())}
    return OutcomeOutput(
        number=one.number, payout=operator.money(one.payout), net=operator.money(one.net), prizes=prizes
    )


class RiskView(BankerView):
    """The heat map."""

    @extend_schema(
        operation_id="read_risk", parameters=query_parameters(RiskQuery), responses={200: RiskOutput, 404: Problem}
    )
    def get(self, request: Request, phase_id: UUID) -> Response:
        query, operator, phase = read_query(request, RiskQuery), self.operator, selectors.get_phase(phase_id)
        if query.by not in ("number", "liability") or not 1 <= query.limit <= len(NUMBERS):
            raise ParameterInvalid("by is number or liability, limit 1 to 1000.")
        risks = risk.heat_map(phase)
        total = sum(one.total for one in risks)
        if query.by == "liability":
            risks.sort(key=lambda one: (-one.potential_payout, one.number))
        return Response(
            RiskOutput(
                phase_id=phase.pk,
                status=phase.status,
                currency=operator.currency_code,
                multiplier=phase.multiplier,
                total=operator.money(total),
                numbers=[show(operator, one) for one in risks[: query.limit]],
            )
        )


class WorstView(BankerView):
    """The outcomes that would cost the most, permutations and neighbours included."""

    @extend_schema(
        operation_id="worst_outcomes",
        parameters=query_parameters(WorstQuery),
        responses={200: OutcomesOutput, 404: Problem},
    )
    def get(self, request: Request, phase_id: UUID) -> Response:
        query, operator, phase = read_query(request, WorstQuery), self.operator, selectors.get_phase(phase_id)
        if not 1 <= query.limit <= len(NUMBERS):
            raise ParameterInvalid("limit must be 1 to 1000.")
        found = risk.worst(phase, risk.heat_map(phase), query.limit)
        shown = [show_outcome(operator, one) for one in found]
        return Response(OutcomesOutput(phase_id=phase.pk, currency=operator.currency_code, outcomes=shown))


class WhatIfView(BankerView):
    """What it would come to if this number won."""

    @extend_schema(operation_id="what_if", responses={200: OutcomeOutput, 404: Problem, 422: Problem})
    def get(self, request: Request, phase_id: UUID, number: str) -> Response:
        operator, phase = self.operator, selectors.get_phase(phase_id)
        if number not in NUMBERS:
            raise NumberInvalid(number=number[:16])
        return Response(show_outcome(operator, risk.outcome(phase, risk.heat_map(phase), number)))


class LayOffsView(BankerView):
    """What to place elsewhere."""

    @extend_schema(
        operation_id="suggest_lay_offs",
        parameters=query_parameters(LayOffQuery),
        responses={200: LayOffsOutput, 404: Problem, 422: Problem},
    )
    def get(self, request: Request, phase_id: UUID) -> Response:
        query, operator, phase = read_query(request, LayOffQuery), self.operator, selectors.get_phase(phase_id)
        payout_max = parse_amount(query.payout_max, exponent=operator.currency_exponent)
        return Response(
            LayOffsOutput(
                phase_id=phase.pk,
                currency=operator.currency_code,
                payout_max=operator.money(payout_max),
                numbers=_lay_offs(operator, phase, payout_max),
            )
        )


def _lay_offs(operator: Operator, phase: Phase, payout_max: int) -> list[LayOffOutput]:
    return [
        LayOffOutput(
            number=one.number,
            total=operator.money(one.total),
            potential_payout=operator.money(one.potential_payout),
            amount=operator.money(one.amount),
        )
        for one in risk.lay_offs(phase, risk.heat_map(phase), payout_max)
    ]
