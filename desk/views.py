"""The desk's pages: search, stories and the inbox. Each reads, and shows; nothing is changed here."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from desk import inbox, search
from desk.inbox.items import words
from desk.pages import page, staff_page
from desk.sight import sight_of
from desk.stories import bets, players, rounds
from keno_platform.core import clock
from keno_platform.core.errors import MalformedRequest, Refusal
from keno_platform.staff import gate
from operators.bound import bound_operator
from operators.models import Operator


@staff_page()
def find(request: HttpRequest) -> HttpResponse:
    """Everything that a text names. One story alone is opened at once, where its books are open already."""
    term = search.read_term(request.GET.get("q", ""))
    sight = sight_of(request)
    hits = search.find(term, sight) if term else []
    if hits:
        gate.saw(request, page="desk.search", searched=request.GET["q"])
    stories = {hit.address for hit in hits if hit.is_story}
    only = hits[0] if len(stories) == 1 else None
    if only is not None and (only.operator is None or only.operator == sight.operator):
        return HttpResponseRedirect(only.address)
    typed = request.GET.get("q", "")
    return page(
        request,
        "desk/search.html",
        title=f"Found for “{typed}”" if typed else "Search",
        typed=typed,
        hits=hits,
        picked=sight.operator,
    )


@staff_page("bets.view_betstate", of_operator=True)
def bet(request: HttpRequest, bet_id: UUID) -> HttpResponse:
    """A bet's whole story."""
    operator = _operator()
    try:
        story = bets.tell(operator, bet_id, sight=sight_of(request))
    except Refusal as refusal:
        return _gone(request, "Bet", str(bet_id), refusal)
    gate.saw(request, page="desk.bet", key=bet_id)
    title = f"Bet {bet_id}"
    return page(request, "desk/story.html", title=title, story=story, kind="bet", status=story.bet.settlement_status)


@staff_page("rounds.view_round")
def round_(request: HttpRequest, round_id: int) -> HttpResponse:
    """A round's whole story."""
    try:
        story = rounds.tell(round_id, operator=bound_operator(), sight=sight_of(request))
    except Refusal as refusal:
        return _gone(request, "Round", str(round_id), refusal)
    one = story.round
    title = f"Round {one.pk}: number {one.number} of {one.game}"
    return page(request, "desk/story.html", title=title, story=story, kind="round", status=one.status)


@staff_page("players.view_player", of_operator=True)
def player(request: HttpRequest) -> HttpResponse:
    """What a player did, the newest first."""
    operator, token = _operator(), request.GET.get("token", "")
    try:
        before = _place(request.GET.get("before"))
        story = players.tell(operator, token, now=clock.now(), before=before, sight=sight_of(request))
    except Refusal as refusal:
        return _gone(request, "Player", token, refusal)
    gate.saw(request, page="desk.player", key=story.player.pk)
    return page(request, "desk/player.html", title=f"Player {token}", story=story)


@staff_page()
def to_do(request: HttpRequest) -> HttpResponse:
    """What needs a human now."""
    sight, now = sight_of(request), clock.now()
    found = inbox.gather(sight, now=now)
    rows = [
        {
            "item": item,
            "age": item.age(now),
            "late": item.is_late(now),
            "due_in": words(item.due_at - now),
            "elsewhere": item.operator is not None and item.operator != sight.operator,
        }
        for item in found
    ]
    late = sum(item.is_late(now) for item in found)
    return page(request, "desk/inbox.html", title="Needs a human", rows=rows, late=late, at=now)


def _operator() -> Operator:
    operator = bound_operator()
    if operator is None:
        raise Http404
    return operator


def _place(text: str | None) -> UUID | None:
    """:raises MalformedRequest: it is no place that a story gave."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise MalformedRequest("before is not a place that this page gave.") from error


def _gone(request: HttpRequest, what: str, key: str, refusal: Refusal) -> HttpResponse:
    """What is not there, or is in the archive, said in words: not found, and where to look instead."""
    status = 422 if isinstance(refusal, MalformedRequest) else 404
    context: dict[str, Any] = {"what": what, "key": key, "refusal": refusal, "search": reverse("desk-search")}
    answer = page(request, "desk/gone.html", title=f"{what} not found", **context)
    answer.status_code = status
    return answer
