"""What a member of staff may see on the desk: which tables, which operators, and of shared tables which rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from keno_platform.staff import gate
from operators.bound import bound_operator
from operators.models import Operator
from operators.selectors import list_operators


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """
    A member's view. `within` is the one operator whose people they are, None for the provider's own; `operator` the one
    whose books are open now.
    """

    request: HttpRequest
    within: UUID | None
    operator: Operator | None

    @property
    def user(self) -> User:
        """Who looks."""
        return cast("User", self.request.user)

    def sees(self, label: str) -> bool:
        """Whether a table (`wallet.transaction`) may be looked at."""
        app, _, model = label.partition(".")
        return bool(self.request.user.has_perm(f"{app}.view_{model}"))

    def narrowed(self, label: str, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Of a table's rows those that this member may see."""
        return gate.narrow(self.request, rows) if self.sees(label) else rows.none()

    def rows(self, label: str) -> QuerySet[Any]:
        """Of a shared table what its own page would list for this member, so nothing where that may not be opened."""
        page = admin.site._registry[apps.get_model(label)]
        rows: QuerySet[Any] = page.get_queryset(self.request)
        return rows if self.sees(label) else rows.none()

    def operators(self) -> Sequence[Operator]:
        """Whose books this member may open; the one that is picked first."""
        if self.within is not None:
            return list(list_operators().filter(pk=self.within))
        picked = self.operator.pk if self.operator else None
        return sorted(list_operators(), key=lambda one: one.pk != picked)


def sight_of(request: HttpRequest) -> Sight:
    """What whoever makes this request may see."""
    return Sight(request=request, within=gate.confined_to(request), operator=bound_operator())
