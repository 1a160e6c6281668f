"""Before every page of staff: whether whoever asks is a member of staff whose session counts."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from access.standing import WORDS, Standing, judge, standing_of
from operators.middleware import SESSION_FIELD

PATH = "/admin/"
_OWN = ("password_change", "password_change_done", "confirm", "logout", "login", "second_factor", "enrol", "jsi18n")
"""Pages of whoever has still to choose a password, beside those of one's own access."""


def staff_standing(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """
    Logs out whose session no longer counts, and keeps members within an operator in it. Stands before
    `operators.middleware.staff_operator`, which binds the operator that the session names.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(PATH) and request.user.is_authenticated:
            ending = judge(request)
            standing = standing_of(request)
            if standing is None:
                request.session.flush()
                request.user = AnonymousUser()
                if ending in WORDS:
                    messages.error(request, WORDS[ending])
            elif standing.operator_id and request.session.get(SESSION_FIELD) != str(standing.operator_id):
                request.session[SESSION_FIELD] = str(standing.operator_id)
        standing = standing_of(request)
        response = _to_password(request) if standing and _has_to_choose(request, standing) else get_response(request)
        if request.path.startswith(PATH):
            # What staff see is kept by no cache, and not by the browser after they have logged out.
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    return answer


def _has_to_choose(request: HttpRequest, standing: Standing) -> bool:
    """Whether this page has to wait until the member has a password that nobody else has seen."""
    if not standing.member.first_password:
        return False
    own = {reverse(f"admin:{name}") for name in _OWN}
    return request.path not in own and not request.path.startswith(reverse("admin:my_access"))


def _to_password(request: HttpRequest) -> HttpResponse:
    messages.info(
        request, "Choose a password of your own first: the one that you were given was seen by somebody else."
    )
    return HttpResponseRedirect(reverse("admin:password_change"))
