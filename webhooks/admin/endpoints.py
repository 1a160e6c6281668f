"""Endpoints for staff: made, changed, tested, paused, and their secrets rotated; a secret is shown once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from keno_platform.staff import steps
from keno_platform.staff.columns import column, exact_utc, list_link, state, utc
from keno_platform.staff.gate import fresh_only
from keno_platform.staff.pages import RecordAdmin
from keno_platform.staff.steps import ReasonForm, Step, offered
from webhooks.admin.forms import AddressForm, EndpointForm, RotateSecretForm, SinceForm
from webhooks.models import Endpoint, EndpointState
from webhooks.services import endpoints, replaying

COLORS = {EndpointState.ACTIVE: "success", EndpointState.PAUSED: "warning", EndpointState.DISABLED: "danger"}
EVENTS = column(lambda endpoint: ", ".join(endpoint.events), name="events")
DELIVERIES = column(
    lambda endpoint: list_link("webhooks.delivery", "its deliveries", f"endpoint__id__exact={endpoint.pk}&day=any"),
    name="deliveries",
)
OPEN_STEPS = {
    EndpointState.ACTIVE: {"change_it", "test", "replay", "rotate", "pause", "remove"},
    EndpointState.PAUSED: {"change_it", "rotate", "resume", "remove"},
    EndpointState.DISABLED: {"change_it", "rotate", "resume", "remove"},
    EndpointState.DELETED: set[str](),
}
ADD = Step(
    title="Add a webhook endpoint",
    consequence="It is told of what happens from now on. Its secret is shown once, on the next page.",
    button="Add",
    form=EndpointForm,
)
Asked = dict[str, Any]


@admin.register(Endpoint)
class EndpointAdmin(RecordAdmin):
    """Where operators are told of what happens."""

    list_display = ("url", "operator", EVENTS, state("state", COLORS), utc("last_success_at"), utc("created_at"))
    list_select_related = ("operator",)
    list_filter = ("state", ("operator", admin.RelatedOnlyFieldListFilter))
    search_exactly = ("id", "url")
    search_help_text = "An endpoint's id or its exact address."
    fields = (
        *("id", "operator", "url", "description", EVENTS, state("state", COLORS), "state_reason", "is_local"),
        *(DELIVERIES, exact_utc("previous_until", "old secret until"), exact_utc("hold_until", "left in peace until")),
        *(exact_utc("last_success_at"), exact_utc("created_at")),
    )
    actions_detail = ("change_it", "test", "replay", "rotate", "pause", "resume", "remove")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        return Endpoint.objects.select_related("operator").order_by("-pk")

    def offers(self, step: str, record: Endpoint) -> bool:
        return step in OPEN_STEPS[EndpointState(record.state)]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("webhooks.add_endpoint"))

    def has_manage_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may change endpoints and send messages again."""
        return bool(request.user.has_perm("webhooks.change_endpoint"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied

        def perform(asked: Asked) -> HttpResponse:
            endpoint, secret = endpoints.create_endpoint(**asked, actor=steps.actor_of(request))
            self.log_addition(request, endpoint, [{"added": {}}])
            return self._show(request, endpoint, secret, "The endpoint's secret")

        return steps.take(self, request, None, ADD, perform, operator=request.GET.get("operator"))

    @offered(title="Change", permission="manage", icon="edit")
    def change_it(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Another address, other events."""

        def perform(endpoint: Endpoint, asked: Asked) -> str:
            endpoints.update_endpoint(endpoint_id=endpoint.pk, **asked, actor=steps.actor_of(request))
            return "The endpoint is changed."

        step = Step(
            title="Change the endpoint",
            consequence="What waits already goes to the new address.",
            button="Change",
            form=AddressForm,
        )
        return self._take(request, object_id, "change_it", step, perform)

    @offered(title="Send a test", permission="manage", icon="send")
    def test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One message that says nothing."""

        def perform(endpoint: Endpoint, asked: Asked) -> str:
            delivery = endpoints.test_endpoint(endpoint_id=endpoint.pk, actor=steps.actor_of(request))
            return f"A test is on its way: delivery {delivery.pk}."

        step = Step(title="Send a test", consequence="Sends an endpoint.test to this endpoint.", button="Send")
        return self._take(request, object_id, "test", step, perform)

    @offered(title="Replay failed", permission="manage", icon="replay")
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Once more, whatever has failed since a time."""

        def perform(endpoint: Endpoint, asked: Asked) -> str:
            count = replaying.replay_failed(
                operator=endpoint.operator,
                endpoint_id=endpoint.pk,
                since=asked["since"],
                actor=steps.actor_of(request),
            )
            return f"{count} deliveries are sent once more."

        step = Step(
            title="Replay what has failed",
            consequence="Each failed delivery of an event since then gets one attempt more, and no retries.",
            button="Replay",
            form=SinceForm,
        )
        return self._take(request, object_id, "replay", step, perform)

    @offered(title="Rotate secret", permission="manage", icon="autorenew")
    @fresh_only
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A new secret, with a time in which messages have both signatures."""

        def perform(endpoint: Endpoint, asked: Asked) -> HttpResponse:
            overlap = timedelta(hours=asked["overlap_hours"])
            changed, secret = endpoints.rotate_secret(
                endpoint_id=endpoint.pk, overlap=overlap, actor=steps.actor_of(request)
            )
            return self._show(request, changed, secret, "The endpoint's new secret")

        step = Step(
            title="Rotate the secret",
            consequence="Makes a new secret, shown once. A secret from before the last rotation ends at once.",
            button="Rotate",
            form=RotateSecretForm,
        )
        return self._take(request, object_id, "rotate", step, perform)

    @offered(title="Pause", permission="manage", icon="pause")
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let messages wait."""
        step = Step(title="Pause", consequence="Messages wait until it is resumed.", button="Pause", form=ReasonForm)
        return self._take(request, object_id, "pause", step, self._by(request, endpoints.pause_endpoint, "paused"))

    @offered(title="Resume", permission="manage", icon="play_arrow")
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send again."""
        step = Step(
            title="Resume",
            consequence="What has waited is sent at once. What failed while it was disabled needs a replay.",
            button="Resume",
            form=ReasonForm,
        )
        return self._take(request, object_id, "resume", step, self._by(request, endpoints.resume_endpoint, "resumed"))

    @offered(title="Delete", permission="manage", icon="delete", danger=True)
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The end of it; its deliveries stay to be read."""
        step = Step(
            title="Delete the endpoint",
            consequence="Nothing is sent to it any more. This cannot be undone.",
            button="Delete",
            form=ReasonForm,
            danger=True,
        )
        return self._take(request, object_id, "remove", step, self._by(request, endpoints.delete_endpoint, "deleted"))

    def _by(self, request: HttpRequest, service: Callable[..., object], verb: str) -> Callable[[Endpoint, Asked], str]:
        def perform(endpoint: Endpoint, asked: Asked) -> str:
            service(endpoint_id=endpoint.pk, reason=asked["reason"], actor=steps.actor_of(request))
            return f"The endpoint is {verb}."

        return perform

    def _take(
        self,
        request: HttpRequest,
        object_id: str,
        name: str,
        step: Step,
        perform: Callable[[Endpoint, Asked], HttpResponse | str],
    ) -> HttpResponse:
        endpoint = steps.found(self, request, object_id)
        if not isinstance(endpoint, Endpoint):
            return steps.gone(self, request, object_id)
        if not self.offers(name, endpoint):
            return steps.refused(self, request, endpoint, f"This endpoint is {endpoint.state}.")
        initial = {name: getattr(endpoint, name) for name in ("url", "description", "events")}

        def performed(asked: Asked) -> HttpResponse | str:
            done = perform(endpoint, asked)
            self.log_change(request, endpoint, f"{step.title}: {asked.get('reason', 'done')}")
            return done

        return steps.take(self, request, endpoint, step, performed, **initial)

    def _show(self, request: HttpRequest, endpoint: Endpoint, secret: str, title: str) -> HttpResponse:
        facts = {"Operator": endpoint.operator, "Address": endpoint.url, "Endpoint id": endpoint.pk}
        return steps.show_secret(self, request, title=title, secret=secret, facts=facts, record=endpoint)
