"""The staff's home page: what matters now. Each figure is read from the tables when the page is asked for."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from desk.home import installation, money
from desk.sight import sight_of
from keno_platform.staff import gate
from rounds.selectors import database_now


def add_figures(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The home page's context with its panels; those of money only when an operator is picked."""
    if not request.user.is_authenticated:
        return context
    sight, now = sight_of(request), database_now()
    panels = [*installation.panels(sight, now), *money.panels(sight, now)]
    gate.saw(request, page="desk.home")
    return {
        **context,
        "title": "Home",
        "panels": panels,
        "figures": [figure for panel in panels for figure in panel.figures],
        "inbox_address": reverse("desk-inbox"),
        "picked": sight.operator,
    }
