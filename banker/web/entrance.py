"""The way in and out: signing in, the language, one's own password, and what opens a page's socket."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from banker.authentication import make_ticket, read_session
from banker.services import credentials, sessions
from banker.services.credentials import PasswordRefused
from banker.services.members import MemberInvalid
from banker.services.sessions import SignInRefused
from banker.web import phases, refusals, selling
from banker.web.booth import Booth, for_admins, for_anybody, for_members, lead
from banker.web.typed import field, plain
from banker.web.visits import keep
from keno_platform.http.problems import STATUS
from keno_platform.limits import rates
from keno_platform.limits.guesses import guesses
from operators import limiting


@require_safe
@for_anybody
def home(booth: Booth) -> HttpResponse:
    """The way in; for a collector the counter, for an admin the phases."""
    if booth.visit.member is None:
        return booth.show("sign_in", ended=booth.visit.ended)
    return phases.overview(booth) if booth.member.is_admin else selling.counter(booth)


@sensitive_post_parameters("password", "code")
@require_POST
@for_anybody
def sign_in(booth: Booth) -> HttpResponse:
    """Name, password and, of an admin, the code. What was wrong is not said, and counts for the address."""
    name = field(booth, "username").lower()
    try:
        session, token = sessions.sign_in(
            operator=booth.operator,
            username=name,
            password=booth.request.POST.get("password", ""),
            code=plain(field(booth, "code")).replace(" ", ""),
        )
    except SignInRefused as refusal:
        guesses.note(limiting.of_address(booth.bucket, rates.ADDRESS_GUESSES))
        reasons = refusals.explain(booth.words, refusal)
        return booth.show("sign_in", status=STATUS[refusal.kind], reasons=reasons, username=name)
    response = booth.dressed(lead(""))
    keep(response, token=token, session=session, language=booth.visit.language)
    return response


@require_POST
@for_anybody
def sign_out(booth: Booth) -> HttpResponse:
    """End the session everywhere; the language stays."""
    if booth.visit.session:
        sessions.sign_out(operator=booth.operator, session_id=booth.visit.session.pk)
    response = booth.dressed(lead(""))
    keep(response, token="", session=None, language=booth.visit.language)
    return response


@require_POST
@for_anybody
def speak(booth: Booth) -> HttpResponse:
    """Go on in another language, if it is offered."""
    language, visit = field(booth, "language"), booth.visit
    response = booth.dressed(lead(""))
    if language in booth.operator.offered_languages:
        keep(response, token=visit.token, session=visit.session, language=language)
    return response


@require_safe
@for_members
def own_password(booth: Booth) -> HttpResponse:
    """The form for another password of one's own."""
    return booth.show("password")


@sensitive_post_parameters("present", "password")
@require_POST
@for_members
def change_password(booth: Booth) -> HttpResponse:
    """Another password. Every session ends, this one too, and a new one begins with the new password."""
    present, password = booth.request.POST.get("present", ""), booth.request.POST.get("password", "")
    try:
        credentials.change_password(operator=booth.operator, member=booth.member, present=present, password=password)
    except (MemberInvalid, PasswordRefused) as refusal:
        reasons = refusals.explain(booth.words, refusal)
        return booth.show("password", status=STATUS[refusal.kind], reasons=reasons)
    return booth.show("sign_in", changed=True, username=booth.member.username, member=None)


@require_safe
@for_admins
def live(booth: Booth) -> HttpResponse:
    """What a page's script shows the socket: for a minute, for this session, and for nothing else."""
    _, session = read_session(booth.visit.token)
    return booth.dressed(JsonResponse({"ticket": make_ticket(booth.operator, session)}))
