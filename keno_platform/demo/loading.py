"""Loading the demo, as often as one likes: what is there already stays as it is."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from keno_platform.demo import seamless
from keno_platform.demo.brands import BRANDS, Brand
from keno_platform.demo.lottery import ensure_lottery
from keno_platform.demo.making import ACTOR, ensure_key, ensure_operator, minor
from keno_platform.demo.staff import ensure_admin
from operators.models import Operator
from operators.selectors import primary_domain
from operators.tenancy import tenant_context
from play.demo import ensure_house
from players.selectors import players_by_token
from players.services import ensure_player
from rounds.models import Anchoring
from rounds.services.epochs import schedule_ahead
from rounds.services.games import GameInvalid, create_game
from wallet.services import deposit

SHARED_GAMES = (
    ("keno-10s", "Keno 10 seconds", 10, 7, Anchoring.SIGNED_ONLY),
    ("keno-20s", "Keno 20 seconds", 20, 15, Anchoring.REQUIRED),
)
"""The slower one does not open before its commitments are on the chain, to show what that means."""
PRIVATE_GAME = ("savanna-keno", "Savanna Keno", 10, 7, Anchoring.SIGNED_ONLY)
PLAYERS = 20


def load(output: Path, *, baobab_port: int | None = None, sandbox_port: int | None = None) -> dict[str, Any]:
    """
    Make what is missing, and write the file that scripts start from.

    With their ports, also the operators whose wallets are servers of their own.
    """
    before = json.loads(output.read_text()) if output.exists() else {}
    operators = [ensure_operator(brand) for brand in BRANDS]
    for game in SHARED_GAMES:
        _game(*game, owner=None)
    _game(*PRIVATE_GAME, owner=operators[0])
    ensure_house()
    own_wallets = seamless.load(before, baobab_port=baobab_port, sandbox_port=sandbox_port)
    schedule_ahead()
    demo = {
        "base_url": settings.BASE_URL,
        "operators": [
            *(_describe(brand, operator, before) for brand, operator in zip(BRANDS, operators, strict=True)),
            *own_wallets.operators,
        ],
        "sandbox": own_wallets.sandbox,
        "lottery": ensure_lottery(operators[0], BRANDS[0], before.get("lottery", {})),
        "provider_key": ensure_key(None, before.get("provider_key", "")),
        "admin": ensure_admin(before.get("admin", {})),
        "chain": {"url": settings.CHAIN_URL} if settings.CHAIN_URL else None,
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.touch(mode=0o600)
    output.write_text(json.dumps(demo, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return demo


def _game(code: str, name: str, interval: int, betting: int, anchoring: Anchoring, *, owner: Operator | None) -> None:
    with suppress(GameInvalid):  # it exists
        create_game(
            code=code,
            name=name,
            interval_seconds=interval,
            betting_seconds=betting,
            anchoring=anchoring if settings.CHAIN_URL else Anchoring.SIGNED_ONLY,
            owner_id=owner.pk if owner else None,
            actor=ACTOR,
        )


def _describe(brand: Brand, operator: Operator, before: dict[str, Any]) -> dict[str, Any]:
    known = {each["slug"]: each for each in before.get("operators", [])}.get(brand.slug, {})
    with tenant_context(operator):
        players = [_player(operator, brand, number) for number in range(1, PLAYERS + 1)]
    games = [code for code, *_ in SHARED_GAMES] + ([PRIVATE_GAME[0]] if operator.slug == BRANDS[0].slug else [])
    return {
        "slug": operator.slug,
        "name": operator.name,
        "domain": primary_domain(operator),
        "currency": operator.currency_code,
        "wallet_mode": operator.wallet_mode,
        "language": operator.default_language,
        "api_key": ensure_key(operator, known.get("api_key", "")),
        "games": games,
        "players": players,
        "stake": brand.stake,
        "money": brand.money,
    }


def _player(operator: Operator, brand: Brand, number: int) -> str:
    token = f"demo-{number}"
    if token not in players_by_token([token]):
        player = ensure_player(operator=operator, token=token, currency=brand.currency)
        deposit(
            key=f"demo:{token}",
            player=player,
            amount=minor(brand.currency, brand.money),
            reference="demo money",
        )
    return token
