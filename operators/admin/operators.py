"""Operators for staff: created, suspended and resumed through the services; looks and limits edited."""

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join

from audit.editing import AuditedAdmin
from keno_platform.staff import steps
from keno_platform.staff.columns import column, list_link, state, utc
from keno_platform.staff.steps import ReasonForm, Step, offered
from operators import selectors, services
from operators.admin.forms import AMOUNTS, OperatorChangeForm, OperatorForm, terms_of
from operators.bound import public_context
from operators.models import Operator, OperatorStatus
from operators.picker import pick

CREATE = Step(
    title="Create an operator",
    consequence="Makes its schema, partitions, default paytable, domain and first API key. It takes a few seconds, and "
    "the key is shown once, on the next page.",
    button="Create",
    form=OperatorForm,
)
STATUS = state("status", {OperatorStatus.ACTIVE: "success", OperatorStatus.SUSPENDED: "danger"})


def _limit(field: str, title: str) -> Any:
    return column(lambda one: f"{one.money(getattr(one, field))} {one.currency_code}", name=field, title=title)


def _domains(one: Operator) -> Any:
    return format_html_join(", ", "{}", ((domain.domain,) for domain in one.domains.all()))


def _related(one: Operator) -> Any:
    links = (
        list_link("operators.apikey", "API keys", f"operator__operator_id__exact={one.pk}"),
        list_link("audit.auditentry", "audit log", f"q={one.pk}"),
    )
    return format_html_join(" · ", "{}", ((link,) for link in links))


@admin.register(Operator)
class OperatorAdmin(AuditedAdmin):
    """The tenants. What names a schema or counts money never changes; nobody deletes one."""

    form = OperatorChangeForm
    list_display = (
        "name",
        "slug",
        STATUS,
        "currency_code",
        _limit("min_bet", "lowest stake"),
        _limit("max_bet", "highest stake"),
        "wallet_mode",
        "jurisdiction",
        utc("created_at"),
    )
    list_select_related = ("jurisdiction",)
    list_filter = ("status",)
    ordering = ("slug",)
    search_exactly = ("operator_id", "slug")
    search_help_text = "An exact slug or operator id."
    readonly_fields = (
        "operator_id",
        "slug",
        "schema_name",
        "status",
        "wallet_mode",
        "currency_code",
        "currency_exponent",
        column(_domains, name="domains"),
        column(_related, name="see_also"),
        utc("created_at"),
    )
    fieldsets = (
        (None, {"fields": ("name", "status", readonly_fields[7], readonly_fields[8])}),
        ("Limits", {"fields": ("currency_code", *AMOUNTS, "jurisdiction", "region_restrictions")}),
        ("Looks", {"fields": ("logo_url", "primary_color", "default_language")}),
        (
            "Fixed",
            {
                "fields": (
                    "operator_id",
                    "slug",
                    "schema_name",
                    "currency_exponent",
                    "wallet_mode",
                    readonly_fields[9],
                )
            },
        ),
    )
    actions_detail = ("suspend", "resume")
    actions_row = ("suspend", "resume")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operator]:
        return cast("QuerySet[Operator]", super().get_queryset(request)).prefetch_related("domains")

    def get_urls(self) -> list[URLPattern]:
        own = path("pick/", self.admin_site.admin_view(self.pick), name="operators_pick")
        return [own, *super().get_urls()]

    def pick(self, request: HttpRequest) -> HttpResponse:
        """The picker; see `operators.picker`."""
        return pick(self, request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_suspend_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may stop and resume an operator's bets."""
        return bool(request.user.has_perm("operators.change_operator"))

    def offers(self, step: str, record: Operator) -> bool:
        return record.is_active == (step == "suspend")

    def operator_id_of(self, obj: Operator) -> Any:
        return obj.pk

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        with public_context():  # an operator's row is not saved from inside another's schema
            super().save_model(request, obj, form, change)

    def facts(self, obj: Operator, fields: list[str]) -> dict[str, Any]:
        amounts = {name: obj.money(getattr(obj, name)) for name in fields if name in AMOUNTS}
        return super().facts(obj, fields) | amounts

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return steps.take(self, request, None, CREATE, lambda asked: self._create(request, asked))

    def _create(self, request: HttpRequest, asked: dict[str, Any]) -> HttpResponse:
        with public_context():
            operator, secret = services.create_operator(terms=terms_of(asked), actor=steps.actor_of(request))
        self.log_addition(request, operator, [{"added": {}}])
        facts = {
            "Operator": operator.name,
            "Slug": operator.slug,
            "Domain": selectors.primary_domain(operator),
            "Operator id": operator.pk,
        }
        title = f"{operator.name} is ready"
        return steps.show_secret(self, request, title=title, secret=secret, facts=facts, record=operator)

    @offered(title="Suspend", permission="suspend", icon="pause_circle", danger=True)
    def suspend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Refuse an operator's bets from now on, for a reason."""
        return self._set_status(request, object_id, OperatorStatus.SUSPENDED)

    @offered(title="Resume", permission="suspend", icon="play_circle")
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a suspended operator's bets again, for a reason."""
        return self._set_status(request, object_id, OperatorStatus.ACTIVE)

    def _set_status(self, request: HttpRequest, object_id: str, status: OperatorStatus) -> HttpResponse:
        operator = steps.found(self, request, object_id)
        if not isinstance(operator, Operator):
            return steps.gone(self, request, object_id)
        step = _status_step(operator, status)
        if operator.status == status:
            return steps.refused(self, request, operator, f"{operator.name} is {status} already.")

        def perform(asked: dict[str, Any]) -> str:
            change = services.suspend_operator if status == OperatorStatus.SUSPENDED else services.resume_operator
            change(operator=operator, reason=asked["reason"], actor=steps.actor_of(request))
            self.log_change(request, operator, f"{status}: {asked['reason']}")
            return f"{operator.name} is {status} now."

        return steps.take(self, request, operator, step, perform)


def _status_step(operator: Operator, status: OperatorStatus) -> Step:
    if status == OperatorStatus.SUSPENDED:
        return Step(
            title=f"Suspend {operator.name}",
            consequence="Every new bet of its players is refused from that moment. Bets that were accepted are settled "
            "and paid as always.",
            button="Suspend",
            form=ReasonForm,
            danger=True,
        )
    return Step(
        title=f"Resume {operator.name}",
        consequence="Its players' bets are accepted again from that moment.",
        button="Resume",
        form=ReasonForm,
    )
