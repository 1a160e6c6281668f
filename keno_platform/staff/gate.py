"""
Who stands at the staff's door, as pages of every room ask it. The room that knows staff answers: it plugs a keeper in
(see `access`), so that rooms below it can ask all the same.

- `confined_to`: the operator beyond which a member of staff sees nothing, if there is one.
- `narrow`: of a table's rows those that this member may see. Every page of `keno_platform.staff.pages` asks.
- `fresh_only`: a view that wants the password and a code again, if they were given more than five minutes ago.
- `saw`: puts on record that somebody looked at what belongs to one player.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

View = TypeVar("View", bound=Callable[..., Any])
Row = TypeVar("Row", bound=Model)


class Keeper(Protocol):
    """What the room that knows staff answers."""

    def confined_to(self, request: HttpRequest) -> UUID | None: ...
    def narrow(self, request: HttpRequest, rows: "QuerySet[Row]") -> "QuerySet[Row]": ...
    def confirm(self, request: HttpRequest) -> HttpResponse | None: ...
    def saw(self, request: HttpRequest, page: str, key: str, searched: str) -> None: ...


@dataclass(slots=True)
class Door:
    """The socket in the wall; one instance in this process."""

    keeper: Keeper | None = None


door = Door()


def _keeper() -> Keeper:
    if door.keeper is None:
        raise RuntimeError("nothing is plugged in that knows members of staff")
    return door.keeper


def confined_to(request: HttpRequest) -> UUID | None:
    """The id of the one operator whose rows this member of staff may see; None: no operator in particular."""
    return _keeper().confined_to(request)


def narrow(request: HttpRequest, rows: "QuerySet[Row]") -> "QuerySet[Row]":
    """Of these rows those that this member of staff may see. Doing it twice changes nothing."""
    return _keeper().narrow(request, rows)


def saw(request: HttpRequest, *, page: str, key: object = "", searched: str = "") -> None:
    """
    Record that a page with one player's data was shown, or a list was searched. `page` is what was looked at
    (`players.player`, `desk.bet`); what holds nobody's data in particular is not recorded.
    """
    _keeper().saw(request, page, str(key), searched)


def fresh_only(view: View) -> View:
    """
    A view of the request, or a page's method of it, for which password and code must have been given within five
    minutes. Otherwise the answer asks for them, leads back, and nothing has been done.
    """

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Any:
        request = next(one for one in args if isinstance(one, HttpRequest))
        return _keeper().confirm(request) or view(*args, **kwargs)

    return cast("View", answer)
