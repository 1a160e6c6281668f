"""What the sandbox wallet and the reference operator export, over HTTP, is a list that we read, and read rightly."""

from pathlib import Path

import aiohttp
from aiohttp import web

from examples.operator.book import Book
from examples.operator.book import Entry as Booked
from examples.operator.database import Database
from examples.operator.export import Exports
from keno_kit.sandbox.journal import Entry
from keno_platform.local import ports
from reconciliation.operator_files import read_file
from tests.kit.support import PLAYER, serving

BET = "01990000-0000-7000-8000-0000000000{}"


def read(path: Path, text: bytes) -> dict[str, tuple[str, str, int]]:
    path.write_bytes(text)
    return {str(row.transaction_id)[-2:]: (row.kind, row.effect, row.minor) for row in read_file(path)}


async def fetch(url: str) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200
        return await answer.read()


async def test_the_sandbox_wallets_state(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        journal = served.sandbox.journal
        journal.put_player(token=PLAYER, currency="KES", opening=1_000_000)
        for place, kind, status, original, moves in (
            ("16", "debit", "ok", "", [-1000]),
            ("17", "credit", "ok", "", [3550]),
            ("26", "debit", "ok", "", [-1000, -1000]),
            ("36", "debit", "rolled_back", "", [-1000]),
            ("38", "rollback", "ok", "36", [1000]),
            ("46", "debit", "tombstone", "", []),
            ("48", "rollback", "not_found", "46", []),
        ):
            transaction_id, given = BET.format(place), abs(moves[0]) if moves else 1000
            journal.put_entry(
                Entry(
                    id=transaction_id,
                    kind=kind,
                    player=PLAYER,
                    currency="KES",
                    amount=given,
                    digest=b"",
                    status=status,
                    original=BET.format(original) if original else "",
                    bet_id=BET.format(place[0] + "0"),
                    round_id="1",
                )
            )
            for amount in moves:
                journal.move(entry=transaction_id, player=PLAYER, amount=amount)
        await journal.durable()
        found = read(tmp_path / "state.json", await fetch(f"{served.url}/state"))
    assert found == {
        "16": ("debit", "applied", 1000),
        "17": ("credit", "applied", 3550),
        "26": ("debit", "applied", 2000),
        "36": ("debit", "nothing", 0),
        "38": ("rollback", "nothing", 0),
        "46": ("debit", "nothing", 0),
        "48": ("rollback", "nothing", 0),
    }


async def test_the_reference_operators_files(tmp_path: Path) -> None:
    database = Database(tmp_path / "book.sqlite")
    book = Book(database)
    with database.savepoint():
        book.add_player(token="asha", name="Asha", currency="KES", balance=100_000, amount="1000.00")
        for place, kind, state, effect in (
            ("16", "debit", "applied", -1000),
            ("17", "credit", "applied", 1000),
            ("36", "debit", "rolled_back", -1000),
            ("38", "rollback", "applied", 1000),
            ("46", "debit", "tombstone", 0),
        ):
            book.add(
                Booked(
                    transaction_id=BET.format(place),
                    kind=kind,
                    state=state,
                    answered="ok",
                    player_token="asha",
                    currency="KES",
                    amount="10.00",
                    effect=effect,
                )
            )
    app = web.Application()
    app.add_routes(Exports(book).routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    port = ports.find_free()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        files = [await fetch(f"http://127.0.0.1:{port}/reconciliation.{form}") for form in ("csv", "json")]
    finally:
        await runner.cleanup()
    for text in files:
        assert read(tmp_path / "list", text) == {
            "16": ("debit", "applied", 1000),
            "17": ("credit", "applied", 1000),
            "36": ("debit", "reversed", 1000),
            "38": ("rollback", "applied", 1000),
            "46": ("debit", "nothing", 1000),
        }
