"""
Whom faults happen to: `python -m tests.faults.population FILE BAOBAB_PORT SANDBOX_PORT`.

One operator whose players' money is here, two whose wallets are servers of their own, and two games, one of which does
not open without an anchor. The file has what clients need; its form is the demo's.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

PLAYERS = 24
GAMES = (("keno-10s", "Keno 10 seconds", 10, 7, "signed-only"), ("keno-20s", "Keno 20 seconds", 20, 15, "required"))


def populate(file: Path, baobab_port: int, sandbox_port: int) -> None:
    """Make all of it by the ordinary services."""
    from django.conf import settings

    from keno_platform.demo import seamless
    from keno_platform.demo.brands import BRANDS
    from keno_platform.demo.making import ensure_key, ensure_operator
    from rounds.services.epochs import schedule_ahead
    from rounds.services.games import create_game

    brand = BRANDS[0]
    operator = ensure_operator(brand)
    for code, name, interval, betting, anchoring in GAMES:
        create_game(
            code=code, name=name, interval_seconds=interval, betting_seconds=betting, anchoring=anchoring, actor="chaos"
        )
    own = seamless.load({}, baobab_port=baobab_port, sandbox_port=sandbox_port)
    schedule_ahead()
    described = {
        "slug": operator.slug,
        "currency": operator.currency_code,
        "wallet_mode": operator.wallet_mode,
        "api_key": ensure_key(operator, ""),
        "stake": brand.stake,
        "players": _players(operator, brand),
    }
    assert own.sandbox is not None
    made = {
        "base_url": settings.BASE_URL,
        "operators": [described, *own.operators, own.sandbox],
        "sandbox": own.sandbox,
    }
    file.write_text(json.dumps(made, indent=2))


def _players(operator: Any, brand: Any) -> list[str]:
    """With so little money that some stakes are refused for the want of it."""
    from keno_platform.demo.making import minor
    from operators.tenancy import tenant_context
    from players.services import ensure_players
    from wallet.services import deposit

    tokens = [f"demo-{number}" for number in range(1, PLAYERS + 1)]
    with tenant_context(operator):
        found = ensure_players(operator=operator, tokens=tokens)
        for token, player in found.items():
            deposit(key=f"chaos:{token}", player=player, amount=minor(brand.currency, "3000"), reference="to begin")
    return tokens


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keno_platform.settings")
    django.setup()
    populate(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
