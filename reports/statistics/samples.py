"""Where the draws of a study come from, with all that it takes to get them again."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fairness.draw import DRAW_SIZE
from reports.statistics import protocol
from reports.statistics.tally import Counts, Draws
from rounds.models import RoundStatus
from rounds.selectors import rounds_with_numbers

FROM_PROTOCOL, FROM_ROUNDS = "protocol", "rounds"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Draws in their order. `round_ids` are those of the installation's rounds, when they are its."""

    draws: Draws
    parameters: dict[str, Any]
    round_ids: Counts | None = None


def from_protocol(*, seed: str, draws: int, processes: int, progress: protocol.Progress) -> Sample:
    """So many draws by the whole protocol; the same seed gives the same draws everywhere."""
    epoch_key = protocol.epoch_key_of(seed)
    made = protocol.draw_many(epoch_key=epoch_key, draws=draws, processes=processes, progress=progress)
    parameters = {
        "source": FROM_PROTOCOL,
        "draws": draws,
        "seed": seed,
        "epoch_key": epoch_key.hex(),
        "stream": str(protocol.STREAM),
        "beacon": "48 bytes of a hash in place of each signature",
    }
    return Sample(draws=_rows(made), parameters=parameters)


def from_rounds(*, game: str | None, draws_max: int | None) -> Sample:
    """
    The numbers that this installation has drawn: of its revealed rounds, or of the `draws_max` latest, of one game or
    of all, one game after the other.
    """
    revealed = rounds_with_numbers(None).filter(status=RoundStatus.REVEALED)
    if game is not None:
        revealed = revealed.filter(game__code=game)
    latest = revealed.order_by("-closes_at", "-pk")[:draws_max]
    keys, numbers = [], bytearray()
    for game_id, number, pk, drawn in latest.values_list("game_id", "number", "pk", "numbers_drawn").iterator():
        keys.append((game_id, number, pk))
        numbers += bytes(drawn or ())
    games, in_game, ids = np.array(keys, np.int64).reshape(-1, 3).T
    order = np.lexsort((in_game, games))
    parameters = {
        "source": FROM_ROUNDS,
        "draws": len(ids),
        "game": game,
        "games": len(set(games.tolist())),
        "first_round_id": int(ids.min()) if ids.size else None,
        "last_round_id": int(ids.max()) if ids.size else None,
    }
    return Sample(draws=_rows(bytes(numbers))[order], parameters=parameters, round_ids=ids[order])


def _rows(numbers: bytes) -> Draws:
    return np.frombuffer(numbers, np.uint8).reshape(-1, DRAW_SIZE)
