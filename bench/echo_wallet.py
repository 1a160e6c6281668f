"""
The operator of a benchmark: a bare ASGI application that says yes to every debit after a pause, keeps no books and
checks no signature, so that it costs next to nothing beside what is measured. ECHO_PAUSE_MS is the pause.

python -m uvicorn bench.echo_wallet:application --port PORT
"""

import asyncio
import os
from typing import Any

import msgspec

PAUSE_S = float(os.environ.get("ECHO_PAUSE_MS", "50")) / 1000


class Ask(msgspec.Struct):
    """What is echoed of a call."""

    request_id: str
    currency: str
    transaction_id: str = ""
    amount: str = ""


_decoder, _encoder = msgspec.json.Decoder(Ask), msgspec.json.Encoder()
_HEADERS = [(b"content-type", b"application/json")]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer one call of the wallet API."""
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    await asyncio.sleep(PAUSE_S)
    ask = _decoder.decode(body or b'{"request_id":"","currency":""}')
    answer = _encoder.encode(
        {
            "status": "ok",
            "request_id": ask.request_id,
            "transaction_id": ask.transaction_id,
            "amount": ask.amount,
            "currency": ask.currency,
            "balance": "1000.00",
        }
    )
    await send(
        {"type": "http.response.start", "status": 200, "headers": [*_HEADERS, (b"content-length", b"%d" % len(answer))]}
    )
    await send({"type": "http.response.body", "body": answer})
