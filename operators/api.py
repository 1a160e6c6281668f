"""The provider's own calls: creating and suspending operators, and their keys."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core.clock import to_text
from keno_platform.core.errors import NotFound
from keno_platform.core.money import exponent_of, parse_amount
from keno_platform.http.openapi import ListOf, Problem
from keno_platform.http.parsing import Ask, ParameterInvalid, read
from operators import selectors, services
from operators.authentication import CallerView
from operators.models import ApiKey, Operator


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
    created_at: str


class OperatorCreated(OperatorOutput, frozen=True, kw_only=True):
    """The answer to a creation: the only time that the key is shown."""

    api_key: str


class ReasonAsk(Ask, frozen=True, kw_only=True):
    """Why something is done; it goes to the audit log."""

    reason: str


class RotateAsk(Ask, frozen=True, kw_only=True):
    """How long the old key stays valid beside the new one."""

    overlap_seconds: int = 86_400


class KeyOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A new key; the secret is shown this once."""

    key_id: UUID
    api_key: str


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


class RotateKeyView(CallerView):
    """An operator renews its own key; the old one stays valid for the overlap."""

    @extend_schema(operation_id="rotate_key", request=RotateAsk, responses={201: KeyOutput, 404: Problem})
    def post(self, request: Request, key_id: UUID) -> Response:
        ask = read(request, RotateAsk)
        if not 0 <= ask.overlap_seconds <= 30 * 86_400:
            raise ParameterInvalid("overlap_seconds must be 0 to 2592000.")
        overlap = timedelta(seconds=ask.overlap_seconds)
        successor, secret = services.rotate_key(key=self._own_key(key_id), overlap=overlap, actor=self.caller.actor)
        return Response(KeyOutput(key_id=successor.pk, api_key=secret), status=201)

    @extend_schema(operation_id="revoke_key", responses={204: None, 404: Problem})
    def delete(self, request: Request, key_id: UUID) -> Response:
        services.revoke_key(key=self._own_key(key_id), reason="revoked by its owner", actor=self.caller.actor)
        return Response(status=204)

    def _own_key(self, key_id: UUID) -> ApiKey:
        key = ApiKey.objects.filter(pk=key_id, operator=self.operator).first()
        if key is None:
            raise NotFound()
        return key


class KeysView(CallerView):
    """An operator's own keys, without their secrets."""

    @extend_schema(operation_id="list_keys", responses={200: dict, 401: Problem})
    def get(self, request: Request) -> Response:
        keys = ApiKey.objects.filter(operator=self.operator).order_by("-id")
        return Response(
            [
                {
                    "key_id": key.pk,
                    "label": key.label,
                    "hint": key.hint,
                    "created_at": to_text(key.created_at),
                    "expires_at": to_text(key.expires_at) if key.expires_at else None,
                    "revoked_at": to_text(key.revoked_at) if key.revoked_at else None,
                }
                for key in keys
            ]
        )
