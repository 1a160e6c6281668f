"""A door for visitors of the demo: `/demo` on an operator's domain opens a session, as its backend would."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from operators.selectors import find_operator_by_domain
from operators.tenancy import tenant_context
from players.services import ensure_player, open_session

VISITOR = "demo-1"


def enter(request: HttpRequest) -> HttpResponse:
    """
    Send the visitor to the client, or with `lite=1` to the page without scripts, with a launch token. Exists in a demo
    installation only.
    """
    operator = find_operator_by_domain(request.get_host().partition(":")[0]) if settings.DEMO else None
    if operator is None:
        raise Http404
    with tenant_context(operator):
        player = ensure_player(operator=operator, token=VISITOR, currency=operator.currency_code)
        _, launch = open_session(operator=operator, player=player, language=operator.default_language, country="")
    where = "/lite" if request.GET.get("lite") == "1" else "/"
    return HttpResponseRedirect(f"{where}?launch={launch}")
