"""What the forms do. Each is one call of the API, and then leads to a page, so that loading that again does nothing."""

import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from keno_platform.http.problems import Unauthenticated, plain_problem
from play.brand import looks_of
from play.lite import protection, shown
from play.lite.calls import Answer, ask
from play.lite.pages import Table, game_page, in_session, refusal_page, typed_numbers, with_table
from play.lite.visits import PATH, find_session, forget, keep

_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
SEE_OTHER = 303


def _lead(address: str) -> HttpResponse:
    return HttpResponseRedirect(address, status=SEE_OTHER)


# --- the session ---


@require_POST
@with_table
def enter(table: Table) -> HttpResponse:
    """Swap the launch token for a session, and keep it."""
    body = {"launch_token": table.request.POST.get("launch", "")}
    answer = ask(table.request, "POST", "sessions/enter", language=table.words.for_errors, body=body)
    if not answer.is_good:
        return table.show(
            "door", status=answer.status, ended=True, session=None, reasons=shown.explain(table.words, answer.data)
        )
    return _kept(table.request, answer.data["session_token"], _lead(PATH))


@csrf_exempt  # the session's token in the header proves more than a form could
@require_POST
def take_over(request: HttpRequest) -> HttpResponse:
    """Go on here with the session that the client's page has; only that page can send the header."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return plain_problem(request, Unauthenticated())
    return _kept(request, token, HttpResponse(status=204))


def _kept(request: HttpRequest, token: str, response: HttpResponse) -> HttpResponse:
    found = find_session(looks_of(request).operator, token)
    if found is None:
        return plain_problem(request, Unauthenticated())
    keep(response, token=token, session=found[1])
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@with_table
def speak(table: Table) -> HttpResponse:
    """Go on in another language, if it is offered."""
    language = table.request.POST.get("language", "")
    response = _lead(PATH)
    if language in table.visit.operator.offered_languages:
        keep(response, token=table.visit.token, session=table.visit.session, language=language)
    return response


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the session on this device."""
    response = _lead(PATH)
    forget(response)
    return response


# --- the bet ---


@require_POST
@in_session
def place(table: Table) -> HttpResponse:
    """
    Place the bet of the form, under the key that the form has had from the start: however often it is sent, it is one
    bet. What is not known to be refused is asked for again, never told as failed.
    """
    form = table.request.POST
    key = form.get("key", "")
    picks = sorted({*typed_numbers(" ".join(form.getlist("n"))), *typed_numbers(form.get("typed", ""))})
    asked = {"game": form.get("game", ""), "picks": " ".join(map(str, picks)), "stake": form.get("stake", "").strip()}
    if not _KEY.fullmatch(key):
        return _lead(f"{PATH}?{urlencode(asked)}")
    answer = table.ask("POST", "bets", body=_slip(table, picks, asked, form.get("rounds", "")), key=f"lite-{key}")
    if answer.is_good:
        return _lead(f"{PATH}/bets/{answer.data['id']}")
    if answer.status == 401:
        return refusal_page(table, answer)
    if answer.data.get("retry") == "same_key":
        return _unknown(table, answer)
    reasons = [table.words("slip.refused"), *shown.explain(table.words, answer.data)]
    return game_page(table, asked, protected=protection.read(table), reasons=reasons, status=answer.status)


def _slip(table: Table, picks: list[int], asked: dict[str, str], rounds: str) -> dict[str, Any]:
    house = table.visit.house
    return {
        "game": asked["game"],
        "picks": picks,
        "stake": amount_of(asked["stake"], exponent=house.currency_exponent if house else 2),
        "currency": house.currency_code if house else "",
        "rounds": int(rounds) if rounds.isdecimal() and len(rounds) < 4 else 1,
    }


def amount_of(typed: str, *, exponent: int) -> str:
    """A typed amount with the currency's decimals; what is no amount stays as it is, and is refused as such."""
    text = typed.replace(",", ".").replace("\u066b", ".")
    whole, _, decimals = text.partition(".")
    if not (whole.isascii() and whole.isdecimal() and len(decimals) <= exponent and (decimals or "0").isdecimal()):
        return typed
    return f"{whole}.{decimals.ljust(exponent, '0')}" if exponent else whole


def _unknown(table: Table, answer: Answer) -> HttpResponse:
    """Nobody knows yet whether the bet was placed: the same form once more, with the same key."""
    form = table.request.POST
    fields = [(name, value) for name in ("key", "game", "stake", "rounds", "typed") for value in form.getlist(name)]
    fields += [("n", value) for value in form.getlist("n")]
    return table.show("unknown", status=answer.status, fields=fields)


# --- responsible play ---


@require_safe
@in_session
def limits(table: Table) -> HttpResponse:
    """Limits, what is used of them, the session's time and result, and breaks."""
    return _limits_page(table, protection.read(table))


def _limits_page(
    table: Table, protected: dict[str, Any], *, reasons: list[str] | None = None, status: int = 200
) -> HttpResponse:
    facts = protection.facts_of(table, protected) | {"reasons": reasons or [], "balance": table.balance()}
    return table.show("limits", status=status, **facts)


@require_POST
@in_session
def set_limit(table: Table) -> HttpResponse:
    """Set, change, remove or keep a limit of the player's own."""
    form, what = table.request.POST, table.request.POST.get("what", "")
    if not re.fullmatch(r"[a-z]+/[a-z]+", what):
        return _lead(f"{PATH}/limits")
    if "keep" in form:
        return _done(table, table.ask("DELETE", f"protection/limits/{what}/pending"))
    return _done(table, table.ask("PUT", f"protection/limits/{what}", body=_limit(table, what, form)))


def _limit(table: Table, what: str, form: Any) -> dict[str, Any]:
    typed, house = form.get("value", "").strip(), table.visit.house
    removes = "remove" in form
    if what.startswith("session/"):
        return {"minutes": None if removes else int(typed) if typed.isdecimal() and len(typed) < 6 else 0}
    return {"amount": None if removes else amount_of(typed, exponent=house.currency_exponent if house else 2)}


@require_POST
@in_session
def take_break(table: Table) -> HttpResponse:
    """A break or an exclusion, confirmed by a box, because nothing takes it back."""
    form = table.request.POST
    if "sure" not in form:
        wanted = [table.words("lite.confirm_first")]
        return _limits_page(table, protection.read(table), reasons=wanted, status=422)
    answer = table.ask("POST", "protection/exclusions", body=protection.exclusion_of(form.get("choice", "")))
    if not answer.is_good:
        return _done(table, answer)
    return _ended(table, exclusion=answer.data.get("exclusion"))


@require_POST
@in_session
def check(table: Table) -> HttpResponse:
    """The answer to the reality check: go on, or stop, which ends the session."""
    choice = "stop" if "stop" in table.request.POST else "continue"
    answer = table.ask("POST", "protection/reality-checks", body={"choice": choice})
    if answer.is_good and choice == "stop":
        return _ended(table)
    return _lead(PATH) if answer.is_good else refusal_page(table, answer)


def _done(table: Table, answer: Answer) -> HttpResponse:
    if answer.is_good:
        return _lead(f"{PATH}/limits")
    if answer.status == 401:
        return refusal_page(table, answer)
    reasons = shown.explain(table.words, answer.data)
    return _limits_page(table, protection.read(table), reasons=reasons, status=answer.status)


def _ended(table: Table, *, exclusion: dict[str, Any] | None = None) -> HttpResponse:
    """The session is over by the player's own decision: said, and forgotten on this device."""
    reasons = [protection.told(table, exclusion)] if exclusion else []
    response = table.show("door", ended=True, session=None, reasons=reasons)
    forget(response)
    return response
