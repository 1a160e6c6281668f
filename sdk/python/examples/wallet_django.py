"""The wallet as a Django view: `path("keno/<str:call>", wallet)` in the URL conf."""

import os

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from keno_operator import CallKeys, CallVerifier, WalletEndpoint
from keno_operator.wallet import Accepted, Ask, BalanceAsk, Refused


def decide(ask: Ask) -> Accepted | Refused:
    """Your wallet. This one lets nobody stake, and pays nothing."""
    if isinstance(ask, BalanceAsk):
        return ask.ok(balance="100.00")
    return ask.refused("insufficient_funds")


verifier = CallVerifier(keys=CallKeys(os.environ["KENO_CALL_KEYS"]))
endpoint = WalletEndpoint(verifier, decide)


@csrf_exempt
@require_POST
def wallet(request: HttpRequest, call: str) -> HttpResponse:
    status, answer = endpoint.answer(url=request.build_absolute_uri(), headers=request.headers, body=request.body)
    return HttpResponse(answer, status=status, content_type="application/json")
