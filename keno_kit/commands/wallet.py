"""
`python -m keno_kit wallet`: the sandbox wallet. Money that is none: it listens on this machine only, and whoever
reaches it may change its players and its faults.
"""

import argparse
import asyncio
import base64
import random
from collections.abc import Callable
from typing import Any
from urllib.error import URLError

from aiohttp import web

from keno_kit import money
from keno_kit.keys import KeyRing
from keno_kit.sandbox.faults import Active, FaultUnknown, read_active
from keno_kit.sandbox.journal import Journal
from keno_kit.sandbox.magic import PREFIX
from keno_kit.sandbox.rules import Opening
from keno_kit.sandbox.server import Sandbox, application
from keno_kit.sandbox.spoiling import Timings

PORT = 8901
TEST_PLAYER = "test-player"
USUAL = Timings()


def add_to(commands: Any) -> None:
    one = commands.add_parser("wallet", help="run the sandbox wallet", description=__doc__)
    one.add_argument("--host", default="127.0.0.1")
    one.add_argument("--port", type=int, default=PORT)
    one.add_argument("--database", metavar="FILE", default=":memory:", help="keep the books here; else in memory")
    one.add_argument("--sync-full", action="store_true", help="wait for the disk at each commit (slower)")
    one.add_argument("--keys", metavar="URL_OR_FILE", help="the platform's public keys: Ed25519")
    one.add_argument("--hmac-secret", metavar="[KEY_ID:]SECRET", action="append", default=[], help="base64; repeatable")
    one.add_argument("--unsigned", action="store_true", help="check no signatures")
    one.add_argument("--currency", default="KES")
    one.add_argument("--balance", default=None, help="what each player starts with; 10000 units")
    one.add_argument("--open", metavar="PREFIX", action="append", default=[], dest="prefixes",
                     help="tokens that begin so are players from their first call; '' is everybody")  # fmt: skip
    one.add_argument("--player", metavar="TOKEN:CURRENCY:BALANCE", action="append", default=[], dest="players")
    one.add_argument("--fault", metavar="NAME[:SHARE[:CALL,CALL]]", action="append", default=[], dest="faults")
    one.add_argument("--latency-ms", type=float, default=0.0, help="wait so long before each answer")
    one.add_argument("--late-s", type=float, default=USUAL.late_s)
    one.add_argument("--hold-s", type=float, default=USUAL.hold_s, help="how long a timeout lasts at most")
    one.add_argument("--drip-s", type=float, default=USUAL.drip_s, help="pause between two bytes")
    one.add_argument("--seed", type=int, help="of the chance that shares faults out")
    one.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Serve until stopped."""
    app = build(chosen)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        try:
            runner.run(_serve(app, chosen.host, chosen.port))
        except KeyboardInterrupt:
            print("The sandbox wallet has stopped.")
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where it is installed: less work for each call. The usual one otherwise."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def build(chosen: argparse.Namespace) -> web.Application:
    """
    The application that these arguments ask for.

    :raises ValueError: an argument is not what it should be.
    """
    keys = _keys(chosen)
    exponent = money.exponent_of(chosen.currency)
    balance = 10_000 * 10**exponent if chosen.balance is None else money.parse(chosen.balance, currency=chosen.currency)
    opening = Opening(
        prefixes=(TEST_PLAYER, PREFIX, *(chosen.prefixes or ["player-"])), currency=chosen.currency, balance=balance
    )
    sandbox = Sandbox(
        journal=Journal(path=chosen.database, full=chosen.sync_full),
        keys=keys,
        opening=opening,
        latency_s=chosen.latency_ms / 1000,
        timings=Timings(late_s=chosen.late_s, hold_s=chosen.hold_s, drip_s=chosen.drip_s),
    )
    if chosen.seed is not None:
        sandbox.plan.chance = random.Random(chosen.seed)  # noqa: S311 - which call suffers is no secret
    players = tuple(_player(one) for one in chosen.players)
    books = "memory, gone when it stops" if chosen.database == ":memory:" else chosen.database
    print(f"The sandbox wallet on http://{chosen.host}:{chosen.port}: {_signatures(keys)}; books in {books}.")
    if chosen.host not in ("127.0.0.1", "::1", "localhost"):
        print("Careful: whoever reaches this address may make players and faults. It is for a sandbox only.")
    return application(sandbox, faults=tuple(read_fault(one) for one in chosen.faults), players=players)


async def _serve(app: web.Application, host: str, port: int) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=1024).start()
        print("Ready. GET / lists what it answers.", flush=True)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def _keys(chosen: argparse.Namespace) -> KeyRing:
    if not (chosen.keys or chosen.hmac_secret or chosen.unsigned):
        raise ValueError("say with --keys or --hmac-secret how calls are signed, or --unsigned")
    secrets = {}
    for one in chosen.hmac_secret:
        key_id, separator, secret = one.rpartition(":")
        secrets[key_id if separator else "*"] = base64.b64decode(secret, validate=True)
    ring = KeyRing(source=chosen.keys, secrets=secrets, checks=not chosen.unsigned)
    try:
        ring.load()
    except URLError as error:
        print(f"Nobody answers at {chosen.keys} yet ({error.reason}): the keys are fetched at the first call.")
    return ring


def _signatures(keys: KeyRing) -> str:
    if not keys.checks:
        return "signatures are not checked"
    return "calls are signed with " + (f"Ed25519, keys from {keys.source}" if keys.source else "HMAC-SHA256")


def _player(text: str) -> tuple[str, str, int]:
    token, currency, balance = text.rsplit(":", 2)
    return token, currency, money.parse(balance, currency=currency)


def read_fault(text: str) -> Active:
    """
    A fault as the command line says it: NAME[:SHARE[:CALL,CALL]].

    :raises ValueError: not of that form, or no such fault.
    """
    name, _, rest = text.partition(":")
    share, _, calls = rest.partition(":")
    try:
        return read_active({"fault": name, "share": float(share or 1), "calls": calls.split(",") if calls else None})
    except FaultUnknown:
        raise
    except ValueError as error:
        raise ValueError(f"{text!r} is not NAME[:SHARE[:CALL,CALL]]") from error
