"""The parts put together as one web server."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from keno_operator import AsyncKenoClient, CallKeys, CallVerifier, Retries

from examples.operator.book import Book
from examples.operator.calls import WalletCalls
from examples.operator.database import Database
from examples.operator.export import Exports
from examples.operator.money import show, whole
from examples.operator.notes import Notes
from examples.operator.office import Office
from examples.operator.pages import Pages
from examples.operator.wallet import Wallet
from examples.operator.webhooks import Webhooks

BODY_MAX = 64 * 1024
PLAYERS = {"asha": ("Asha", 1000), "baraka": ("Baraka", 250), "chipo": ("Chipo", 20), "dawit": ("Dawit", 0)}
"""Who is there on the first day, and with how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this operator is run. Secrets are kept out of what is printed."""

    database: Path | str
    platform: str
    api_key: str = field(repr=False)
    currency: str = "KES"
    wallet_keys: str | None = None
    hmac_secrets: list[str] = field(default_factory=list, repr=False)
    webhook_secrets: list[str] = field(default_factory=list, repr=False)
    public_url: str | None = None
    welcome_amount: str | None = None


def make_application(settings: Settings) -> web.Application:
    """The server. Its database is opened here and closed when the server stops."""
    database = Database(settings.database)
    book, notes = Book(database), Notes(database)
    keno = AsyncKenoClient(settings.platform, settings.api_key, retries=Retries(attempts=3))
    with database.savepoint():
        add_players(book, settings.currency)
    wallet = Wallet(book, notes, welcome_amount=settings.welcome_amount)
    parts = (
        WalletCalls(database, notes, wallet, _verifier(settings), by_path=settings.public_url is not None),
        Webhooks(database, notes, settings.webhook_secrets),
        Pages(database, book, notes, keno),
        Office(database, book, notes),
        Exports(book),
    )
    application = web.Application(client_max_size=BODY_MAX)
    for part in parts:
        application.add_routes(part.routes())

    async def lifetime(_: web.Application) -> AsyncIterator[None]:
        yield
        await keno.close()
        database.close()

    application.cleanup_ctx.append(lifetime)
    return application


def add_players(book: Book, currency: str) -> None:
    """The players of the first day; whoever is there already stays."""
    for token, (name, units) in PLAYERS.items():
        minor = whole(units, currency)
        book.add_player(token=token, name=name, currency=currency, balance=minor, amount=show(minor, currency))


def _verifier(settings: Settings) -> CallVerifier:
    address = settings.wallet_keys or f"{settings.platform.rstrip('/')}/.well-known/keno-call-keys.json"
    return CallVerifier(
        keys=CallKeys(address),
        hmac_secrets=settings.hmac_secrets,
        public_url=settings.public_url,
    )
