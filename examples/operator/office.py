"""The page of the operator's staff: what came from the platform, and whether the book is in order."""

from aiohttp import web

from examples.operator.book import Account, Book, Entry
from examples.operator.database import Database
from examples.operator.html import Markup, balance_of, effect_of, fill, page, rows, time_of
from examples.operator.notes import Notes

SHOWN = 50


class Office:
    """GET /office, and blocking a player."""

    def __init__(self, database: Database, book: Book, notes: Notes) -> None:
        self._database, self._book, self._notes = database, book, notes

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/office", self.show), web.post("/office/block", self.block)]

    async def show(self, request: web.Request) -> web.Response:
        faults = self._book.faults()
        verdict = "every balance is the sum of its transactions."
        if faults:
            verdict = f"the balances of {', '.join(faults)} are NOT the sum of their transactions!"
        messages = [_message(*row) for row in self._notes.webhooks(SHOWN)]
        return page(
            "office",
            "Office",
            None,
            verdict=verdict,
            figures=Markup("".join(_figure(what, count) for what, count in self._book.counts())),
            players=rows([_player(one) for one in self._book.accounts()[:SHOWN]]),
            transactions=rows([_transaction(entry) for entry in self._book.entries(limit=SHOWN)]),
            webhooks=rows(messages),
        )

    async def block(self, request: web.Request) -> web.Response:
        """Block a player, or let one play again."""
        form = await request.post()
        player, blocked = str(form.get("player", "")), form.get("blocked") == "1"
        await self._database.write(lambda: self._book.set_blocked(player, blocked))
        return web.Response(status=303, headers={"Location": "/office"})


def _figure(what: str, count: int) -> Markup:
    return fill("<div><b>$count</b>$what</div>", count=f"{count:,}", what=what)


def _player(one: Account) -> Markup:
    return fill(
        '<tr><td>$name</td><td class="number">$balance</td><td>$allowed</td><td>'
        '<form method="post" action="/office/block"><input type="hidden" name="player" value="$token">'
        '<button class="quiet" name="blocked" value="$turn">$action</button></form></td></tr>',
        name=one.name,
        balance=balance_of(one),
        allowed="blocked" if one.blocked else "yes",
        token=one.token,
        turn="0" if one.blocked else "1",
        action="Allow" if one.blocked else "Block",
    )


def _transaction(entry: Entry) -> Markup:
    return fill(
        '<tr title="$id"><td>$kind</td>$effect<td>$player</td><td>$answered</td><td>$state</td><td>$time</td></tr>',
        id=entry.transaction_id,
        time=time_of(entry.created_at),
        player=entry.player_token,
        kind=entry.kind,
        effect=effect_of(entry),
        answered=entry.answered,
        state=entry.state,
    )


def _message(webhook_id: str, kind: str, body: str, received_at: str) -> Markup:
    return fill(
        '<tr title="$id"><td>$kind</td><td>$time</td><td class="wide" title="$body">$body</td></tr>',
        id=webhook_id,
        time=time_of(received_at),
        kind=kind,
        body=body,
    )
