"""
The public page that checks a draw, on every host: the platform's and each operator's. It needs no credential, and it is
the same everywhere: no brand, and no operator's own words on what a check has found.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language_info, get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_safe

from fairness.checks import CHECKS
from localization.selectors import texts_for
from operators.selectors import find_operator_by_domain

LANGUAGES = dict(settings.LANGUAGES)
TEXT_PREFIX = "verify"
"""What the keys of this page's own texts begin with. The player's client is not sent them."""
SHARED_TEXTS = (
    "page.language",
    "page.needs_script",
    "round.number",
    "round.drawn_numbers",
    "board.your_picks",
    "bet.hits",
    "error.unexpected",
)
"""Texts of the player's client that this page shows too."""
SCRIPTS = ("balls", "chain", "choices", "folder", "house", "library", "main", "memory", "results", "texts")
"""The page's own scripts. Named in it with the library's, so that all is loaded before the network may be cut."""
LIBRARY = (
    "anchors",
    "beacon",
    "bytes",
    "case",
    "check_bets",
    "check_commitment",
    "check_document",
    "check_draw",
    "check_payout",
    "check_result",
    "documents",
    "draw",
    "drawn",
    "ed25519",
    "errors",
    "evidence",
    "forms",
    "hashing",
    "json",
    "merkle",
    "messages",
    "networks",
    "rpc",
    "rules",
    "seeds",
    "verify",
)
DRAW_SIZE = 20
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    # A chain's node is the visitor's own choice and is not told to this server, so no list of nodes can stand here.
    # Without encryption only nodes on the visitor's own machine. Nothing that comes from there is ever run or shown
    # as anything but text.
    "connect-src": "'self' https: http://localhost:* http://*.localhost:* http://127.0.0.1:*",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The page, in the language that is asked for, else the browser's, else the operator's."""
    language = _language(request)
    operator = find_operator_by_domain(request.get_host().partition(":")[0])
    texts = page_texts(language, second=operator.second_language if operator else "")
    context = {
        "language": language,
        "direction": "rtl" if get_language_info(language)["bidi"] else "ltr",
        "languages": settings.LANGUAGES,
        "texts": texts,
        "text": _by_part(texts),
        "checks": [(check.number, check.id, texts[f"verify_check.{check.id.replace('-', '_')}"]) for check in CHECKS],
        "balls": range(DRAW_SIZE),
        "scripts": SCRIPTS,
        "library": LIBRARY,
    }
    response = render(request, "play/verify.html", context)
    response["Content-Language"] = language
    response["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in POLICY.items())
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-cache"
    return response


def page_texts(language: str, *, second: str = "") -> dict[str, str]:
    """
    Everything that the page says, by key; in the second language what no native speaker has read. An operator's own
    wording has no place here: it is the one examined.
    """
    texts = texts_for(locale=language, second=second)
    return {key: text for key, text in texts.items() if is_own_text(key) or key in SHARED_TEXTS}


def is_own_text(key: str) -> bool:
    """Whether this page alone shows a text."""
    return key.startswith(TEXT_PREFIX)


def _by_part(texts: dict[str, str]) -> dict[str, dict[str, str]]:
    """Texts as a template can name them: `text.verify.title` for the key `verify.title`."""
    parts: dict[str, dict[str, str]] = {}
    for key, value in texts.items():
        part, _, name = key.partition(".")
        parts.setdefault(part, {})[name] = value
    return parts


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("lang", "")
    if asked in LANGUAGES:
        return asked
    for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    operator = find_operator_by_domain(request.get_host().partition(":")[0])
    return operator.default_language if operator else settings.LANGUAGE_CODE
