"""Where a member stands: who may come to which page, what stands around each, and how a refusal is told."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language_info

from banker.models import Member, Role
from banker.services.slips import actor_of
from banker.web import refusals
from banker.web.visits import PATH, Visit, visit_of
from banker.web.words import Words
from keno_platform.core.errors import Kind, Refusal
from keno_platform.http.problems import STATUS, Unauthenticated, as_refusal
from keno_platform.limits import asking, rates
from keno_platform.limits.guesses import guesses
from operators import limiting
from operators.authentication import CallerNotAllowed
from operators.looks import logo_source
from operators.models import Operator
from operators.tenancy import tenant_context

LANGUAGES = dict(settings.LANGUAGES)
SEE_OTHER = 303


class Booth:
    """A request with who makes it, and in which words it is answered."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.visit: Visit = visit_of(request)
        self.words = Words(operator=self.operator, language=self.visit.language, zone=self.visit.zone)

    @property
    def operator(self) -> Operator:
        """Whose domain this is."""
        return self.visit.operator

    @property
    def member(self) -> Member:
        """Who is signed in. :raises CallerNotAllowed: nobody; pages for members ask before."""
        if self.visit.member is None:
            raise CallerNotAllowed()
        return self.visit.member

    @property
    def collector(self) -> Member | None:
        """The collector that is here, who sees its own only; None for an admin."""
        return None if self.member.is_admin else self.member

    @property
    def actor(self) -> str:
        """How the audit log names who is here."""
        return actor_of(self.member)

    @property
    def bucket(self) -> str | None:
        """What the caller's address is counted under."""
        return limiting.address_bucket(self.request)

    def show(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        """A page."""
        return self.dressed(render(self.request, f"lottery/{template}.html", self._around() | context, status=status))

    def dressed(self, response: HttpResponse) -> HttpResponse:
        """The headers of every answer here."""
        host, logo = self.request.get_host(), logo_source(self.operator.logo_url)
        directives = (
            "default-src 'self'",
            f"img-src 'self' {logo or ''}".rstrip(),
            # Sockets are named because not every browser counts them as 'self'.
            f"connect-src 'self' ws://{host} wss://{host}",
            *("object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"),
        )
        response["Content-Security-Policy"] = "; ".join(directives)
        response["Content-Language"] = self.visit.language
        response["Referrer-Policy"] = "same-origin"
        response["Cache-Control"] = "no-store"
        return response

    def _around(self) -> dict[str, Any]:
        visit, operator = self.visit, self.operator
        return {
            "t": self.words.by_name(),
            "operator": operator,
            "logo": operator.logo_url if logo_source(operator.logo_url) is not None else "",
            "language": visit.language,
            "direction": "rtl" if get_language_info(visit.language)["bidi"] else "ltr",
            "languages": [(code, LANGUAGES[code]) for code in operator.offered_languages],
            "member": visit.member,
            "zone": visit.zone.key,
        }


View = Callable[..., HttpResponse]


def admitting(*roles: Role, anybody: bool = False) -> Callable[[View], View]:
    """
    Gives a view the booth of its request, inside the operator's schema, when a member of these roles is there; with
    `anybody` also when nobody is. What is refused on the way becomes a page.
    """

    def around(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, **names: Any) -> HttpResponse:
            booth = Booth(request)
            try:
                with tenant_context(booth.operator):
                    _count(booth)
                    if not anybody:
                        _require(booth, roles)
                    return view(booth, **names)
            except (Refusal, DatabaseError) as error:
                return refused(booth, error)

        return answer

    return around


for_admins = admitting(Role.ADMIN)
for_collectors = admitting(Role.COLLECTOR)
for_members = admitting(Role.ADMIN, Role.COLLECTOR)
for_anybody = admitting(anybody=True)


def _require(booth: Booth, roles: tuple[Role, ...]) -> None:
    """:raises Unauthenticated: nobody is there. :raises CallerNotAllowed: the page is for others."""
    if booth.visit.member is None:
        raise Unauthenticated()
    if booth.visit.member.role not in roles:
        raise CallerNotAllowed()


def _count(booth: Booth) -> None:
    """
    Count the page as a call of the API: a member's for its operator, a stranger's for its address.

    :raises RateLimited: too many.
    """
    bucket = booth.bucket
    guesses.require_none(bucket)
    if booth.visit.member is None:
        demands = limiting.together(limiting.of_address(bucket, rates.ADDRESS_CALLS))
    else:
        demands = limiting.of_call(booth.operator, player_id=None, bucket=bucket)
    asking.take(demands, money=False).require()


def refused(booth: Booth, error: Exception) -> HttpResponse:
    """Why something was not done; the way in where nobody is signed in. :raises Exception: it is a fault of ours."""
    refusal = as_refusal(error)
    if refusal is None:
        raise error
    if refusal.kind is Kind.UNAUTHENTICATED:
        return booth.show("sign_in", status=401, ended=booth.visit.ended)
    reasons = refusals.explain(booth.words, refusal)
    return booth.show("refused", status=STATUS[refusal.kind], reasons=reasons, known=refusal.kind is not Kind.NOT_FOUND)


def lead(address: str) -> HttpResponse:
    """To another page, so that loading it again does nothing."""
    return HttpResponseRedirect(f"{PATH}{address}", status=SEE_OTHER)
