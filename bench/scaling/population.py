"""
Operators with players and money, as a process of its own, several of which share the work:
`python -m bench.scaling.population JOB.json`, with {"numbers", "players", "balance", "out"}.

It goes by the ordinary services, one operator after the other, and leaves what a load needs in `out`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

CURRENCY = "KES"
STAKE = "1.00"


def populate(job: dict[str, Any]) -> None:
    """Make the operators with these numbers; each is written down as soon as it stands."""
    out, made = Path(job["out"]), list[dict[str, Any]]()
    for number in job["numbers"]:
        operator, key = _create(f"scale{number:03d}")
        made.append(_describe(operator, key, players=job["players"], balance=job["balance"]))
        out.write_text(json.dumps(made))


def _create(slug: str) -> Any:
    from operators.services import OperatorTerms, create_operator

    terms = OperatorTerms(
        slug=slug,
        name=slug.title(),
        currency_code=CURRENCY,
        domain=f"{slug}.localhost",
        min_bet=100,
        max_bet=100_000,
        max_win_per_ticket=1_000_000_000,
    )
    return create_operator(terms=terms, actor="bench")


def _describe(operator: Any, key: str, *, players: int, balance: int) -> dict[str, Any]:
    from operators.tenancy import tenant_context

    with tenant_context(operator):
        tokens = _give_money(operator, players=players, balance=balance)
    return {"slug": operator.slug, "key": key, "players": tokens, "currency": CURRENCY, "stake": STAKE}


def _give_money(operator: Any, *, players: int, balance: int) -> list[str]:
    from players.services import ensure_players
    from wallet.services import deposit

    found = ensure_players(operator=operator, tokens=[f"player-{number}" for number in range(players)])
    for token, player in found.items():
        deposit(key=f"scale:{token}", player=player, amount=balance, reference="for the scale run")
    return sorted(found)


def make_games(*, count: int, intervals: list[int]) -> None:
    """Shared games, with these intervals in turn; betting takes seven tenths of each."""
    from rounds.services.games import create_game

    for number in range(count):
        interval = intervals[number % len(intervals)]
        create_game(
            code=f"scale-{number:03d}",
            name=f"Scale {number}",
            interval_seconds=interval,
            betting_seconds=max(interval * 7 // 10, 1),
            actor="bench",
        )


def main() -> None:
    """Django is set up here: the settings are those of the installation's environment."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keno_platform.settings")
    django.setup()
    job = json.loads(Path(sys.argv[1]).read_text())
    if "games" in job:
        make_games(count=job["games"], intervals=job["intervals"])
    else:
        populate(job)


if __name__ == "__main__":
    main()
