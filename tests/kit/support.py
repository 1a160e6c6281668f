"""A sandbox wallet on a port of its own, inside the test's event loop."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keno_kit.conformance.running import Terms
from keno_kit.keys import KeyRing, load_signer, make_pair
from keno_kit.sandbox.faults import Active, read_active
from keno_kit.sandbox.journal import Journal
from keno_kit.sandbox.rules import Opening
from keno_kit.sandbox.server import Sandbox, application
from keno_kit.sandbox.spoiling import Timings
from keno_kit.signing import HmacSigner, Signer
from keno_platform.local import ports

PLAYER = "test-player"
SECRET = bytes(range(32))
QUICK = Timings(late_s=2.5, hold_s=5.0, drip_s=0.1, race_s=0.012)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running sandbox wallet, and who may call it."""

    url: str
    signer: Signer
    sandbox: Sandbox
    session: aiohttp.ClientSession

    def terms(self, *, deadline_s: float = 2.0, currency: str = "KES", unit: int = 100) -> Terms:
        return Terms(
            url=self.url, signer=self.signer, player=PLAYER, currency=currency, unit=unit, deadline_s=deadline_s
        )

    async def get(self, path: str) -> Any:
        async with self.session.get(self.url + path) as answer:
            return await answer.json()

    async def post(self, path: str, body: object) -> tuple[int, Any]:
        async with self.session.post(self.url + path, data=json.dumps(body)) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def serving(
    tmp: Path,
    *,
    hmac: bool = False,
    faults: tuple[Active, ...] = (),
    currency: str = "KES",
    database: str = ":memory:",
    timings: Timings = QUICK,
) -> AsyncIterator[Served]:
    """The wallet, until the end of the block. In `tmp` its keys are made, or found."""
    signer, ring = _signing(tmp, hmac)
    opening = Opening(prefixes=(PLAYER, "player-", "magic-"), currency=currency, balance=1_000_000)
    sandbox = Sandbox(journal=Journal(path=database, commit_ms=0.2), keys=ring, opening=opening, timings=timings)
    runner = web.AppRunner(application(sandbox, faults=faults), access_log=None, shutdown_timeout=0)
    await runner.setup()
    port = ports.find_free()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        async with aiohttp.ClientSession() as session:
            yield Served(url=f"http://127.0.0.1:{port}", signer=signer, sandbox=sandbox, session=session)
    finally:
        await runner.cleanup()


def _signing(tmp: Path, hmac: bool) -> tuple[Signer, KeyRing]:
    if hmac:
        return HmacSigner(key_id="k1", secret=SECRET), KeyRing(secrets={"k1": SECRET})
    if not (tmp / "keys.json").exists():
        make_pair(tmp, key_id="conformance")
    ring = KeyRing(source=str(tmp / "keys.json"))
    ring.load()
    return load_signer(tmp / "key.json", key_id=None), ring


def on(name: str, **more: Any) -> tuple[Active, ...]:
    """A fault that is switched on."""
    return (read_active({"fault": name, **more}),)


def any_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()
