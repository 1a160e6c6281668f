"""What an operator's backend calls about its endpoints."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core import clock
from keno_platform.http.openapi import ListOf, Problem
from keno_platform.http.parsing import Ask, ParameterInvalid, read
from operators.authentication import CallerView
from webhooks import selectors
from webhooks.api.records import DeliveryOutput, show_delivery, shown_time
from webhooks.models import Endpoint
from webhooks.services import endpoints, replaying

OVERLAP_MAX_S = 30 * 86_400
DESCRIPTION_MAX = 200


class EndpointAsk(Ask, frozen=True, kw_only=True):
    """A new endpoint: where it is, and which events it wants."""

    url: str
    events: list[str]
    description: str = ""


class EndpointChange(Ask, frozen=True, kw_only=True):
    """What is to change; members that are left out stay as they are."""

    url: str | None = None
    events: list[str] | None = None
    description: str | None = None


class SecretAsk(Ask, frozen=True, kw_only=True):
    """How long messages are signed with the old secret too."""

    overlap_seconds: int = 86_400


class ReplayAsk(Ask, frozen=True, kw_only=True):
    """The events of which time are sent again: from `since` on, and before `until` if that is given."""

    since: str
    until: str | None = None


class EndpointOutput(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint, without its secret."""

    endpoint_id: UUID
    url: str
    description: str
    events: list[str]
    state: str
    state_reason: str
    local: bool
    previous_secret_until: str | None
    hold_until: str | None
    last_success_at: str | None
    created_at: str


class EndpointWithSecret(EndpointOutput, frozen=True, kw_only=True):
    """The answer that makes a secret: the only time that it is shown."""

    secret: str


class ReplayOutput(msgspec.Struct, frozen=True, kw_only=True):
    """How many deliveries are sent once more."""

    replayed: int


def show(endpoint: Endpoint) -> EndpointOutput:
    return EndpointOutput(**_members(endpoint))


def _members(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "endpoint_id": endpoint.pk,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": endpoint.events,
        "state": endpoint.state,
        "state_reason": endpoint.state_reason,
        "local": endpoint.is_local,
        "previous_secret_until": shown_time(endpoint.previous_until),
        "hold_until": shown_time(endpoint.hold_until),
        "last_success_at": shown_time(endpoint.last_success_at),
        "created_at": clock.to_text(endpoint.created_at),
    }


class WebhookView(CallerView):
    """What all calls about one endpoint share."""

    def endpoint(self, endpoint_id: UUID) -> Endpoint:
        """The caller's own endpoint with this id."""
        return selectors.get_endpoint(operator=self.operator, endpoint_id=endpoint_id)


class EndpointsView(WebhookView):
    """An operator's endpoints."""

    @extend_schema(operation_id="list_webhook_endpoints", responses={200: ListOf(EndpointOutput), 401: Problem})
    def get(self, request: Request) -> Response:
        return Response([show(one) for one in selectors.list_endpoints(self.operator.pk).order_by("pk")])

    @extend_schema(
        operation_id="create_webhook_endpoint",
        request=EndpointAsk,
        responses={201: EndpointWithSecret, 409: Problem, 422: Problem},
    )
    def post(self, request: Request) -> Response:
        ask = read(request, EndpointAsk)
        endpoint, secret = endpoints.create_endpoint(
            operator=self.operator,
            url=ask.url,
            events=ask.events,
            description=_description(ask.description),
            is_local=endpoints.may_be_local(self.operator),
            actor=self.caller.actor,
        )
        return Response(EndpointWithSecret(**_members(endpoint), secret=secret), status=201)


def _description(text: str) -> str:
    if len(text) > DESCRIPTION_MAX or "\x00" in text:
        raise ParameterInvalid(f"description has at most {DESCRIPTION_MAX} characters, and no NUL.")
    return text


class EndpointView(WebhookView):
    """One endpoint."""

    @extend_schema(operation_id="get_webhook_endpoint", responses={200: EndpointOutput, 404: Problem})
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        return Response(show(self.endpoint(endpoint_id)))

    @extend_schema(
        operation_id="change_webhook_endpoint",
        request=EndpointChange,
        responses={200: EndpointOutput, 404: Problem, 422: Problem},
    )
    def patch(self, request: Request, endpoint_id: UUID) -> Response:
        ask, endpoint = read(request, EndpointChange), self.endpoint(endpoint_id)
        changed = endpoints.update_endpoint(
            endpoint_id=endpoint.pk,
            url=ask.url,
            events=ask.events,
            description=None if ask.description is None else _description(ask.description),
            actor=self.caller.actor,
        )
        return Response(show(changed))

    @extend_schema(operation_id="delete_webhook_endpoint", responses={204: None, 404: Problem})
    def delete(self, request: Request, endpoint_id: UUID) -> Response:
        endpoints.delete_endpoint(endpoint_id=self.endpoint(endpoint_id).pk, actor=self.caller.actor)
        return Response(status=204)


class RotateSecretView(WebhookView):
    """A new secret for an endpoint; the old one signs beside it for the overlap."""

    @extend_schema(
        operation_id="rotate_webhook_secret",
        request=SecretAsk,
        responses={201: EndpointWithSecret, 404: Problem, 422: Problem},
    )
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        ask = read(request, SecretAsk)
        if not 0 <= ask.overlap_seconds <= OVERLAP_MAX_S:
            raise ParameterInvalid(f"overlap_seconds must be 0 to {OVERLAP_MAX_S}.")
        endpoint, secret = endpoints.rotate_secret(
            endpoint_id=self.endpoint(endpoint_id).pk,
            overlap=timedelta(seconds=ask.overlap_seconds),
            actor=self.caller.actor,
        )
        return Response(EndpointWithSecret(**_members(endpoint), secret=secret), status=201)


class PauseView(WebhookView):
    """Messages for this endpoint wait from now on."""

    @extend_schema(operation_id="pause_webhook_endpoint", request=None, responses={200: EndpointOutput, 404: Problem})
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        pk = self.endpoint(endpoint_id).pk
        return Response(show(endpoints.pause_endpoint(endpoint_id=pk, actor=self.caller.actor)))


class ResumeView(WebhookView):
    """The end of a pause, or of being disabled."""

    @extend_schema(operation_id="resume_webhook_endpoint", request=None, responses={200: EndpointOutput, 404: Problem})
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        pk = self.endpoint(endpoint_id).pk
        return Response(show(endpoints.resume_endpoint(endpoint_id=pk, actor=self.caller.actor)))


class TestView(WebhookView):
    """An `endpoint.test` to this endpoint; its delivery tells what was sent, and what the endpoint answered."""

    @extend_schema(
        operation_id="test_webhook_endpoint", request=None, responses={202: DeliveryOutput, 404: Problem, 409: Problem}
    )
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        pk = self.endpoint(endpoint_id).pk
        return Response(show_delivery(endpoints.test_endpoint(endpoint_id=pk, actor=self.caller.actor)), status=202)


class ReplayFailedView(WebhookView):
    """Everything that has failed at this endpoint since a time is sent once more."""

    @extend_schema(
        operation_id="replay_failed_webhooks",
        request=ReplayAsk,
        responses={202: ReplayOutput, 404: Problem, 409: Problem},
    )
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        endpoint, ask = self.endpoint(endpoint_id), read(request, ReplayAsk)
        count = replaying.replay_failed(
            operator=self.operator,
            endpoint_id=endpoint.pk,
            since=clock.from_text(ask.since),
            until=clock.from_text(ask.until) if ask.until is not None else None,
            actor=self.caller.actor,
        )
        return Response(ReplayOutput(replayed=count), status=202)
