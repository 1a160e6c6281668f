"""Picking the operator to work in. The choice stays in the staff session; `operators.middleware` acts on it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from keno_platform.core.errors import NotFound
from keno_platform.staff import gate
from keno_platform.staff.pages import StaffAdmin
from keno_platform.staff.steps import show
from operators import selectors
from operators.middleware import SESSION_FIELD, picked_operator


def pick(page: StaffAdmin, request: HttpRequest) -> HttpResponse:
    """The list of operators, and the choice of one or, with an empty choice, of none."""
    if request.method == "POST":
        return _choose(request)
    picked = picked_operator(request)
    return show(
        page,
        request,
        "admin/pick_operator.html",
        title="Pick an operator",
        operators=gate.narrow(request, selectors.list_operators()),
        picked=picked.pk if picked else None,
        may_pick_none=gate.confined_to(request) is None,
        next=request.GET.get("next", ""),
    )


def _choose(request: HttpRequest) -> HttpResponse:
    chosen, own = request.POST.get("operator", ""), gate.confined_to(request)
    if own is not None:
        chosen = chosen if chosen == str(own) else "another operator's"
    if not chosen:
        request.session.pop(SESSION_FIELD, None)
        messages.info(request, "No operator is picked now.")
        return HttpResponseRedirect(reverse("admin:index"))
    try:
        operator = selectors.get_operator(operator_id=UUID(chosen))
    except (ValueError, NotFound):
        messages.error(request, "There is no such operator.")
        return HttpResponseRedirect(reverse("admin:operators_pick"))
    request.session[SESSION_FIELD] = str(operator.pk)
    return HttpResponseRedirect(_onward(request))


def _onward(request: HttpRequest) -> str:
    """Where the choice was asked for, when that is a page of this site."""
    asked = request.POST.get("next", "")
    home = reverse("admin:index")
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts=None) and asked.startswith(home)
    return asked if safe else home
