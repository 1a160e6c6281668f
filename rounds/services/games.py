"""Games: the sequences of rounds."""

import re
from contextlib import suppress
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from audit import services as audit
from keno_platform.core.errors import Kind, Refusal, Retry
from operators.models import Operator
from rounds.models import SANDBOX_PREFIX, Anchoring, Game, NetworkName
from rounds.services import epochs
from rounds.services.clock import NoSandbox

_GAMES_LOCK = 0x4B4E_5347
_CODE = re.compile(rf"(?=.{{1,32}}\Z){SANDBOX_PREFIX}[a-z0-9-]+")
SANDBOX_GAMES_MAX = 5
"""How many games of its own a sandbox may have that get rounds; staff can end some."""


class GameInvalid(Refusal):
    """The description of a new game does not hold together."""

    code = "game_invalid"
    kind = Kind.INVALID
    title = "The game's details are not valid"


class TooManyGames(Refusal):
    """The sandbox has as many games of its own as it may have."""

    code = "too_many_games"
    kind = Kind.CONFLICT
    title = "This sandbox has enough games"
    retry = Retry.NEW_KEY


@transaction.atomic
def create_game(
    *,
    code: str,
    name: str,
    interval_seconds: int = 10,
    betting_seconds: int = 7,
    network: str = NetworkName.LOCAL,
    anchoring: str = Anchoring.SIGNED_ONLY,
    owner_id: UUID | None = None,
    sandbox: bool = False,
    actor: str = audit.SYSTEM,
) -> Game:
    """
    A new sequence of rounds; its first epoch is made by the next `schedule_ahead`.

    :raises GameInvalid: the code is taken, or betting lasts as long as the interval or longer.
    """
    game = Game(
        code=code,
        name=name,
        interval_seconds=interval_seconds,
        betting_seconds=betting_seconds,
        network=network,
        anchoring=anchoring,
        owner_id=owner_id,
        sandbox=sandbox,
    )
    try:
        with transaction.atomic():
            game.save(force_insert=True)
    except IntegrityError as error:
        raise GameInvalid("The code is taken, or betting leaves no time for the draw.", game=code) from error
    audit.record(
        "game.created",
        description=f"game {code} every {interval_seconds} s",
        actor=actor,
        operator_id=owner_id,
        after={
            "code": code,
            "interval_seconds": interval_seconds,
            "betting_seconds": betting_seconds,
            "network": network,
            "anchoring": anchoring,
            "sandbox": sandbox,
        },
    )
    return game


def create_sandbox_game(
    *, operator: Operator, code: str, name: str, interval_seconds: int, betting_seconds: int, actor: str
) -> Game:
    """
    A sandbox's own game with a clock of its own, its first rounds committed. The same again is the same game.

    :raises NoSandbox: the operator is none. :raises TooManyGames: it has SANDBOX_GAMES_MAX already.
    :raises GameInvalid: the code is taken or has another beginning than SANDBOX_PREFIX, or the times are not allowed.
    """
    if not operator.sandbox:
        raise NoSandbox()
    if not _CODE.fullmatch(code):
        raise GameInvalid(f"The code must be {SANDBOX_PREFIX} and small letters, digits or hyphens, 32 in all.")
    if not 1 <= len(name) <= 80 or "\x00" in name:
        raise GameInvalid("The name must be 1 to 80 characters.", game=code)
    if not (5 <= interval_seconds <= 600 and 1 <= betting_seconds <= interval_seconds - 2):
        raise GameInvalid("The interval must be 5 to 600 seconds, and betting at least 2 seconds shorter.", game=code)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_GAMES_LOCK, str(operator.pk)])
        own = Game.objects.filter(owner=operator, sandbox=True)
        game = own.filter(
            code=code, name=name, interval_seconds=interval_seconds, betting_seconds=betting_seconds
        ).first()
        if game is None and own.filter(active=True).count() >= SANDBOX_GAMES_MAX:
            raise TooManyGames(games_max=SANDBOX_GAMES_MAX)
        game = game or create_game(
            code=code,
            name=name,
            interval_seconds=interval_seconds,
            betting_seconds=betting_seconds,
            network=NetworkName.NONE,
            owner_id=operator.pk,
            sandbox=True,
            actor=actor,
        )
    if game.active:
        with suppress(IntegrityError):  # a machine so busy that a round would have opened meanwhile: beat comes again
            epochs.schedule_sandbox(game)
    return game
