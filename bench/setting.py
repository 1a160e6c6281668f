"""
What benchmarks play with: operators, players with money, games and rounds that stay open, made by the ordinary services
and of names that no other run uses. Needs `django.setup()` and a migrated database.
"""

import os
import secrets
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from operators.models import Operator
    from rounds.models import Game, Round

ACTOR = "bench"
ROUND_SECONDS = 3600.0
FEW = 10
"""So many operators take less time than starting processes for them."""
LIMITS = {"min_bet": 100, "max_bet": 100_000, "max_win_per_ticket": 1_000_000_000}


def make_operator(slug: str, *, currency: str = "KES", **limits: int) -> "tuple[Operator, str]":
    """An operator on the transfer wallet whose slug begins so, and its API key. Limits in minor units."""
    from operators.services import OperatorTerms, create_operator

    own, bounds = f"{slug}-{secrets.token_hex(3)}", LIMITS | limits
    terms = OperatorTerms(
        slug=own,
        name=own,
        currency_code=currency,
        domain=f"{own}.localhost",
        min_bet=bounds["min_bet"],
        max_bet=bounds["max_bet"],
        max_win_per_ticket=bounds["max_win_per_ticket"],
    )
    return create_operator(terms=terms, actor=ACTOR)


def make_operators(count: int, *, slug: str = "many") -> "list[tuple[Operator, str]]":
    """So many operators and their keys, of more than a few made by as many processes as there are cores."""
    from django.db import connection

    from operators.models import Operator

    if count <= FEW:
        return [make_operator(f"{slug}{n:03d}") for n in range(count)]
    database = connection.settings_dict["NAME"]
    names = [f"{slug}{n:03d}" for n in range(count)]
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), initializer=_set_up, initargs=(database,)) as makers:
        keys = dict(makers.map(_make_named, names))
    made = Operator.objects.in_bulk(list(keys))
    return [(made[pk], key) for pk, key in keys.items()]


def _set_up(database: str) -> None:
    """In a process of its own, which knows the servers from the environment, but not which database is used there."""
    import django
    from django.db import connection

    django.setup()
    connection.settings_dict["NAME"] = database


def _make_named(slug: str) -> tuple[UUID, str]:
    """Each on a new connection: what a session knows of other schemas makes its next change of tables slower."""
    from django.db import connection

    operator, key = make_operator(slug)
    connection.close()
    return operator.pk, key


def any_operators(count: int) -> "list[Operator]":
    """So many: those that `make_operators` has made for other rows, and as many new ones as are missing."""
    from operators.selectors import list_operators

    known = [own for own in list_operators() if own.slug.startswith(("spread", "many"))]
    if len(known) < count:
        known += [own for own, _ in make_operators(count - len(known))]
    return known[:count]


def make_players(operator: "Operator", count: int, balance: int) -> list[str]:
    """The tokens of new players, each with a deposit of so much, in minor units: `deposit`, for all at once."""
    from keno_platform.core import ids
    from operators.tenancy import tenant_transaction
    from players.models import Player
    from wallet.models import Account, Kind, TransferKey
    from wallet.services.books import post_movements

    run = secrets.token_hex(4)
    tokens = [f"bench-{run}-{n}" for n in range(count)]
    with tenant_transaction(operator):
        players = Player.objects.bulk_create(
            [Player(token=token, currency_code=operator.currency_code) for token in tokens]
        )
        Account.objects.bulk_create([Account(player=player) for player in players])
        if balance:
            causes = [ids.bet_id() for _ in players]
            TransferKey.objects.bulk_create(
                TransferKey(
                    key=f"bench-{cause}",
                    fingerprint=sha256(cause.bytes).digest(),
                    transaction_id=UUID(int=cause.int | Kind.DEPOSIT.value),
                )
                for cause in causes
            )
            post_movements(
                Kind.DEPOSIT,
                causes=causes,
                players=[player.pk for player in players],
                amounts=[balance] * count,
                reference="",
            )
    return tokens


def make_game(code: str, *, interval: int = 60, betting: int = 50, owner: "Operator | None" = None) -> "Game":
    """A game whose code begins so, that no schedule touches, without a beacon. Seconds."""
    from rounds.models import Game, NetworkName

    own = f"{code}-{secrets.token_hex(3)}"
    return Game.objects.create(
        code=own,
        name=own,
        interval_seconds=interval,
        betting_seconds=betting,
        network=NetworkName.NONE,
        owner_id=owner.pk if owner else None,
        active=False,
    )


def open_round(game: "Game", *, seconds: float = ROUND_SECONDS) -> "Round":
    """A committed round of this game, open now and for so long: by the services that make every other round."""
    from rounds.models import RoundStatus
    from tests.support.rounds import Timing, again, commit_rounds, drive, wait_until

    [one] = commit_rounds(game, timing=Timing(opens_in=0.3, betting=seconds))
    wait_until(one.opens_at)
    drive([one], RoundStatus.OPEN, pay=False)
    return again(one)
