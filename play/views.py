"""
The player's page, on each operator's own domain. The page itself knows no player: it is the same for everybody on the
domain, and its script enters the session.
"""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language_info
from django.views.decorators.http import require_safe

from localization.selectors import texts_for
from operators.models import Operator
from operators.selectors import find_operator_by_domain
from play.colors import brand_of
from play.verify import is_own_text

LANGUAGES = dict(settings.LANGUAGES)
TEXTS_MAX_AGE_S = 300
MODULES = (
    "api",
    "bets",
    "board",
    "clock",
    "door",
    "game",
    "history",
    "main",
    "money",
    "paytable",
    "placing",
    "roundview",
    "session",
    "slip",
    "stream",
    "texts",
)
"""The scripts of the page. Named in it, so that they are fetched at once and not one import after another."""


@require_safe
def client(request: HttpRequest) -> HttpResponse:
    """The client of the operator whose domain this is, in its language until a session says another."""
    operator = _operator_of(request)
    language = operator.default_language
    texts = texts_for(locale=language, operator_id=operator.pk)
    logo, logo_origin = _logo(operator)
    context = {
        "operator": operator,
        "logo": logo,
        "limits": {"min": operator.money(operator.min_bet), "max": operator.money(operator.max_bet)},
        "language": language,
        "direction": "rtl" if get_language_info(language)["bidi"] else "ltr",
        "languages": settings.LANGUAGES,
        "texts": _by_part(texts),
        "age_limit": texts["page.age_limit"].replace("{age}", str(operator.jurisdiction.minimum_age)),
        "brand_color": operator.primary_color,
        "modules": MODULES,
        "demo": settings.DEMO,
    }
    response = render(request, "play/client.html", context)
    response["Content-Language"] = language
    response["Content-Security-Policy"] = _policy(request, logo_origin)
    # The address of a launch carries a token: it goes nowhere else, and no cache keeps it.
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def brand(request: HttpRequest) -> HttpResponse:
    """The operator's colours as a style sheet, so that the page needs no inline style."""
    colors = brand_of(_operator_of(request).primary_color)
    sheet = (
        f":root{{--brand:{colors.color};--on-brand:{colors.text_on_color};--accent:{colors.accent_on_light}}}"
        f"@media (prefers-color-scheme:dark){{:root{{--accent:{colors.accent_on_dark}}}}}"
    )
    return HttpResponse(sheet, content_type="text/css", headers={"Cache-Control": "no-cache"})


@require_safe
def texts(request: HttpRequest, locale: str) -> HttpResponse:
    """The client's texts in one language, in the operator's own words where it has some."""
    operator = _operator_of(request)
    if locale not in LANGUAGES:
        raise Http404
    found = texts_for(locale=locale, operator_id=operator.pk)
    return JsonResponse(
        # Those of the page that checks a draw come with that page.
        {key: text for key, text in found.items() if not is_own_text(key)},
        json_dumps_params={"ensure_ascii": False},
        headers={"Cache-Control": f"max-age={TEXTS_MAX_AGE_S}", "Content-Language": locale},
    )


def _operator_of(request: HttpRequest) -> Operator:
    operator = find_operator_by_domain(request.get_host().partition(":")[0])
    if operator is None:
        raise Http404
    return operator


def _by_part(texts: dict[str, str]) -> dict[str, dict[str, str]]:
    """Texts as a template can name them: `texts.board.title` for the key `board.title`."""
    parts: dict[str, dict[str, str]] = {}
    for key, text in texts.items():
        part, _, name = key.partition(".")
        parts.setdefault(part, {})[name] = text
    return parts


def _logo(operator: Operator) -> tuple[str, str]:
    """The logo's address and, where it stands on another server, that server: only https, and nothing else of it."""
    address = urlsplit(operator.logo_url)
    if not address.scheme and not address.netloc and address.path.startswith("/"):
        return operator.logo_url, ""
    host = address.hostname or ""
    if address.scheme == "https" and host and set(host) <= _HOST_CHARACTERS and address.netloc.lower() == host:
        return operator.logo_url, f" https://{host}"
    return "", ""


_HOST_CHARACTERS = set("abcdefghijklmnopqrstuvwxyz0123456789.-")


def _policy(request: HttpRequest, logo_origin: str) -> str:
    """Everything from this host; sockets are named because not every browser counts them as 'self'."""
    host = request.get_host()
    directives: dict[str, Any] = {
        "default-src": "'self'",
        "img-src": f"'self'{logo_origin}",
        "connect-src": f"'self' ws://{host} wss://{host}",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())
