"""The looks of an operator: read and changed by the operator itself and by the provider."""

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.http.openapi import Problem
from keno_platform.http.parsing import Ask, read
from operators import selectors, services
from operators.authentication import CallerView
from operators.models import Operator


class BrandAsk(Ask, frozen=True, kw_only=True):
    """
    What is to change of an operator's looks; what is left out stays. An empty list of languages offers all of them, an
    empty text takes a logo, a second language or an address away.
    """

    name: str | None = None
    logo_url: str | None = None
    primary_color: str | None = None
    languages: list[str] | None = None
    default_language: str | None = None
    second_language: str | None = None
    board_order: str | None = None
    home_url: str | None = None
    cashier_url: str | None = None


class BrandOutput(msgspec.Struct, frozen=True, kw_only=True):
    """An operator's looks. `languages` are those that its players are offered."""

    name: str
    logo_url: str
    primary_color: str
    languages: list[str]
    default_language: str
    second_language: str
    board_order: str
    home_url: str
    cashier_url: str


def show_brand(operator: Operator) -> BrandOutput:
    return BrandOutput(
        name=operator.name,
        logo_url=operator.logo_url,
        primary_color=operator.primary_color,
        languages=operator.offered_languages,
        default_language=operator.default_language,
        second_language=operator.second_language,
        board_order=operator.board_order,
        home_url=operator.home_url,
        cashier_url=operator.cashier_url,
    )


def _change(ask: BrandAsk) -> services.Brand:
    asked = msgspec.structs.asdict(ask)
    return services.Brand(**asked | {"languages": None if ask.languages is None else tuple(ask.languages)})


class BrandView(CallerView):
    """The caller's own looks."""

    @extend_schema(operation_id="get_brand", responses={200: BrandOutput, 401: Problem})
    def get(self, request: Request) -> Response:
        return Response(show_brand(self.operator))

    @extend_schema(
        operation_id="change_brand", request=BrandAsk, responses={200: BrandOutput, 401: Problem, 422: Problem}
    )
    def patch(self, request: Request) -> Response:
        change = _change(read(request, BrandAsk))
        services.change_brand(operator=self.operator, change=change, actor=self.caller.actor)
        return Response(show_brand(self.operator))


class OperatorBrandView(CallerView):
    """An operator's looks, for the provider."""

    provider_only = True

    @extend_schema(operation_id="get_operator_brand", responses={200: BrandOutput, 404: Problem})
    def get(self, request: Request, slug: str) -> Response:
        return Response(show_brand(selectors.get_operator(slug=slug)))

    @extend_schema(
        operation_id="change_operator_brand",
        request=BrandAsk,
        responses={200: BrandOutput, 404: Problem, 422: Problem},
    )
    def patch(self, request: Request, slug: str) -> Response:
        operator = selectors.get_operator(slug=slug)
        change = _change(read(request, BrandAsk))
        services.change_brand(operator=operator, change=change, actor=self.caller.actor)
        return Response(show_brand(operator))
