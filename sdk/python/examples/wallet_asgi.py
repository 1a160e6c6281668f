"""The wallet as an ASGI application, without any framework: `uvicorn wallet_asgi:application`."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from keno_operator import CallKeys, CallVerifier, WalletEndpoint
from keno_operator.wallet import Accepted, Ask, BalanceAsk, Refused

Message = dict[str, Any]


def decide(ask: Ask) -> Accepted | Refused:
    """Your wallet. This one lets nobody stake, and pays nothing."""
    if isinstance(ask, BalanceAsk):
        return ask.ok(balance="100.00")
    return ask.refused("insufficient_funds")


verifier = CallVerifier(keys=CallKeys(os.environ["KENO_CALL_KEYS"]))
endpoint = WalletEndpoint(verifier, decide)


async def application(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    url = f"{scope['scheme']}://{headers['host']}{scope['path']}"
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    status, answer = await endpoint.answer_async(url=url, headers=headers, body=body, method=scope["method"])
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": answer})
