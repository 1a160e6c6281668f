"""Changing endpoints. Their secrets are shown once, by the call that makes them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from audit import services as audit
from keno_platform import outbound
from keno_platform.core.errors import Kind, NotFound, Refusal, Retry
from operators import selectors as operators
from operators.models import Operator
from webhooks import catalogue
from webhooks.message import new_secret
from webhooks.models import Delivery, Endpoint, EndpointState
from webhooks.sealed import seal_secret
from webhooks.selectors import forget_wants, list_endpoints
from webhooks.services.emitting import write_for_endpoint
from webhooks.services.endings import fail_pending, lock_endpoints
from webhooks.services.numbering import CHUNK, number_chunk

ENDPOINTS_MAX = 20


class WebhookEventUnknown(Refusal):
    """An endpoint cannot subscribe to this: the list is empty, or names an event that there is none of."""

    code = "webhook_event_unknown"
    kind = Kind.INVALID
    title = "There is no such event to subscribe to"


class WebhookEndpointsFull(Refusal):
    """The operator has as many endpoints as it may have; `params.endpoints_max` says how many."""

    code = "webhook_endpoints_full"
    kind = Kind.CONFLICT
    title = "There are too many endpoints already"
    retry = Retry.NEW_KEY


class WebhookEndpointNotActive(Refusal):
    """The endpoint is paused or disabled: nothing is sent to it before it is resumed."""

    code = "webhook_endpoint_not_active"
    kind = Kind.CONFLICT
    title = "The endpoint is paused or disabled"
    retry = Retry.NEW_KEY


@transaction.atomic
def create_endpoint(
    *, operator: Operator, url: str, events: Sequence[str], description: str = "", is_local: bool = False, actor: str
) -> tuple[Endpoint, str]:
    """
    A new endpoint and its secret, which is never shown again. `is_local` is for the provider to say, never for callers.

    :raises outbound.AddressNotAllowed: the address cannot be called.
    :raises WebhookEventUnknown: a name in `events` is none, or there are none.
    :raises WebhookEndpointsFull: there are ENDPOINTS_MAX already.
    """
    outbound.check_url(url, local=is_local)
    if list_endpoints(operator.pk).count() >= ENDPOINTS_MAX:
        raise WebhookEndpointsFull(endpoints_max=ENDPOINTS_MAX)
    endpoint = Endpoint(operator=operator, url=url, events=_known(events), description=description, is_local=is_local)
    secret = new_secret()
    endpoint.sealed_secret = seal_secret(secret, endpoint_id=endpoint.pk)
    endpoint.save(force_insert=True)
    endpoint.refresh_from_db()
    _changed(endpoint, "created", actor, after={"url": url, "events": endpoint.events, "is_local": is_local})
    return endpoint, secret


def may_be_local(operator: Operator) -> bool:
    """Whether this operator's own calls may name private addresses: where the provider said so of its wallet."""
    try:
        return operators.get_wallet_connection(operator).is_local
    except NotFound:
        return False


@transaction.atomic
def update_endpoint(
    *,
    endpoint_id: UUID,
    url: str | None = None,
    events: Sequence[str] | None = None,
    description: str | None = None,
    actor: str,
) -> Endpoint:
    """
    Change what is given; the rest stays. What waits already goes to the new address.

    :raises outbound.AddressNotAllowed: the address cannot be called.
    :raises WebhookEventUnknown: a name in `events` is none, or there are none.
    """
    endpoint = _locked(endpoint_id)
    if url is not None:
        outbound.check_url(url, local=endpoint.is_local)
    wanted = {
        "url": url,
        "events": None if events is None else _known(events),
        "description": description,
    }
    change = {name: value for name, value in wanted.items() if value is not None}
    before = {name: getattr(endpoint, name) for name in change}
    for name, value in change.items():
        setattr(endpoint, name, value)
    endpoint.save(update_fields=list(change))
    _changed(endpoint, "changed", actor, before=before, after=change)
    return endpoint


@transaction.atomic
def rotate_secret(*, endpoint_id: UUID, overlap: timedelta, actor: str) -> tuple[Endpoint, str]:
    """
    A new secret, shown once. For `overlap` every message has two signatures, of the new secret and of the old one.

    A secret from before the last rotation ends at once.
    """
    endpoint, secret = _locked(endpoint_id), new_secret()
    stays = overlap > timedelta()
    endpoint.previous_sealed_secret = endpoint.sealed_secret if stays else None
    endpoint.previous_until = Now() + overlap if stays else None
    endpoint.sealed_secret = seal_secret(secret, endpoint_id=endpoint.pk)
    endpoint.save(update_fields=["sealed_secret", "previous_sealed_secret", "previous_until"])
    endpoint.refresh_from_db()
    _changed(endpoint, "secret_rotated", actor, after={"overlap_s": int(overlap.total_seconds())})
    return endpoint, secret


@transaction.atomic
def pause_endpoint(*, endpoint_id: UUID, reason: str = "", actor: str) -> Endpoint:
    """Let messages wait until the endpoint is resumed. One that is not active stays as it is."""
    endpoint = _locked(endpoint_id)
    if endpoint.state == EndpointState.ACTIVE:
        _set_state(endpoint, EndpointState.PAUSED, "paused", reason, actor)
    return endpoint


@transaction.atomic
def resume_endpoint(*, endpoint_id: UUID, reason: str = "", actor: str) -> Endpoint:
    """Send again: at once what has waited. What failed while it was disabled is sent only by a replay."""
    endpoint = _locked(endpoint_id)
    if endpoint.state != EndpointState.ACTIVE:
        endpoint.hold_until = None
        _set_state(endpoint, EndpointState.ACTIVE, "resumed", reason, actor)
    return endpoint


@transaction.atomic
def delete_endpoint(*, endpoint_id: UUID, reason: str = "", actor: str) -> None:
    """Send nothing to it any more, ever. Its row stays, so that its deliveries can still be read."""
    endpoint = _locked(endpoint_id)
    fail_pending(endpoint.pk)
    _set_state(endpoint, EndpointState.DELETED, "deleted", reason, actor)


def test_endpoint(*, endpoint_id: UUID, actor: str) -> Delivery:
    """
    Send an `endpoint.test` to this endpoint. Its event has its number, and its delivery waits for the next run.

    :raises WebhookEndpointNotActive: nothing is sent to it now.
    """
    endpoint, event_id = _emit_test(endpoint_id, actor)
    while number_chunk(endpoint.operator_id) == CHUNK:  # in transactions of their own: they lock in another order
        pass
    return Delivery.objects.select_related("event", "endpoint").get(event_id=event_id, endpoint=endpoint)


@transaction.atomic
def _emit_test(endpoint_id: UUID, actor: str) -> tuple[Endpoint, UUID]:
    endpoint = require_active(_locked(endpoint_id))
    event_id = write_for_endpoint(
        operator_id=endpoint.operator_id,
        endpoint_id=endpoint.pk,
        event=catalogue.ENDPOINT_TEST,
        data={**catalogue.EXAMPLES[catalogue.ENDPOINT_TEST], "endpoint_id": str(endpoint.pk)},
    )
    _changed(endpoint, "tested", actor, after={"event": str(event_id)})
    return endpoint, event_id


def require_active(endpoint: Endpoint) -> Endpoint:
    """:raises WebhookEndpointNotActive: nothing is sent to this endpoint now."""
    if endpoint.state != EndpointState.ACTIVE:
        raise WebhookEndpointNotActive(state=str(endpoint.state))
    return endpoint


def _locked(endpoint_id: UUID) -> Endpoint:
    for endpoint in lock_endpoints([endpoint_id]):
        if endpoint.state != EndpointState.DELETED:
            return endpoint
    raise NotFound("There is no such endpoint.")


def _known(events: Sequence[str]) -> list[str]:
    unknown = [name for name in events if name not in catalogue.SUBSCRIBABLE]
    if unknown or not events:
        raise WebhookEventUnknown(unknown=unknown, events=list(catalogue.SUBSCRIBABLE))
    return [name for name in catalogue.SUBSCRIBABLE if name in events]


def _set_state(endpoint: Endpoint, state: EndpointState, verb: str, reason: str, actor: str) -> None:
    before, endpoint.state, endpoint.state_reason = str(endpoint.state), state, reason
    endpoint.save(update_fields=["state", "state_reason", "hold_until"])
    _changed(endpoint, verb, actor, before={"state": before}, after={"state": str(state), "reason": reason})


def _changed(
    endpoint: Endpoint,
    verb: str,
    actor: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        f"webhook_endpoint.{verb}",
        description=f"{endpoint.url}: {verb.replace('_', ' ')}",
        actor=actor,
        operator_id=endpoint.operator_id,
        before=before,
        after={"endpoint": str(endpoint.pk), **(after or {})},
    )
    forget_wants(endpoint.operator_id)
    operator_id = endpoint.operator_id
    transaction.on_commit(lambda: forget_wants(operator_id))
