"""What of a page on an operator's domain is the operator's: its looks, its colours, and who may show it in a frame."""

import re
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from operators.looks import logo_source
from operators.models import Operator
from operators.preview import PARAMETER, find_preview
from operators.selectors import find_operator_by_domain
from play.colors import Brand, brand_of

_ORIGIN = re.compile(r"https?://[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """
    An operator as a page shows it. In a preview the operator has looks that are not saved, `preview` is the signed
    parameter that says so, and `theme` may be forced.
    """

    operator: Operator
    language: str
    logo: str
    logo_source: str
    ancestors: list[str]
    preview: str = ""
    theme: str = ""

    @property
    def sheet(self) -> str:
        """The address of the style sheet with the operator's colours."""
        return f"/brand.css?{PARAMETER}={self.preview}" if self.preview else "/brand.css"


def looks_of(request: HttpRequest) -> Looks:
    """
    The looks of the operator whose domain this is.

    :raises Http404: no operator's domain, or a preview that is over.
    """
    operator = find_operator_by_domain(request.get_host().partition(":")[0])
    if operator is None:
        raise Http404
    asked, preview, ancestors = request.GET.get(PARAMETER, ""), None, operator.frame_ancestors
    if asked:
        preview = find_preview(asked, operator)
        if preview is None:
            raise Http404
        preview.apply(operator)
        ancestors = [preview.origin]
    source = logo_source(operator.logo_url)
    return Looks(
        operator=operator,
        language=preview.language if preview else operator.default_language,
        logo="" if source is None else operator.logo_url,
        logo_source=source or "",
        # What is no plain origin is left out, and so may not.
        ancestors=[origin for origin in ancestors if _ORIGIN.fullmatch(origin)],
        preview=asked,
        theme=preview.theme if preview else "",
    )


@require_safe
def sheet(request: HttpRequest) -> HttpResponse:
    """The operator's colours as a style sheet, so that a page needs no inline style."""
    colors = sheet_of(brand_of(looks_of(request).operator.primary_color))
    return HttpResponse(colors, content_type="text/css", headers={"Cache-Control": "no-cache"})


def sheet_of(colors: Brand) -> str:
    """The colours of a brand on the light and on the dark page, as the device or `data-theme` asks."""
    dark = f"{{--accent:{colors.accent_on_dark}}}"
    return (
        f":root{{--brand:{colors.color};--on-brand:{colors.text_on_color};--accent:{colors.accent_on_light}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){dark}}}"
        f":root[data-theme=dark]{dark}"
    )


def policy(looks: Looks, *, host: str, form_action: str = "'none'", **more: str) -> str:
    """
    The content security policy of a page: everything from this host, and the logo from where it is. `more` are other
    directives, such as `connect_src`.
    """
    directives = {
        "default-src": "'self'",
        "img-src": " ".join(("'self'", *filter(None, (looks.logo_source,)))),
        # Sockets are named because not every browser counts them as 'self'.
        "connect-src": f"'self' ws://{host} wss://{host}",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": form_action,
        "frame-ancestors": " ".join(looks.ancestors) or "'none'",
    } | {name.replace("_", "-"): value for name, value in more.items()}
    return "; ".join(f"{name} {value}" for name, value in directives.items())
