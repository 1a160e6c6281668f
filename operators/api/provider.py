"""The provider's own calls: creating, suspending and integrating operators."""

from typing import Any
from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core.clock import to_text
from keno_platform.core.money import exponent_of, parse_amount
from keno_platform.http.openapi import ListOf, Problem
from keno_platform.http.parsing import Ask, ParameterInvalid, read
from operators import selectors, services
from operators.authentication import CallerView
from operators.models import Operator


class OperatorAsk(Ask, frozen=True, kw_only=True):
    """A new operator. Amounts are decimal strings of its currency."""

    slug: str
    name: str
    currency: str
    domain: str
    min_bet: str
    max_bet: str
    max_win_per_ticket: str
    default_language: str = "en"
    primary_color: str = "#1f6feb"
    logo_url: str = ""
    jurisdiction: str = "default"
    region_restrictions: list[str] = []
    sandbox: bool = False


class OperatorOutput(msgspec.Struct, frozen=True, kw_only=True):
    """An operator as the provider sees it."""

    operator_id: UUID
    slug: str
    name: str
    currency: str
    domain: str
    status: str
    wallet_mode: str
    min_bet: str
    max_bet: str
    max_win_per_ticket: str
    sandbox: bool
    signed_calls_required: bool
    allowed_addresses: list[str]
    frame_ancestors: list[str]
    created_at: str


class IntegrationAsk(Ask, frozen=True, kw_only=True):
    """What is to change of how an operator is integrated; what is left out stays."""

    sandbox: bool | None = None
    signed_calls_required: bool | None = None
    allowed_addresses: list[str] | None = None
    frame_ancestors: list[str] | None = None


class OperatorCreated(OperatorOutput, frozen=True, kw_only=True):
    """The answer to a creation: the only time that the key is shown."""

    api_key: str


class ReasonAsk(Ask, frozen=True, kw_only=True):
    """Why something is done; it goes to the audit log."""

    reason: str


def show(operator: Operator) -> OperatorOutput:
    return OperatorOutput(**_members(operator))


def _members(operator: Operator) -> dict[str, Any]:
    return {
        "operator_id": operator.pk,
        "slug": operator.slug,
        "name": operator.name,
        "currency": operator.currency_code,
        "domain": selectors.primary_domain(operator),
        "status": operator.status,
        "wallet_mode": operator.wallet_mode,
        "min_bet": operator.money(operator.min_bet),
        "max_bet": operator.money(operator.max_bet),
        "max_win_per_ticket": operator.money(operator.max_win_per_ticket),
        "sandbox": operator.sandbox,
        "signed_calls_required": operator.signed_calls_required,
        "allowed_addresses": operator.allowed_addresses,
        "frame_ancestors": operator.frame_ancestors,
        "created_at": to_text(operator.created_at),
    }


class OperatorsView(CallerView):
    """All operators, for the provider."""

    provider_only = True

    @extend_schema(operation_id="list_operators", responses={200: ListOf(OperatorOutput), 401: Problem})
    def get(self, request: Request) -> Response:
        return Response([show(operator) for operator in selectors.list_operators()])

    @extend_schema(operation_id="create_operator", request=OperatorAsk, responses={201: OperatorCreated, 422: Problem})
    def post(self, request: Request) -> Response:
        operator, key = services.create_operator(terms=_terms(read(request, OperatorAsk)), actor=self.caller.actor)
        return Response(OperatorCreated(**_members(operator), api_key=key), status=201)


def _terms(ask: OperatorAsk) -> services.OperatorTerms:
    try:
        exponent = exponent_of(ask.currency)
    except ValueError as error:
        raise ParameterInvalid(str(error)) from error
    return services.OperatorTerms(
        slug=ask.slug,
        name=ask.name,
        currency_code=ask.currency,
        domain=ask.domain,
        min_bet=parse_amount(ask.min_bet, exponent=exponent),
        max_bet=parse_amount(ask.max_bet, exponent=exponent),
        max_win_per_ticket=parse_amount(ask.max_win_per_ticket, exponent=exponent),
        default_language=ask.default_language,
        primary_color=ask.primary_color,
        logo_url=ask.logo_url,
        jurisdiction=ask.jurisdiction,
        region_restrictions=tuple(ask.region_restrictions),
        sandbox=ask.sandbox,
    )


class SuspendView(CallerView):
    """Suspension: bets are refused from this answer on."""

    provider_only = True

    @extend_schema(operation_id="suspend_operator", request=ReasonAsk, responses={200: OperatorOutput, 404: Problem})
    def post(self, request: Request, slug: str) -> Response:
        operator = selectors.get_operator(slug=slug)
        services.suspend_operator(operator=operator, reason=read(request, ReasonAsk).reason, actor=self.caller.actor)
        return Response(show(operator))


class ResumeView(CallerView):
    """The end of a suspension."""

    provider_only = True

    @extend_schema(operation_id="resume_operator", request=ReasonAsk, responses={200: OperatorOutput, 404: Problem})
    def post(self, request: Request, slug: str) -> Response:
        operator = selectors.get_operator(slug=slug)
        services.resume_operator(operator=operator, reason=read(request, ReasonAsk).reason, actor=self.caller.actor)
        return Response(show(operator))


class OperatorView(CallerView):
    """One operator, for the provider."""

    provider_only = True

    @extend_schema(operation_id="get_operator", responses={200: OperatorOutput, 404: Problem})
    def get(self, request: Request, slug: str) -> Response:
        return Response(show(selectors.get_operator(slug=slug)))

    @extend_schema(
        operation_id="change_integration",
        request=IntegrationAsk,
        responses={200: OperatorOutput, 404: Problem, 409: Problem, 422: Problem},
    )
    def patch(self, request: Request, slug: str) -> Response:
        operator = selectors.get_operator(slug=slug)
        ask = read(request, IntegrationAsk)
        change = services.Integration(
            sandbox=ask.sandbox,
            signed_calls_required=ask.signed_calls_required,
            allowed_addresses=None if ask.allowed_addresses is None else tuple(ask.allowed_addresses),
            frame_ancestors=None if ask.frame_ancestors is None else tuple(ask.frame_ancestors),
        )
        services.change_integration(operator=operator, change=change, actor=self.caller.actor)
        return Response(show(operator))
