"""Staff pages of what belongs to one operator: they work in the picked operator's schema, or not at all."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django_tenants.postgresql_backend.base import FakeTenant
from django_tenants.utils import get_public_schema_name

from keno_platform.staff.columns import Column, column
from keno_platform.staff.pages import RecordAdmin, StaffAdmin
from keno_platform.staff.steps import list_of
from operators.models import Operator
from operators.tenancy import tenant_context

View = Callable[..., HttpResponse]


def bound_operator() -> Operator | None:
    """The operator whose schema is bound here and now."""
    tenant = getattr(connection, "tenant", None)
    return tenant if isinstance(tenant, Operator) else None


def public_context() -> AbstractContextManager[Operator]:
    """Outside every operator's schema, whichever is picked: where operators themselves are written."""
    return tenant_context(cast("Operator", FakeTenant(get_public_schema_name())))


def amount(field: str, title: str | None = None) -> Column:
    """A sum of the bound operator's money as a decimal with its currency; it is stored in minor units."""
    return column(lambda record: shown_amount(getattr(record, field)), name=field, title=title)


def shown_amount(minor: int | None) -> str:
    """A sum of the bound operator's money, such as 10.00 KES."""
    operator = bound_operator()
    if minor is None or operator is None:
        return "–"
    return f"{operator.money(minor)} {operator.currency_code}"


class TenantAdmin(StaffAdmin):
    """A table in every operator's schema. Without a picked operator its addresses lead to the picker."""

    @property
    def operator(self) -> Operator:
        """The picked operator."""
        operator = bound_operator()
        if operator is None:
            raise RuntimeError("no operator is bound")
        return operator

    @property
    def acting_in(self) -> str:
        """What a step's form remembers, so that it never ends in another operator's books."""
        return str(self.operator.pk)

    def get_urls(self) -> list[URLPattern]:
        urls = cast("list[URLPattern]", super().get_urls())
        for url in urls:
            url.callback = self._with_operator(url.callback)
        return urls

    def _with_operator(self, view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            # Who may not be here at all is told so by the view itself.
            if bound_operator() is not None or not self.admin_site.has_permission(request):
                return view(request, *args, **kwargs)
            messages.info(
                request, f"{str(self.opts.verbose_name_plural).capitalize()} belong to one operator. Pick it."
            )
            return HttpResponseRedirect(f"{reverse('admin:operators_pick')}?{urlencode({'next': list_of(self)})}")

        return answer


class TenantRecordAdmin(TenantAdmin, RecordAdmin):
    """An operator's records that nobody changes here: bets, and whatever moved money."""
