"""
The open rounds of the games that all operators share, remembered once for all of them: with 250 games and 200 operators
each round would otherwise be read 200 times.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from bets.services.terms import Market
from bets.slips import SlipAsk
from keno_platform.core import clock
from keno_platform.core.batching import Batcher
from rounds.models import Game, Round, RoundStatus
from rounds.selectors import open_rounds_of_shared_games

InThread = Callable[[Callable[[], list[Round]]], Awaitable[list[Round]]]
PACE_S = 0.01
"""Of reading under load. Between two rounds of a game every bet on it is a look whether the next is open."""
KEPT_MAX = 5_000


class SharedRounds:
    """Those of one event loop."""

    def __init__(self, in_thread: InThread) -> None:
        self._in_thread = in_thread
        self._by_id: dict[int, Round] = {}
        self._by_game: dict[str, Round] = {}
        self._reads: Batcher[Sequence[SlipAsk], None] = Batcher(self._read, pace_s=PACE_S)

    async def lend(self, market: Market, asks: Sequence[SlipAsk]) -> None:
        """Put into the market what these asks need of it and can have from here."""
        missing = [ask for ask in asks if not self._lend(market, ask)]
        if missing:
            await self._reads.submit(missing)
            for ask in missing:
                self._lend(market, ask)

    def forget(self, round_ids: Iterable[int]) -> None:
        """Whether these are open is read again."""
        for round_id in round_ids:
            one = self._by_id.pop(round_id, None)
            if one is not None:
                self._by_game.pop(one.game.code, None)

    def _lend(self, market: Market, ask: SlipAsk) -> bool:
        one = self._by_id.get(ask.round_id) if ask.round_id is not None else self._by_game.get(ask.game or "")
        if one is None or not is_open(one):
            return False
        game: Game = one.game
        market.games[game.code] = game
        market.open_rounds[game.id] = market.named_rounds[one.id] = one
        return True

    async def _read(self, many: Sequence[Sequence[SlipAsk]]) -> list[None]:
        ids = {ask.round_id for asks in many for ask in asks if ask.round_id is not None}
        codes = {ask.game for asks in many for ask in asks if ask.game}
        found = await self._in_thread(lambda: open_rounds_of_shared_games(round_ids=ids, codes=codes))
        if len(self._by_id) > KEPT_MAX:
            self._by_id = {key: one for key, one in self._by_id.items() if is_open(one)}
        for one in found:
            self._by_id[one.id] = self._by_game[one.game.code] = one
        return [None] * len(many)


def is_open(one: Round) -> bool:
    """As far as this machine's clock can tell. A sandbox's own time is somebody else's to move."""
    return one.status == RoundStatus.OPEN and not one.sandbox and clock.now() < one.closes_at
