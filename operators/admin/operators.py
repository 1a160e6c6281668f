"""Operators for staff: created, suspended, resumed and dressed through the services; limits edited."""

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join

from approvals.staff import Asked, ask_for
from keno_platform.staff import steps
from keno_platform.staff.columns import column, list_link, state, utc
from keno_platform.staff.steps import ReasonForm, Step, offered
from operators import selectors, services
from operators.admin import brand, integration, rate_limits
from operators.admin.asking import REASON, AskingAdmin, requests_for, take_out
from operators.admin.forms import AMOUNTS, THRESHOLDS, OperatorChangeForm, OperatorForm, terms_of
from operators.approvals import RESUME
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
        list_link("operators.callerkey", "keys for signed calls", f"operator__operator_id__exact={one.pk}"),
        list_link("operators.walletconnection", "wallet", f"q={one.slug}"),
        list_link("audit.auditentry", "audit log", f"q={one.pk}"),
    )
    return format_html_join(" · ", "{}", ((link,) for link in links))


@admin.register(Operator)
class OperatorAdmin(AskingAdmin):
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
        "sandbox",
        "signed_calls_required",
        "allowed_addresses",
        "frame_ancestors",
        *("name", "logo_url", "primary_color", "languages", "default_language", "second_language"),
        *("board_order", "home_url", "cashier_url"),
    )
    fieldsets = (
        (None, {"fields": ("name", "status", readonly_fields[7], readonly_fields[8])}),
        ("Limits", {"fields": ("currency_code", *AMOUNTS, *THRESHOLDS, "jurisdiction", "region_restrictions", REASON)}),
        (
            "Integration",
            {"fields": ("wallet_mode", "sandbox", "signed_calls_required", "allowed_addresses", "frame_ancestors")},
        ),
        (
            "Brand",
            {
                "fields": (
                    *("logo_url", "primary_color", "languages", "default_language", "second_language"),
                    *("board_order", "home_url", "cashier_url"),
                )
            },
        ),
        (
            "Fixed",
            {
                "fields": (
                    "operator_id",
                    "slug",
                    "schema_name",
                    "currency_exponent",
                    readonly_fields[9],
                )
            },
        ),
    )
    actions_detail = ("suspend", "resume", "dress", "integrate", "connect", "limit")
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
        return step in ("dress", "integrate", "connect", "limit") or record.is_active == (step == "suspend")

    def has_connect_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may say where an operator's money is asked for."""
        return bool(request.user.has_perm("operators.change_walletconnection"))

    def operator_id_of(self, obj: Operator) -> Any:
        return obj.pk

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """What tightens is saved; what loosens is asked for."""
        if not isinstance(obj, Operator):
            raise TypeError(type(obj))
        with public_context():  # an operator's row is not saved from inside another's schema
            looser = take_out(obj, form)
            super().save_model(request, obj, form, change)
        reason = form.cleaned_data.get(REASON, "")
        for action, terms in requests_for(looser):
            self.ask(request, action=action, subject=obj.slug, operator_id=obj.pk, payload=terms, reason=reason)

    def facts(self, obj: Operator, fields: list[str]) -> dict[str, Any]:
        known = {name: getattr(obj, name) for name in fields if name in (*AMOUNTS, *THRESHOLDS)}
        amounts = {name: obj.money(value) for name, value in known.items() if value is not None}
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
        operator = steps.found(self, request, object_id)
        if not isinstance(operator, Operator):
            return steps.gone(self, request, object_id)
        if not operator.is_active:
            return steps.refused(self, request, operator, f"{operator.name} is suspended already.")

        def perform(asked: dict[str, Any]) -> str:
            services.suspend_operator(operator=operator, reason=asked["reason"], actor=steps.actor_of(request))
            self.log_change(request, operator, f"suspended: {asked['reason']}")
            return f"{operator.name} is suspended now."

        return steps.take(self, request, operator, _suspension(operator), perform)

    @offered(title="Resume", permission="suspend", icon="play_circle")
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask to take a suspended operator's bets again; somebody else decides."""
        operator = steps.found(self, request, object_id)
        if not isinstance(operator, Operator):
            return steps.gone(self, request, object_id)
        asked = Asked(action=RESUME, subject=operator.slug, operator_id=operator.pk, title=f"Resume {operator.name}")
        return ask_for(self, request, operator, asked)

    @offered(title="Brand", permission="suspend", icon="palette")
    def dress(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Name, logo, colour, languages and ways, tried in the client before they are saved."""
        operator = steps.found(self, request, object_id)
        if not isinstance(operator, Operator):
            return steps.gone(self, request, object_id)
        return brand.look(self, request, operator)

    @offered(title="Integration", permission="suspend", icon="tune")
    def integrate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Test money, signed calls, addresses and frames."""
        operator = steps.found(self, request, object_id)
        if not isinstance(operator, Operator):
            return steps.gone(self, request, object_id)
        return integration.integrate(self, request, operator)

    @offered(title="Rate limits", permission="suspend", icon="speed")
    def limit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """How often it and its players may call."""
        operator = steps.found(self, request, object_id)
        if not isinstance(operator, Operator):
            return steps.gone(self, request, object_id)
        return rate_limits.limit(self, request, operator)

    @offered(title="Wallet", permission="connect", icon="account_balance_wallet")
    def connect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Connect the operator's own wallet, or change how it is called."""
        operator = steps.found(self, request, object_id)
        if not isinstance(operator, Operator):
            return steps.gone(self, request, object_id)
        return integration.connect(self, request, operator)


def _suspension(operator: Operator) -> Step:
    return Step(
        title=f"Suspend {operator.name}",
        consequence="Every new bet of its players is refused from that moment. Bets that were accepted are settled "
        "and paid as always. To take bets again, two people are needed.",
        button="Suspend",
        form=ReasonForm,
        danger=True,
    )
