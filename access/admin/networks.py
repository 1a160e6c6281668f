"""From where roles may come."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from access import selectors, services
from access.admin.forms import NetworkForm
from access.fresh import fresh_only
from access.models import RoleNetwork
from access.standing import require_standing
from keno_platform.staff import steps
from keno_platform.staff.columns import column, utc
from keno_platform.staff.pages import RecordAdmin
from keno_platform.staff.steps import Step, offered
from operators.origins import may_call_from
from operators.staff_record import staff_address

ALLOW = Step(
    title="Allow a network",
    consequence="With its first network, a role may come from nowhere else: whoever works elsewhere is logged out with "
    "the next click.",
    button="Allow",
    form=NetworkForm,
)


@admin.register(RoleNetwork)
class RoleNetworkAdmin(RecordAdmin):
    """Networks by role. A role without any may come from anywhere."""

    list_display = (
        column(lambda one: one.get_role_display(), name="role_shown", title="role"),
        "network",
        "note",
        utc("created_at"),
    )
    list_filter = ("role",)
    search_exactly = ("network",)
    search_help_text = "An exact network."
    fields = ("role", "network", "note", utc("created_at"))
    actions_detail = ("remove",)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("access.add_rolenetwork"))

    def has_manage_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may say where roles come from."""
        return bool(request.user.has_perm("access.change_rolenetwork"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._add(request)

    @fresh_only
    def _add(self, request: HttpRequest) -> HttpResponse:
        def perform(asked: dict[str, Any]) -> str:
            present = selectors.networks_of(asked["role"])
            self._keep_oneself_in(request, asked["role"], [*present, *services.read_network(asked["network"])])
            allowed = services.allow_network(**asked, actor=steps.actor_of(request))
            return f"{allowed.get_role_display()} may come from {allowed.network}."

        return steps.take(self, request, None, ALLOW, perform)

    @offered(title="Remove", permission="manage", icon="delete", danger=True)
    @fresh_only
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """No more from there."""
        allowed = steps.found(self, request, object_id)
        if not isinstance(allowed, RoleNetwork):
            return steps.gone(self, request, object_id)
        step = Step(
            title=f"Remove {allowed.network}",
            consequence="Whoever has this role and works there is logged out with the next click. When it is the last "
            "network of the role, the role may come from anywhere.",
            button="Remove",
            danger=True,
        )

        def perform(_: dict[str, Any]) -> str:
            left = [one for one in selectors.networks_of(allowed.role) if one != allowed.network]
            self._keep_oneself_in(request, allowed.role, left)
            services.disallow_network(allowed, actor=steps.actor_of(request))
            return f"{allowed.network} is removed."

        return steps.take(self, request, None, step, perform)

    def _keep_oneself_in(self, request: HttpRequest, role: str, networks: Sequence[str]) -> None:
        """Nobody shuts themselves out by a slip: where one is must be among what is left to one's own role."""
        standing = require_standing(request)
        if role == standing.member.role and not may_call_from(staff_address(request) or "", networks):
            raise services.MemberInvalid("Then you could not come in from where you are now.", field="network")
