"""Password and code once more, before a sensitive step."""

from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from access import services
from access.forms import ConfirmForm
from access.standing import Standing, require_standing
from access.views.entering import is_code_right
from access.views.pages import onward, show

WRONG = "The password or the code is wrong. A code counts once: wait for the next one."


@sensitive_post_parameters("password", "code")
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask for both, and lead on to where they were asked for."""
    standing = require_standing(request)
    asked = onward(request.POST.get("next") or request.GET.get("next") or "")
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if _is_right(request, standing, form.cleaned_data["password"], form.cleaned_data["code"]):
            services.confirm_session(standing.session, actor=standing.actor)
            return HttpResponseRedirect(asked)
        if getattr(request, "axes_locked_out", False):
            logout(request)
            return HttpResponseRedirect(reverse("admin:login"))
        form.add_error(None, WRONG)
    return show(request, "confirm", title="Confirm that it is you", form=form, next=asked)


def _is_right(request: HttpRequest, standing: Standing, password: str, code: str) -> bool:
    """The code is looked at only when the password is right, so that none is used up for nothing."""
    member = standing.member
    user = authenticate(request, username=member.user.get_username(), password=password)
    return user is not None and user.pk == member.user_id and is_code_right(request, member, code)
