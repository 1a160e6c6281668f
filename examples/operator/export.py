"""What goes out of the book: the file for reconciliation, and the state for tests."""

import csv
import io
from typing import Any

from aiohttp import web

from examples.operator.book import Book, Entry
from examples.operator.money import show

COLUMNS = ("transaction_id", "kind", "amount", "currency", "status", "player_token", "created_at")
_KINDS = ("debit", "credit", "rollback")
_STATES = ("applied", "rolled_back", "tombstone")


class Exports:
    """GET /reconciliation.csv and .json (with `from` and `to`, RFC 3339), and /state."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/reconciliation.csv", self.as_csv),
            web.get("/reconciliation.json", self.as_json),
            web.get("/state", self.state),
        ]

    async def as_csv(self, request: web.Request) -> web.Response:
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS)
        writer.writeheader()
        writer.writerows(self._rows(request))
        headers = {"Content-Disposition": 'attachment; filename="baobab-transactions.csv"'}
        return web.Response(text=text.getvalue(), content_type="text/csv", headers=headers)

    async def as_json(self, request: web.Request) -> web.Response:
        return web.json_response({"transactions": self._rows(request)})

    def _rows(self, request: web.Request) -> list[dict[str, str]]:
        """Every transaction that counts, oldest first: refusals and rollbacks that found nothing to undo do not."""
        since, until = request.query.get("from", ""), request.query.get("to", "~")
        entries = self._book.entries(since=since, until=until)
        return [_row(entry) for entry in reversed(entries) if entry.kind in _KINDS and entry.state in _STATES]

    async def state(self, request: web.Request) -> web.Response:
        """Balances, how many transactions are in which state, and whose balance is not what it must be (nobody's)."""
        counts: dict[str, dict[str, int]] = {}
        for entry in self._book.entries():
            of_kind = counts.setdefault(entry.kind, {})
            of_kind[entry.state] = of_kind.get(entry.state, 0) + 1
        accounts: dict[str, Any] = {
            one.token: {"balance": show(one.balance, one.currency), "currency": one.currency, "blocked": one.blocked}
            for one in self._book.accounts()
        }
        return web.json_response({"accounts": accounts, "transactions": counts, "faults": self._book.faults()})


def _row(entry: Entry) -> dict[str, str]:
    values = (entry.transaction_id, entry.kind, entry.amount, entry.currency, entry.state)
    return dict(zip(COLUMNS, (*values, entry.player_token, entry.created_at), strict=True))
