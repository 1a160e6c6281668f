"""What pages ask at the door (`keno_platform.staff.gate`), answered."""

from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from access import personal, scopes
from access.standing import standing_of
from audit import services as audit
from keno_platform.core import clock
from operators.bound import bound_operator
from operators.staff_record import staff_address

Row = TypeVar("Row", bound=Model)
_SEARCHED_MAX = 128


class StaffKeeper:
    """Knows the member of staff that `access.middleware` has found."""

    def confined_to(self, request: HttpRequest) -> UUID | None:
        standing = standing_of(request)
        return standing.operator_id if standing else None

    def narrow(self, request: HttpRequest, rows: "QuerySet[Row]") -> "QuerySet[Row]":
        operator = self.confined_to(request)
        if operator is None:
            return rows
        condition = scopes.rows_of(rows.model._meta.label_lower, operator)
        return rows.none() if condition is None else rows.filter(condition)

    def confirm(self, request: HttpRequest) -> HttpResponse | None:
        standing = standing_of(request)
        if standing is not None and standing.is_fresh(clock.now()):
            return None
        return HttpResponseRedirect(f"{reverse('admin:confirm')}?{urlencode({'next': request.path})}")

    def saw(self, request: HttpRequest, page: str, key: str, searched: str) -> None:
        standing = standing_of(request)
        if standing is None or not personal.is_personal(page):
            return
        operator = bound_operator()
        seen: dict[str, Any] = {"page": page}
        if key:
            seen["key"] = key[:_SEARCHED_MAX]
        if searched:
            seen["searched"] = searched[:_SEARCHED_MAX].replace("\0", "")
        audit.record(
            "staff.viewed",
            description=f"{operator.name if operator else 'no operator'}: {page} was {'opened' if key else 'searched'}",
            actor=standing.actor,
            address=staff_address(request),
            operator_id=operator.pk if operator else None,
            after=seen,
        )
