"""Messages from the platform about what has happened: checked, kept once each, and shown on the office page."""

import logging

from aiohttp import web
from keno_operator import WebhookInvalid, WebhookVerifier

from examples.operator.database import Database
from examples.operator.notes import Notes

log = logging.getLogger("baobab.webhooks")


class Webhooks:
    """POST /webhooks. Without a secret nothing can be checked, and so nothing is taken."""

    def __init__(self, database: Database, notes: Notes, secrets: list[str]) -> None:
        self._database, self._notes = database, notes
        self._verifier = WebhookVerifier(*secrets) if secrets else None

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/webhooks", self.handle)]

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self._verifier is None:
            log.error("a webhook came, but this operator was started without its secret (KENO_WEBHOOK_SECRET)")
            return web.Response(status=503)
        try:
            event = self._verifier.verify(headers=request.headers, body=body)
        except WebhookInvalid as error:
            log.warning("a webhook was refused: %s", error)
            return web.Response(status=401)
        new = await self._database.write(lambda: self._notes.add_webhook(event.id, event.type, body.decode()))
        log.info("webhook %s %s%s", event.type, event.id, "" if new else " (again)")
        return web.Response(status=204)
