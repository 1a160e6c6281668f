"""
Members of staff, and the tests' short way in.

`client.force_login(user)` leads past the password. Here it also leads past the second factor, and whoever has no role
yet gets one: a superuser is a super-admin, other staff are super-admins narrowed down to the permissions that their
test gives them. The long way in, through the pages, is walked in tests/access.
"""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, signals
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest

from access import codes, selectors, services
from access.models import Role, StaffMember
from access.standing import SESSION_FIELD
from access.views.entering import BACKEND
from operators.models import Operator

KEY = b"the key of every test"
ACTOR = "test"
PASSWORD = "a long enough one"


def connect() -> None:
    """Called once for each process that runs tests."""
    signals.user_logged_in.connect(_forced_in, dispatch_uid="tests.forced_in")


def _forced_in(sender: Any, request: HttpRequest, user: User, **_: object) -> None:
    # Whoever comes through the pages has asked for one of them; `force_login` makes an empty request.
    if not request.path and user.is_staff:
        member_for(user)
        request.session[SESSION_FIELD] = str(_begin(user))


def member_for(user: User) -> StaffMember:
    """The member of staff that this user is, made if need be, with a second factor."""
    with transaction.atomic():
        member = selectors.find_member(user)
        if member is None:
            member = services.appoint(user=user, role=Role.SUPER_ADMIN, narrowed=not user.is_superuser, actor=ACTOR)
        if not selectors.has_second_factor(user.pk):
            services.enrol_with(member, KEY, actor=ACTOR)
        return member


def new_member(name: str, role: Role, operator: Operator | None = None, *, password: str = PASSWORD) -> StaffMember:
    """A member with this role, this password and a second factor with KEY."""
    terms = services.MemberTerms(name=name, role=role, operator_id=operator.pk if operator else None)
    member, _ = services.create_member(terms=terms, actor=ACTOR)
    member.user.set_password(password)
    member.user.save()
    services.enrol_with(member, KEY, actor=ACTOR)
    return member


def code_of_now(key: bytes = KEY, *, ahead: int = 0) -> str:
    """What the app would show, now or that many times thirty seconds later."""
    return codes.code_at(key, codes.present_step() + ahead)


def browser_session(user: User) -> str:
    """The key of Django's session of a browser in which this user is logged in."""
    member_for(user)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[SESSION_FIELD] = str(_begin(user))
    session.save()
    return str(session.session_key)


def _begin(user: User) -> Any:
    return services.begin_session(user_id=user.pk, address="127.0.0.1", browser="a test").pk
