"""What the pages show: the game, a bet, the lists, responsible play."""

import secrets
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language_info
from django.views.decorators.http import require_safe

from keno_platform.core import clock
from play.brand import policy
from play.lite import protection, shown
from play.lite.calls import Answer, ask
from play.lite.visits import PATH, Visit, forget, visit_of
from play.lite.words import Words

LANGUAGES = dict(settings.LANGUAGES)
SHOWN_MAX = 20
PENDING_MAX = 5
QUICK_DEFAULT = 5
ROUNDS = (1, 2, 3, 5, 10, 20)
RANDOM = secrets.SystemRandom()


class Refused(Exception):
    """The API refused a call that the page cannot do without."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.code)
        self.answer = answer


class Table:
    """A player's place at these pages: who is there, in which words, and the API on that player's behalf."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.visit: Visit = visit_of(request)
        self.words = Words(operator=self.visit.operator, house=self.visit.house, language=self.visit.language)

    def ask(self, method: str, path: str, *, body: Any = None, key: str = "") -> Answer:
        """One call of the API in the player's session and language."""
        visit = self.visit
        return ask(self.request, method, path, token=visit.token, language=self.words.for_errors, body=body, key=key)

    def get(self, path: str) -> Any:
        """
        What a call answers.

        :raises Http404: there is no such thing. :raises Refused: any other refusal.
        """
        answer = self.ask("GET", path)
        if answer.status == 404:
            raise Http404
        if not answer.is_good:
            raise Refused(answer)
        return answer.data

    def balance(self) -> str:
        """The player's money; empty while the operator's wallet does not say."""
        session = self.visit.session
        answer = self.ask("GET", f"wallet/accounts/{quote(session.player.token)}") if session else None
        return self.words.money(answer.data["balance"]) if answer and answer.is_good else ""

    def show(self, template: str, *, status: int = 200, refresh: int = 0, **context: Any) -> HttpResponse:
        """A page. With `refresh` it loads itself again after so many seconds."""
        whole = _around(self) | context | {"refresh": refresh}
        response = render(self.request, f"play/lite/{template}.html", whole, status=status)
        return dressed(self, response)


View = Callable[..., HttpResponse]


def with_table(view: View) -> View:
    """Gives a view the table of its request; what the API refuses on the way becomes a page."""

    @wraps(view)
    def answer(request: HttpRequest, **names: Any) -> HttpResponse:
        table = Table(request)
        try:
            return view(table, **names)
        except Refused as refused:
            return refusal_page(table, refused.answer)

    return answer


def in_session(view: View) -> View:
    """The same for pages of a session: without one they lead to the door."""

    @wraps(view)
    def answer(table: Table, **names: Any) -> HttpResponse:
        if table.visit.session is None:
            return HttpResponseRedirect(PATH)
        return view(table, **names)

    return with_table(answer)


def refusal_page(table: Table, answer: Answer) -> HttpResponse:
    """Why the API refused what a page needs; the door where the session has ended."""
    if answer.status == 401:
        response = table.show("door", status=401, ended=True, session=None)
        forget(response)
        return response
    return table.show("refused", status=answer.status, reasons=shown.explain(table.words, answer.data))


def dressed(table: Table, response: HttpResponse) -> HttpResponse:
    """The headers of every page here. Forms name their origin only where the referrer is not withheld."""
    response["Content-Language"] = table.visit.language
    response["Content-Security-Policy"] = policy(
        table.visit.looks,
        host=table.request.get_host(),
        form_action="'self'",
        frame_ancestors="'none'",
        script_src="'none'",
        connect_src="'none'",
    )
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response


def _around(table: Table) -> dict[str, Any]:
    visit, words = table.visit, table.words
    operator, session = visit.operator, visit.session
    info = get_language_info(visit.language)
    cashier = session.cashier_url or ("" if session.demo_for else operator.cashier_url) if session else ""
    return {
        "t": words.by_part(),
        "looks": visit.looks,
        "language": visit.language,
        "direction": "rtl" if info["bidi"] else "ltr",
        "board_direction": "rtl" if info["bidi"] and operator.board_order == "mirrored" else "ltr",
        "languages": [(code, LANGUAGES[code]) for code in operator.offered_languages],
        "brand": (session and session.brand) or operator.name,
        "session": session,
        "home": (session and session.lobby_url) or operator.home_url,
        "cashier": cashier,
        "age": words("page.age_limit", age=operator.jurisdiction.minimum_age),
        "demo_site": settings.DEMO,
    }


# --- the game ---


@require_safe
@with_table
def game(table: Table) -> HttpResponse:
    """The door, the way in, the reality check, or the game."""
    launch = table.request.GET.get("launch", "")
    if launch:
        return table.show("enter", launch=launch)
    if table.visit.session is None:
        return table.show("door", ended=False)
    protected = protection.read(table)
    if protection.check_is_due(protected):
        return protection.check_page(table, protected)
    return game_page(table, table.request.GET, protected=protected)


def game_page(
    table: Table,
    asked: Mapping[str, str],
    *,
    protected: dict[str, Any],
    reasons: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The game with what the player had filled in, or what the address asks for; and why a bet was not accepted."""
    games = [one for one in table.get("games") if one["active"]]
    if not games:
        return table.show("refused", reasons=[table.words("round.closed")], status=status, balance=table.balance())
    chosen = next((one for one in games if one["code"] == asked.get("game")), games[0])
    counts = [row["pick_count"] for row in table.get("paytables/active")["picks"]]
    picks = picks_of(asked, counts)
    facts: dict[str, Any] = {
        "games": games,
        "game": chosen,
        "round": _round_now(table, chosen["code"]),
        "board": [(number, number in picks) for number in shown.BOARD],
        "choose": table.words("board.choose", max=max(counts)),
        "counts": counts,
        "quick_default": QUICK_DEFAULT,
        "stake": asked.get("stake", "") or chosen["min_stake"],
        "stake_range": _stake_range(table, chosen),
        "rounds": ROUNDS if protected["profile"]["autobet_allowed"] else (),
        "key": secrets.token_urlsafe(18),
        "pending": _pending(table),
        "balance": table.balance(),
        "reasons": reasons or [],
    }
    return table.show("game", status=status, **facts)


def picks_of(asked: Mapping[str, str], counts: list[int]) -> set[int]:
    """Numbers that an address names: `picks` as typed, or `quick` for so many at random."""
    quick = asked.get("quick", "")
    if quick.isdecimal() and int(quick) in counts:
        return set(RANDOM.sample(list(shown.BOARD), int(quick)))
    return set(typed_numbers(asked.get("picks", "")))


def typed_numbers(text: str) -> list[int]:
    """The numbers in a text, whatever stands between them, without those that are not on the board."""
    spaced = "".join(each if each.isdecimal() else " " for each in text)
    return [int(one) for one in spaced.split() if len(one) <= 3 and int(one) in shown.BOARD]


def _stake_range(table: Table, chosen: dict[str, Any]) -> str:
    bounds = {"min": table.words.money(chosen["min_stake"]), "max": table.words.money(chosen["max_stake"])}
    return table.words("slip.stake_range", **bounds)


def _round_now(table: Table, code: str) -> dict[str, Any]:
    answer = table.ask("GET", f"games/{code}/rounds/current")
    if not answer.is_good:
        return {"number": "", "phase": table.words("round.closed")}
    now = clock.from_text(answer.data["server_time"])
    return {
        "number": table.words("round.number", number=answer.data["number"]),
        "phase": shown.phase_of(table.words, answer.data, now),
    }


def _pending(table: Table) -> list[shown.ShownBet]:
    found = table.get(f"bets?{urlencode({'status': 'pending', 'limit': PENDING_MAX})}")
    return [shown.show_bet(table.words, bet) for bet in found["results"]]


# --- bets and results ---


@require_safe
@in_session
def bet(table: Table, bet_id: UUID) -> HttpResponse:
    """One bet: what was asked, and what became of it. It looks again by itself while the draw is awaited."""
    found = table.get(f"bets/{bet_id}")
    one = table.get(f"rounds/{found['round_id']}")
    now, drawn = clock.now(), one["numbers"] or []
    waits = found["status"] == "pending"
    picks = set(found["picks"])
    facts: dict[str, Any] = {
        "bet": shown.show_bet(table.words, found, number=one["number"], drawn=drawn),
        "phase": shown.phase_of(table.words, one, now) if waits else "",
        "drawn": [(number, number in picks) for number in sorted(drawn)],
        "verify": f"/verify?{urlencode({'round': found['round_id'], 'lang': table.visit.language})}",
        "balance": table.balance(),
    }
    return table.show("bet", refresh=shown.refresh_after(one, now) if waits else 0, **facts)


@require_safe
@in_session
def history(table: Table) -> HttpResponse:
    """The player's bets, newest first, with older ones behind a link."""
    cursor = table.request.GET.get("cursor", "")
    page = table.get(f"bets?{urlencode({'limit': SHOWN_MAX} | ({'cursor': cursor} if cursor else {}))}")
    bets = [shown.show_bet(table.words, one) for one in page["results"]]
    return table.show("history", bets=bets, older=_cursor_of(page["next"]))


def _cursor_of(address: str | None) -> str:
    """The address of the older ones here, of that in the API."""
    return f"{PATH}/history?{address.partition('?')[2]}" if address else ""


@require_safe
@in_session
def results(table: Table) -> HttpResponse:
    """The latest draws of each game."""
    found = [
        (one["name"], [_shown_draw(table, draw) for draw in table.get(f"games/{one['code']}/draws?count=10")])
        for one in table.get("games")
        if one["active"]
    ]
    return table.show("results", games=found)


def _shown_draw(table: Table, one: dict[str, Any]) -> tuple[str, list[int]]:
    return table.words("round.number", number=one["number"]), sorted(one["numbers"] or [])


@require_safe
@in_session
def paytable(table: Table) -> HttpResponse:
    """What every number of picks pays, with its exact return."""
    words = table.words
    rows = [
        {
            "count": row["pick_count"],
            "pays": [(hits, f"× {pays}") for hits, pays in row["multipliers"].items() if float(pays)],
            "rtp": words("paytable.rtp", percent=words.percent(row["rtp"])),
        }
        for row in table.get("paytables/active")["picks"]
    ]
    return table.show("paytable", rows=rows)
