"""The wallet as a Flask application: `flask --app wallet_flask run`."""

import os

from flask import Flask, Response, request
from keno_operator import CallKeys, CallVerifier, WalletEndpoint
from keno_operator.wallet import Accepted, Ask, BalanceAsk, Refused


def decide(ask: Ask) -> Accepted | Refused:
    """Your wallet. This one lets nobody stake, and pays nothing."""
    if isinstance(ask, BalanceAsk):
        return ask.ok(balance="100.00")
    return ask.refused("insufficient_funds")


verifier = CallVerifier(keys=CallKeys(os.environ["KENO_CALL_KEYS"]))
endpoint = WalletEndpoint(verifier, decide)
application = Flask(__name__)


@application.post("/keno/<call>")
def wallet(call: str) -> Response:
    status, answer = endpoint.answer(url=request.url, headers=dict(request.headers), body=request.get_data())
    return Response(answer, status=status, content_type="application/json")
