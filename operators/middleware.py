"""Which operator a staff member works in: picked once, kept in the staff session, bound for every admin request."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from operators.models import Operator
from operators.tenancy import tenant_context

SESSION_FIELD = "operator_id"


def staff_operator(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Binds the picked operator's schema for requests to the admin. Everything else binds by its credential."""

    def answer(request: HttpRequest) -> HttpResponse:
        operator = picked_operator(request) if request.path.startswith("/admin/") else None
        if operator is None:
            return get_response(request)
        with tenant_context(operator):
            return get_response(request)

    return answer


def picked_operator(request: HttpRequest) -> Operator | None:
    """The operator that this staff member has picked, if any."""
    chosen = request.session.get(SESSION_FIELD) if request.user.is_authenticated else None
    return Operator.objects.filter(pk=UUID(chosen)).first() if chosen else None
