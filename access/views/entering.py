"""
Getting in, in two steps. Nobody is logged in between them: Django's session only remembers, for five minutes, whose
password was right. Whoever has no second factor yet sets it up in the second step's place, while the invitation lasts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import segno
from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import login, signals
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from access import selectors, services, standing
from access.forms import CodeForm, FirstCodeForm, LogInForm
from access.models import StaffMember
from access.views.pages import onward, show
from keno_platform.core import clock
from operators.staff_record import staff_address

FIELD = "staff_entering"
WITHIN = timedelta(minutes=5)
GUESSES_MAX = 5
BACKEND = "access.backends.StaffBackend"
WRONG_CODE = "This is not a code of now, or it was used already. Wait for the next one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """Whose password was right, and where they were going."""

    member: StaffMember
    onward: str


@never_cache
@csrf_protect
@sensitive_post_parameters("password")
def log_in(request: HttpRequest) -> HttpResponse:
    """The first step: name and password."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    if standing.standing_of(request) is not None:
        return HttpResponseRedirect(onward(asked))
    form = LogInForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        member = _admitted(request, form.get_user())
        if member is not None:
            return _remember(request, member, onward(asked))
        form.add_error(None, form.get_invalid_login_error())
    return show(request, "log_in", title="Log in", form=form, next=asked)


@never_cache
@csrf_protect
@sensitive_post_parameters("code")
def second_factor(request: HttpRequest) -> HttpResponse:
    """The second step: a code."""
    entering = _entering(request)
    if entering is None or not selectors.has_second_factor(entering.member.user_id):
        return HttpResponseRedirect(reverse("admin:login"))
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if is_code_right(request, entering.member, form.cleaned_data["code"]):
            return _enter(request, entering)
        if _guesses_are_spent(request):
            return HttpResponseRedirect(reverse("admin:login"))
        form.add_error("code", WRONG_CODE)
    return show(request, "second_factor", title="Second step", form=form, name=entering.member)


@never_cache
@csrf_protect
@sensitive_post_parameters("code")
def enrol(request: HttpRequest) -> HttpResponse:
    """The second step of whoever has no second factor yet: set it up."""
    entering = _entering(request)
    if entering is None or selectors.has_second_factor(entering.member.user_id):
        return HttpResponseRedirect(reverse("admin:login"))
    form = FirstCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = _confirmed(request, entering.member, form.cleaned_data["code"])
        if made is not None:
            _enter(request, entering)
            return show_backup_codes(request, made, entering.onward)
        form.add_error("code", WRONG_CODE)
    return show(request, "enrol", title="Set up your second factor", form=form, **_picture(entering.member))


def is_code_right(request: HttpRequest, member: StaffMember, code: str) -> bool:
    """Whether a code is right; a wrong one counts like a wrong password, towards being locked out."""
    credentials = {"username": member.user.get_username()}
    allowed = AxesProxyHandler.is_allowed(request, credentials)
    if allowed and services.check_code(member, code, address=staff_address(request)):
        return True
    signals.user_login_failed.send(sender=__name__, credentials=credentials, request=request)
    return False


def show_backup_codes(request: HttpRequest, made: list[str], onward_to: str) -> TemplateResponse:
    """The one time that backup codes are shown."""
    return show(request, "backup_codes", title="Your backup codes", codes=made, onward=onward_to)


def locked_out(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any]) -> SimpleTemplateResponse:
    """The answer while an account or an address is locked out: the same whether there is such an account or not."""
    request.session.pop(FIELD, None)
    answer = show(request, "locked_out", status=429, title="Too many attempts")
    return answer.render()  # given by a middleware, after the point where Django would do so


def _admitted(request: HttpRequest, user: User) -> StaffMember | None:
    """The member, if they may come from here and can still show who they are; else it is one more refused log-in."""
    member = selectors.find_member(user)
    if member is not None and standing.may_come_from(staff_address(request), member.role):
        invited = member.invited_until is not None and member.invited_until > clock.now()
        if invited or selectors.has_second_factor(user.pk):
            return member
    signals.user_login_failed.send(sender=__name__, credentials={"username": user.get_username()}, request=request)
    return None


def _remember(request: HttpRequest, member: StaffMember, onward_to: str) -> HttpResponse:
    request.session.cycle_key()
    request.session[FIELD] = {
        "user": member.user_id,
        "hash": member.user.get_session_auth_hash(),
        "at": clock.now().isoformat(),
        "next": onward_to,
        "guesses": 0,
    }
    following = "second_factor" if selectors.has_second_factor(member.user_id) else "enrol"
    return HttpResponseRedirect(reverse(f"admin:{following}"))


def _entering(request: HttpRequest) -> Entering | None:
    """Whose password was right less than five minutes ago, and has not been changed since."""
    kept = request.session.get(FIELD)
    if not kept or clock.now() - datetime.fromisoformat(kept["at"]) > WITHIN:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or user.get_session_auth_hash() != kept["hash"]:
        return None
    member = selectors.find_member(user)
    return Entering(member=member, onward=kept["next"]) if member else None


def _enter(request: HttpRequest, entering: Entering) -> HttpResponse:
    request.session.flush()
    user = entering.member.user
    login(request, user, backend=BACKEND)
    standing.begin(request, user.pk)
    return HttpResponseRedirect(entering.onward)


def _guesses_are_spent(request: HttpRequest) -> bool:
    kept = request.session[FIELD]
    kept["guesses"] += 1
    request.session[FIELD] = kept
    if kept["guesses"] >= GUESSES_MAX:
        del request.session[FIELD]
        return True
    return False


def _confirmed(request: HttpRequest, member: StaffMember, code: str) -> list[str] | None:
    actor, address = f"staff:{member.user.get_username()}", staff_address(request)
    return services.finish_enrolment(member, code=code, actor=actor, address=address)


def _picture(member: StaffMember) -> dict[str, Any]:
    enrolment = services.begin_enrolment(member)
    return {"picture": qr_code(enrolment.address), "key": enrolment.text, "name": member}


def qr_code(text: str) -> SafeString:
    """A text as a picture for a phone's camera, in the page itself: nothing is fetched, and no policy is in the way."""
    drawn = segno.make(text, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=False)
    return mark_safe(drawn)  # noqa: S308  # made of squares, by segno
