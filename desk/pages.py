"""What every page of the desk has: who may open it, in whose books it works, and its frame."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from operators.bound import bound_operator

View = Callable[..., HttpResponse]


def staff_page(permission: str = "", *, of_operator: bool = False) -> Callable[[View], View]:
    """
    A page for members of staff who have this permission (`bets.view_betstate`), or for all of them. With `of_operator`
    one must be picked, and without it the way leads to the picker and back.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if permission and not request.user.has_perm(permission):
                raise PermissionDenied
            if of_operator and bound_operator() is None:
                messages.info(request, "This belongs to one operator. Pick it.")
                here = urlencode({"next": request.get_full_path()})
                return HttpResponseRedirect(f"{reverse('admin:operators_pick')}?{here}")
            return view(request, *args, **kwargs)

        return admin.site.admin_view(answer)

    return wrap


def page(request: HttpRequest, template: str, *, title: str, **context: Any) -> TemplateResponse:
    """A page of the staff's site. What it shows is of now, and nobody between keeps it."""
    whole = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, template, whole, headers={"Cache-Control": "no-store"})


def may(request: HttpRequest, label: str) -> bool:
    """Whether this member of staff may look at a table: `may(request, "wallet.transaction")`."""
    app, _, model = label.partition(".")
    return bool(request.user.has_perm(f"{app}.view_{model}"))
