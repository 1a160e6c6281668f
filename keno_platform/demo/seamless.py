"""The demo's operators on the seamless wallet: Baobab Bet with a server of its own, and the integrator's sandbox."""

from dataclasses import dataclass
from typing import Any

from keno_platform.core.errors import NotFound
from keno_platform.demo.brands import BAOBAB, SANDBOX, Brand
from keno_platform.demo.making import ACTOR, ensure_key, ensure_operator
from operators.models import Operator, Signing
from operators.selectors import get_operator, get_wallet_connection, primary_domain
from operators.services import Integration, change_integration, connect_wallet
from rounds.services.games import create_sandbox_game
from webhooks.catalogue import SUBSCRIBABLE
from webhooks.selectors import list_endpoints
from webhooks.services.endpoints import create_endpoint, update_endpoint

PLAYERS = 20
GAMES = ("keno-10s", "keno-20s")
SANDBOX_GAME = ("sandbox-keno", "Sandbox Keno", 20, 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWallets:
    """What the demo's file says of them."""

    operators: tuple[dict[str, Any], ...] = ()
    sandbox: dict[str, Any] | None = None


def load(before: dict[str, Any], *, baobab_port: int | None, sandbox_port: int | None) -> OwnWallets:
    """Make or complete those whose servers have a port. What was shown once is taken over from the last file."""
    known = {each["slug"]: each for each in [*before.get("operators", []), before.get("sandbox") or {"slug": ""}]}
    baobab = [_baobab(known.get(BAOBAB.slug, {}), baobab_port)] if baobab_port else []
    sandbox = _sandbox(known.get(SANDBOX.slug, {}), sandbox_port) if sandbox_port else None
    return OwnWallets(operators=tuple(baobab), sandbox=sandbox)


def _baobab(known: dict[str, Any], port: int) -> dict[str, Any]:
    """Signed by Ed25519; players enter through its own page, which shows the client in a frame."""
    operator = ensure_operator(BAOBAB)
    _connect(operator, f"http://127.0.0.1:{port}/wallet", Signing.ED25519)
    ancestors = (f"http://localhost:{port}", f"http://127.0.0.1:{port}")
    change_integration(operator=operator, change=Integration(frame_ancestors=ancestors), actor=ACTOR)
    return {
        **_describe(BAOBAB, operator, known),
        "games": list(GAMES),
        "page": f"http://localhost:{port}/",
        "port": port,
        "webhook_secret": _webhook(operator, f"http://127.0.0.1:{port}/webhooks", known.get("webhook_secret", "")),
    }


def _sandbox(known: dict[str, Any], port: int) -> dict[str, Any]:
    """Signed by HMAC, with a game whose clock is turned by hand."""
    operator = ensure_operator(SANDBOX)
    if not operator.sandbox:
        change_integration(operator=operator, change=Integration(sandbox=True), actor=ACTOR)
    secret = _connect(operator, f"http://127.0.0.1:{port}", Signing.HMAC, known.get("wallet_secret"))
    code, name, interval, betting = SANDBOX_GAME
    create_sandbox_game(
        operator=operator, code=code, name=name, interval_seconds=interval, betting_seconds=betting, actor=ACTOR
    )
    return {
        **_describe(SANDBOX, operator, known),
        "games": [code, *GAMES],
        "page": f"http://127.0.0.1:{port}/",
        "port": port,
        "wallet_secret": secret,
    }


def _connect(operator: Operator, url: str, signing: Signing, known_secret: str | None = None) -> str | None:
    """Connected as it is to be; a secret that nobody has any more is made anew."""
    try:
        there = get_wallet_connection(operator)
    except NotFound:
        there = None
    lost = signing == Signing.HMAC and not known_secret
    if there is not None and (there.url, there.signing) == (url, signing) and not lost:
        return known_secret
    made = connect_wallet(operator=operator, url=url, signing=signing, is_local=True, actor=ACTOR)
    operator.refresh_from_db()
    return made or known_secret


def _webhook(operator: Operator, url: str, known_secret: str) -> str:
    endpoints = list(list_endpoints(operator.pk))
    if endpoints and known_secret:
        if endpoints[0].url != url:
            update_endpoint(endpoint_id=endpoints[0].pk, url=url, actor=ACTOR)
        return known_secret
    _, secret = create_endpoint(operator=operator, url=url, events=list(SUBSCRIBABLE), is_local=True, actor=ACTOR)
    return secret


def _describe(brand: Brand, operator: Operator, known: dict[str, Any]) -> dict[str, Any]:
    operator = get_operator(slug=operator.slug)
    return {
        "slug": operator.slug,
        "name": operator.name,
        "domain": primary_domain(operator),
        "currency": operator.currency_code,
        "wallet_mode": operator.wallet_mode,
        "language": operator.default_language,
        "api_key": ensure_key(operator, known.get("api_key", "")),
        "players": [f"demo-{number}" for number in range(1, PLAYERS + 1)],
        "stake": brand.stake,
        "money": brand.money,
    }
