"""Who calls: an operator's backend by its key, or a member by the token of a session."""

from typing import Any
from uuid import UUID

from django.core import signing
from rest_framework.request import Request

from banker import selectors
from banker.models import Member, MemberSession, Role
from banker.services.sessions import PREFIX
from banker.services.slips import actor_of
from keno_platform.core.errors import NotFound
from keno_platform.http.problems import Unauthenticated
from operators import selectors as operators
from operators.authentication import Caller, CallerNotAllowed, CallerView, KeyAuthentication, bearer
from operators.models import Operator
from operators.tenancy import tenant_context

TICKET = "bt."
TICKET_S = 60


def read_session(token: str) -> tuple[Operator, MemberSession]:
    """
    The operator and the session behind a member's token, which names its operator and proves itself in its schema.

    :raises Unauthenticated: malformed, unknown, over, or another operator's: all look the same.
    """
    prefix, _, rest = token.partition(".")
    slug, _, secret = rest.partition(".")
    if prefix != PREFIX or not secret or "." in secret:
        raise Unauthenticated()
    try:
        operator = operators.get_operator(slug=slug)
    except NotFound as error:
        raise Unauthenticated() from error
    with tenant_context(operator):
        session = selectors.find_live_session(secret)
    if session is None:
        raise Unauthenticated()
    return operator, session


def make_ticket(operator: Operator, session: MemberSession) -> str:
    """What opens a session's socket for TICKET_S, and nothing else: a page's script may have it, never the token."""
    return TICKET + signing.dumps([operator.slug, str(session.pk)], salt=TICKET)


def read_watcher(token: str) -> tuple[Operator, MemberSession]:
    """
    The operator and the session behind what a socket was shown: the session's token, or a ticket.

    :raises Unauthenticated: as `read_session`, or the ticket is too old.
    """
    if not token.startswith(TICKET):
        return read_session(token)
    try:
        slug, session_id = signing.loads(token.removeprefix(TICKET), salt=TICKET, max_age=TICKET_S)
        operator = operators.get_operator(slug=slug)
    except (signing.BadSignature, NotFound) as error:
        raise Unauthenticated() from error
    with tenant_context(operator):
        session = selectors.find_live_session_by_id(UUID(session_id))
    if session is None:
        raise Unauthenticated()
    return operator, session


class MemberAuthentication(KeyAuthentication):
    """`Authorization: Bearer bm....` of a member's session, beside keys."""

    def authenticate(self, request: Request) -> tuple[Caller, Caller] | None:
        token = bearer(request)
        if token is None or not token.startswith(f"{PREFIX}."):
            return super().authenticate(request)
        operator, session = read_session(token)
        request._request.banker_session = session  # type: ignore[attr-defined]
        caller = Caller(operator=operator, session_id=session.pk)
        return caller, caller


class BankerView(CallerView):
    """The base of the lottery's calls: which members may make it, and whether the operator's backend may."""

    authentication_classes = (MemberAuthentication,)
    backend_allowed = True
    roles: tuple[Role, ...] = (Role.ADMIN,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.backend_allowed if self.member is None else self.member.role not in self.roles:
            raise CallerNotAllowed()

    @property
    def session(self) -> MemberSession | None:
        """The session of the member that calls; None for the operator's backend."""
        found: MemberSession | None = getattr(self.request._request, "banker_session", None)
        return found

    @property
    def member(self) -> Member | None:
        """The member that calls; None for the operator's backend."""
        return self.session.member if self.session else None

    @property
    def admin(self) -> Member:
        """The admin that calls, where only admins may."""
        if self.member is None or not self.member.is_admin:
            raise CallerNotAllowed()
        return self.member

    @property
    def collector(self) -> Member | None:
        """The collector that calls, who sees its own only; None for all others."""
        return None if self.member is None or self.member.is_admin else self.member

    @property
    def actor(self) -> str:
        """How the audit log names who calls."""
        return actor_of(self.member) if self.member else self.caller.actor


def require_staff(view: BankerView) -> None:
    """:raises CallerNotAllowed: a collector calls, who may only read here."""
    if view.collector is not None:
        raise CallerNotAllowed()
