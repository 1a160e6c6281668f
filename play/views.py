"""
The player's page, on each operator's own domain. The page itself knows no player: it is the same for everybody on the
domain, and its script enters the session.
"""

import json
from contextlib import suppress
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import get_language_info
from django.views.decorators.http import require_safe

from localization.catalogue import BUNDLES, keys_of
from localization.selectors import errors_language, texts_for, texts_version
from operators.models import Operator
from operators.preview import PARAMETER
from operators.selectors import find_operator_by_domain
from play import demo
from play.brand import looks_of, policy
from play.building import read_build

LANGUAGES = dict(settings.LANGUAGES)
ERRORS_KEY = "@errors"
"""Beside the texts, where it is not theirs: the language in which the client asks for the server's errors."""
FOR_EVER = "public, max-age=31536000, immutable"
FIRST_TEXTS = (
    "page.loading",
    "page.try_again",
    "page.language",
    "page.age_limit",
    "page.responsible_play",
    "connection.lost",
)
"""What the page itself brings of its texts: enough to say that no others could be had."""


@require_safe
def client(request: HttpRequest) -> HttpResponse:
    """The client of the operator whose domain this is, in its language until a session says another."""
    looks = looks_of(request)
    operator, language = looks.operator, looks.language
    texts = texts_for(locale=language, operator_id=operator.pk, second=operator.second_language)
    context = {
        "operator": operator,
        "looks": looks,
        "ancestors": " ".join(looks.ancestors),
        "offered": json.dumps([(code, LANGUAGES[code]) for code in operator.offered_languages], ensure_ascii=False),
        "language": language,
        "direction": "rtl" if get_language_info(language)["bidi"] else "ltr",
        "texts": _by_part(texts),
        "first_texts": json.dumps({key: texts[key] for key in FIRST_TEXTS}, ensure_ascii=False),
        "texts_version": texts_version(operator_id=operator.pk, second=operator.second_language),
        "brand_color": operator.primary_color,
        "build": read_build(),
        "demo": settings.DEMO,
        "lite": _lite_address(request),
        # A frame stays where it is: the page without scripts is shown in none.
        "leads_to_lite": request.headers.get("Sec-Fetch-Dest") not in ("iframe", "frame"),
    }
    response = render(request, "play/client.html", context)
    response["Content-Language"] = language
    response["Content-Security-Policy"] = policy(looks, host=request.get_host())
    if looks.ancestors:  # the older header knows all or none, so it is left out where the policy names some
        response.xframe_options_exempt = True
    # The address of a launch carries a token: it goes nowhere else, and no cache keeps it.
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def entry(request: HttpRequest) -> HttpResponse:
    """A name for either rendering: the client, or with `lite=1` the page without scripts. What else is asked stays."""
    asked = request.GET.copy()
    where = "/lite" if asked.pop("lite", ["0"])[-1] == "1" else "/"
    response = HttpResponseRedirect(f"{where}?{asked.urlencode()}" if asked else where)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """The client in looks that are not saved, for play money where there is demo play; else its page alone."""
    looks = looks_of(request)
    if not looks.preview:
        raise Http404
    address = {PARAMETER: looks.preview}
    with suppress(demo.DemoUnavailable):
        address["launch"] = demo.open_preview_session(operator=looks.operator, language=looks.language)
    response = HttpResponseRedirect(f"/?{urlencode(address)}")
    response.xframe_options_exempt = True
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps the client on the device; the same on every operator's domain."""
    context = {"build": read_build(), "directory": f"{settings.STATIC_URL}play/build/", "preview": PARAMETER}
    script = render(request, "play/sw.js", context, content_type="text/javascript")
    script["Cache-Control"] = "no-cache"
    script["Content-Security-Policy"] = "default-src 'none'; connect-src 'self'"
    return script


@require_safe
def icon(_: HttpRequest) -> HttpResponse:
    """What browsers ask for by themselves beside a page that names no icon, such as a printed report."""
    return redirect(static("play/keno.svg"), permanent=False)


@require_safe
def texts(request: HttpRequest, bundle: str, locale: str) -> HttpResponse:
    """
    Some of the client's texts in one language, in the operator's own words where it has some.

    `v` is the version that the page was made with: while it is the present one, the answer holds for ever under this
    address. Under any other it holds only until it is asked for again, so that old words are kept by no cache.
    """
    operator = _operator_of(request)
    if locale not in LANGUAGES or bundle not in BUNDLES:
        raise Http404
    second = operator.second_language
    current = request.GET.get("v") == texts_version(operator_id=operator.pk, second=second)
    found = texts_for(locale=locale, operator_id=operator.pk, keys=keys_of(bundle), second=second)
    if (errors := errors_language(locale=locale, second=second)) != locale:
        found[ERRORS_KEY] = errors
    return JsonResponse(
        found,
        json_dumps_params={"ensure_ascii": False, "separators": (",", ":")},
        headers={"Cache-Control": FOR_EVER if current else "no-cache", "Content-Language": locale},
    )


def _lite_address(request: HttpRequest) -> str:
    """Where a browser without scripts goes on, with the launch that it came with."""
    launch = request.GET.get("launch", "")
    return f"/lite?{urlencode({'launch': launch})}" if launch else "/lite"


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
