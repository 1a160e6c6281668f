"""The pages of players. Whoever picks a player is that player: there are no passwords in a demo."""

import logging
import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from keno_operator import AsyncKenoClient, KenoError

from examples.operator.book import Account, Book, Entry
from examples.operator.database import Database
from examples.operator.html import HERE, STATES, WORDS, Markup, balance_of, effect_of, fill, page, rows, time_of
from examples.operator.money import show, whole
from examples.operator.notes import Notes

log = logging.getLogger("baobab.pages")
COOKIE = "baobab_player"
Handler = Callable[[web.Request, Account], Awaitable[web.StreamResponse]]


class Pages:
    """The door, the lobby, the game in its frame, and the player's history."""

    def __init__(self, database: Database, book: Book, notes: Notes, keno: AsyncKenoClient) -> None:
        self._database, self._book, self._notes, self._keno = database, book, notes, keno

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.static("/static", HERE / "static"),
            web.get("/", self.front),
            web.post("/login", self.login),
            web.post("/logout", self.logout),
            web.get("/game", self._for_player(self.game)),
            web.get("/history", self._for_player(self.history)),
            web.get("/balance.json", self._for_player(self.balance)),
            web.post("/deposit", self._for_player(self.deposit)),
        ]

    def _player(self, request: web.Request) -> Account | None:
        return self._book.account(request.cookies.get(COOKIE, ""))

    def _for_player(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            account = self._player(request)
            return _see("/") if account is None else await handler(request, account)

        return handle

    async def front(self, request: web.Request) -> web.Response:
        account = self._player(request)
        if account is None:
            players = [_card(one) for one in self._book.accounts() if not one.blocked]
            return page("door", "Welcome", None, players=Markup("".join(players)))
        balance = show(account.balance, account.currency)
        return page("lobby", "Lobby", account, name=account.name, balance=balance, currency=account.currency)

    async def login(self, request: web.Request) -> web.Response:
        account = self._book.account(str((await request.post()).get("player", "")))
        answer = _see("/")
        if account is not None:
            answer.set_cookie(COOKIE, account.token, httponly=True, samesite="Lax")
        return answer

    async def logout(self, request: web.Request) -> web.Response:
        """Ends the player's sessions here at once, and at the platform too."""
        account = self._player(request)
        if account is not None:
            token = account.token
            for session_id in await self._database.write(lambda: self._notes.end_sessions(token)):
                try:
                    await self._keno.revoke_session(session_id)
                except KenoError as error:
                    log.warning("session %s was not ended at the platform: %s", session_id, error)
        answer = _see("/")
        answer.del_cookie(COOKIE)
        return answer

    async def game(self, request: web.Request, account: Account) -> web.Response:
        """Each visit opens a session, because a launch address works once."""
        here = f"{request.scheme}://{request.host}"
        try:
            opened = await self._keno.open_session(
                player_token=account.token, currency=account.currency, lobby_url=here, history_url=f"{here}/history"
            )
        except KenoError as error:
            log.error("no session for %s: %s; %s", account.token, error, error.doc_url)
            return page("trouble", "Keno", account, status=502, what=f"The platform says: {error}")
        await self._database.write(lambda: self._notes.add_session(str(opened.session_id), account.token))
        url = urlsplit(opened.launch_url)
        origin = f"{url.scheme}://{url.netloc}"
        return page("game", "Keno", account, frames=origin, launch_url=opened.launch_url, origin=origin)

    async def history(self, request: web.Request, account: Account) -> web.Response:
        entries = self._book.entries(player=account.token, limit=200)
        return page("history", "History", account, rows=rows([_movement(entry) for entry in entries]))

    async def balance(self, request: web.Request, account: Account) -> web.Response:
        return web.json_response({"text": balance_of(account)})

    async def deposit(self, request: web.Request, account: Account) -> web.Response:
        """A hundred, out of nowhere."""
        minor = whole(100, account.currency)
        amount, own_id = show(minor, account.currency), f"deposit-{uuid.uuid4()}"
        await self._database.write(lambda: self._book.deposit(own_id, account.token, account.currency, minor, amount))
        return _see("/")


def _see(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})


def _card(account: Account) -> Markup:
    return fill(
        '<li><form method="post" action="/login"><button name="player" value="$token"><strong>$name</strong>'
        "<span>$balance</span></button></form></li>",
        token=account.token,
        name=account.name,
        balance=balance_of(account),
    )


def _movement(entry: Entry) -> Markup:
    refused = entry.kind != "rollback" and entry.state == "no_effect"
    return fill(
        "<tr><td>$what</td>$effect<td>$state</td><td>$time</td><td>$round</td></tr>",
        time=time_of(entry.created_at),
        what=WORDS[entry.kind],
        effect=effect_of(entry),
        round=entry.round_id or "",
        state=f"refused: {entry.answered}" if refused else STATES[entry.state],
    )
