"""What the record tells of log-ins: who, from where, and whether they got in."""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth import signals
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest

from access import selectors, services
from access.models import Ending
from access.standing import SESSION_FIELD
from audit import services as audit
from operators.staff_record import staff_address

_NAME_MAX = 64


def connect() -> None:
    """Called once when Django is ready."""
    signals.user_logged_in.connect(_logged_in, dispatch_uid="record.logged_in")
    signals.user_logged_out.connect(_logged_out, dispatch_uid="record.logged_out")
    signals.user_login_failed.connect(_refused, dispatch_uid="record.log_in_refused")
    user_locked_out.connect(_locked_out, dispatch_uid="record.locked_out")


def _logged_in(sender: type[Model], request: HttpRequest, user: AbstractBaseUser, **_: object) -> None:
    _record("staff.logged_in", user.get_username(), request, "a member of staff logged in")


@transaction.atomic
def _logged_out(sender: type[Model], request: HttpRequest, user: AbstractBaseUser | None, **_: object) -> None:
    if user is None:
        return
    _record("staff.logged_out", user.get_username(), request, "a member of staff logged out")
    session = selectors.find_session(str(request.session.get(SESSION_FIELD, "")), user.pk)
    if session is not None:
        services.end_session(session, ending=Ending.LOGGED_OUT, actor=f"staff:{user.get_username()}")


def _refused(sender: str, credentials: dict[str, Any], request: HttpRequest | None = None, **_: object) -> None:
    # As it was typed, so not a name that anybody must have; never the password.
    typed = str(credentials.get("username", ""))[:_NAME_MAX].replace("\0", "")
    _record("staff.log_in_refused", typed, request, "a log-in with this name was refused")


def _locked_out(sender: str, request: HttpRequest, username: str | None = None, **_: object) -> None:
    typed = str(username or "")[:_NAME_MAX].replace("\0", "")
    _record("staff.locked_out", typed, request, "too many log-ins were refused: no more are looked at for a while")


def _record(event: str, name: str, request: HttpRequest | None, said: str) -> None:
    audit.record(event, description=said, actor=f"staff:{name[:_NAME_MAX]}", address=staff_address(request))
