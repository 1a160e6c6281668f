"""
Makes the typical implementation's tables, an operator with a key, players with money, and an open round:
`python -m bench.yardsticks.typical.furnish PLAYERS BALANCE`, with TYPICAL_DATABASE_URL. Tells them as JSON.
"""

import hashlib
import json
import os
import secrets
import sys
from datetime import UTC, datetime, timedelta
from typing import Any


def main(players: int, balance: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.yardsticks.typical.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate_schemas", shared=True, verbosity=0)
    print(json.dumps(_furnish(players, balance)))


def _furnish(players: int, balance: str) -> dict[str, Any]:
    from django_tenants.utils import tenant_context  # noqa: TID251  # another project's tenants

    from bench.yardsticks.typical.betting.models import Account, Player
    from bench.yardsticks.typical.houses.models import ApiKey, Operator, Round

    operator = Operator(
        schema_name="op_typical",
        name="Typical",
        currency="KES",
        min_bet="1.00",
        max_bet="1000.00",
        max_win="10000000.00",
    )
    operator.save(verbosity=0)
    secret = secrets.token_urlsafe(32)
    ApiKey.objects.create(operator=operator, secret_hash=hashlib.sha256(secret.encode()).hexdigest())
    one = Round.objects.create(closes_at=datetime.now(UTC) + timedelta(hours=2))
    with tenant_context(operator):
        made = Player.objects.bulk_create([Player(token=f"typical-{n}") for n in range(players)])
        Account.objects.bulk_create([Account(player=player, balance=balance) for player in made])
    return {"key": secret, "players": [player.token for player in made], "round_id": one.pk}


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
