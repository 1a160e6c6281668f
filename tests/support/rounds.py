"""
Short rounds for tests: committed ahead like any other, open after a moment, closed after another.

Rounds go by the database's clock and cannot be back-dated, so a test waits for it, in the database itself.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction

from bets.services.settlement import settle_round
from rounds import beacons, selectors
from rounds.models import Game, NetworkName, Round, RoundStatus
from rounds.services import epochs, tick

WAIT_MAX_S = 20.0
ENDED = (RoundStatus.REVEALED, RoundStatus.VOID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds: from now to the first opening, of betting, and from a close to the next opening."""

    opens_in: float = 0.15
    betting: float = 0.4
    pause: float = 0.05


def new_game(code: str | None = None, *, network: str = NetworkName.NONE, owner_id: UUID | None = None) -> Game:
    """A game that `schedule_ahead` leaves alone, so that its rounds are those of its test."""
    code = code or f"t-{uuid4().hex[:12]}"
    return Game.objects.create(code=code, name=code, network=network, owner_id=owner_id, active=False)


def commit_rounds(games: Sequence[Game] | Game, *, count: int = 1, timing: Timing | None = None) -> list[Round]:
    """One epoch with so many rounds of each game, one after the other; by game, then by number."""
    timing = timing or Timing()
    games = [games] if isinstance(games, Game) else list(games)
    try:
        with transaction.atomic():
            return _commit(games, count, timing)
    except IntegrityError as error:
        if "rounds_committed_before_opening" not in str(error):
            raise
    return commit_rounds(games, count=count, timing=replace(timing, opens_in=2 * timing.opens_in))  # a busy machine


def _commit(games: Sequence[Game], count: int, timing: Timing) -> list[Round]:
    networks = {game.network: beacons.get_network(game.network) for game in games}
    brisk = [Game.objects.get(pk=game.pk) for game in games]
    made = {game.pk: Round.objects.filter(game=game).count() for game in games}
    start = _whole_milliseconds(selectors.database_now()) + timedelta(seconds=timing.opens_in)
    step = timedelta(seconds=timing.betting + timing.pause)
    slots = []
    for game in brisk:
        game.betting_seconds = timing.betting  # of this object only, never saved
        slots += [
            epochs._Slot(
                game=game,
                number=made[game.pk] + n + 1,
                opens_at=start + n * step,
                network=networks[game.network],
            )
            for n in range(count)
        ]
    epoch = epochs._commit(slots, start + count * step)
    found = Round.objects.select_related("game", "epoch").filter(epoch=epoch)
    return list(found.order_by("game_id", "number"))


def open_round(game: Game, *, timing: Timing | None = None) -> Round:
    """One round of this game, open now, and by default long enough for some bets on a busy machine."""
    [one] = commit_rounds(game, timing=timing or Timing(betting=1.0))
    wait_until(one.opens_at)
    drive([one], RoundStatus.OPEN)
    return again(one)


def again(one: Round) -> Round:
    """The round as it is now."""
    return selectors.get_round(round_id=one.pk)


def wait_until(moment: datetime) -> None:
    """Until the database's clock is past this moment."""
    ahead = (moment - selectors.database_now()).total_seconds()
    assert ahead < WAIT_MAX_S, f"a test does not wait {ahead:.0f} s"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep_until(%s)", [moment + timedelta(milliseconds=1)])


def wait_for(holds: Callable[[], bool], *, what: str, seconds: float = WAIT_MAX_S, every: float = 0.01) -> None:
    """Until something holds, looking again and again; fails loudly when it never does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain for: {what}"
        time.sleep(every)


def drive(rounds: Iterable[Round], *until: str, pay: bool = True) -> None:
    """Tick, and pay like the settlement's worker, until each of these rounds has one of these states."""
    wanted, states = [one.pk for one in rounds], until or ENDED

    def there() -> bool:
        tick.run_due()
        if pay:
            settle(wanted)
            tick.run_due()
        return not Round.objects.filter(pk__in=wanted).exclude(status__in=states).exists()

    wait_for(there, what=f"rounds {wanted} to be {' or '.join(states)}")
    if pay:
        settle(wanted)


def settle(round_ids: Iterable[int]) -> int:
    """Settle what is payable of these rounds. Returns how many settlements were made."""
    return sum(
        settle_round(operator_id=operator_id, round_id=round_id)
        for round_id, operator_id in selectors.unsettled(list(round_ids))
    )


def _whole_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
