"""The wallet over HTTP: check the signature over the raw bytes, read, carry out, answer, and log a line."""

import hashlib
import logging
import time

from aiohttp import web
from keno_operator import CallMalformed, CallVerifier, NotVerified, read_call, refuse_unverified
from keno_operator.wallet import Ask

from examples.operator.database import Database
from examples.operator.notes import Notes
from examples.operator.wallet import Wallet

log = logging.getLogger("baobab.calls")


class WalletCalls:
    """
    POST {base}/balance, /debit, /credit and /rollback.

    With `by_path`, the verifier knows the public address itself, and takes the path below it.
    """

    def __init__(
        self, database: Database, notes: Notes, wallet: Wallet, verifier: CallVerifier, *, by_path: bool = False
    ) -> None:
        self._database, self._notes, self._wallet, self._verifier = database, notes, wallet, verifier
        self._by_path = by_path

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/wallet/{call:balance|debit|credit|rollback}", self.handle)]

    async def handle(self, request: web.Request) -> web.Response:
        """Any one of the calls."""
        started, name, body = time.perf_counter(), request.match_info["call"], await request.read()
        request_id = request.headers.get("X-Request-Id", "")
        url = name if self._by_path else str(request.url)
        try:
            await self._verifier.verify_async(method=request.method, url=url, headers=request.headers, body=body)
            ask = read_call(name, body, request_id=request_id)
            status, answer = await self._database.write(lambda: self._once(name, ask, body))
        except NotVerified as error:
            log.warning("%s refused, it is not signed as it must be: %s (request %s)", name, error, request_id)
            status, answer = 401, refuse_unverified(request.headers, body, error).body()
        except CallMalformed as error:
            log.error("%s cannot be read: %s (request %s)", name, error, request_id)
            return web.json_response({"status": "malformed", "message": str(error)}, status=400)
        took_ms = (time.perf_counter() - started) * 1000
        log.info("%s %s -> %d %s (%.1f ms)", name, body.decode(errors="replace"), status, answer.decode(), took_ms)
        return web.Response(body=answer, status=status, content_type="application/json")

    def _once(self, name: str, ask: Ask, body: bytes) -> tuple[int, bytes]:
        """Carry the call out, or give the answer that the very same request was given before. All or nothing."""
        digest = hashlib.sha256(name.encode() + body).digest()
        seen = self._notes.seen(ask.request_id, digest)
        if seen is not None:
            return seen
        answer = self._wallet.answer(ask).body()
        self._notes.remember(ask.request_id, digest, 200, answer)
        return 200, answer
