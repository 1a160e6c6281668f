"""Games: the sequences of rounds."""

from uuid import UUID

from django.db import IntegrityError, transaction

from audit import services as audit
from keno_platform.core.errors import Kind, Refusal
from rounds.models import Anchoring, Game, NetworkName


class GameInvalid(Refusal):
    """The description of a new game does not hold together."""

    code = "game_invalid"
    kind = Kind.INVALID
    title = "The game's details are not valid"


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
        },
    )
    return game
