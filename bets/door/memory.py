"""
What the bets of one operator are checked against, remembered between them: paytable, players, games, open rounds.

Only what is so for long stands here, and what is not here is read. Nothing of it decides: paytable, terms, blocks,
funds and the round's gate are asked again by `place_bets`, in the transaction that places the bet.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from bets.door.shared_rounds import SharedRounds, is_open
from bets.services import placement, terms
from bets.services.terms import Market
from bets.slips import Slip, SlipAsk
from keno_platform.core.batching import Batcher
from keno_platform.core.errors import Refusal
from operators.models import Operator
from operators.tenancy import tenant_context
from rounds.models import Round

T = TypeVar("T")
InThread = Callable[[Callable[[], T]], Awaitable[T]]
PLAYERS_MAX = 200_000
ROUNDS_MAX = 1_000
PACE_S = 0.01
"""Of reading under load."""


class Memory:
    """One operator's, in one event loop."""

    def __init__(self, operator: Operator, in_thread: "InThread[Market]", shared: SharedRounds) -> None:
        self.operator_id = operator.pk
        self.taking_part: set[int] = set()
        """Rounds in which a bet of this operator is committed."""
        self._operator, self._in_thread, self._shared = operator, in_thread, shared
        self._market: Market | None = None
        self._reads: Batcher[Sequence[SlipAsk], Market] = Batcher(self._read, pace_s=PACE_S)

    async def check(self, asks: Sequence[SlipAsk], operator: Operator) -> list[Slip | Refusal]:
        """The slips of these asks for one round each, or what is wrong with them as far as is known here."""
        self._operator = operator
        market = self._market
        unknown = _unknown(market, asks)
        if unknown and market is not None:
            await self._shared.lend(market, unknown)
            unknown = _unknown(market, unknown)
        if unknown or market is None:
            market = await self._reads.submit(unknown)
        _prune(market)
        if len(self.taking_part) > ROUNDS_MAX:
            self.taking_part.clear()
        return [placement.check(ask, operator, market) for ask in asks]

    def forget_rounds(self, rounds: Iterable[Round]) -> None:
        """Whether these are open is read again."""
        ids = {one.id for one in rounds}
        self._shared.forget(ids)
        market = self._market
        if market is not None:
            market.open_rounds = {key: one for key, one in market.open_rounds.items() if one.id not in ids}
            market.named_rounds = {key: one for key, one in market.named_rounds.items() if key not in ids}

    def forget(self) -> None:
        """Everything is read again."""
        self._market = None

    async def _read(self, many: Sequence[Sequence[SlipAsk]]) -> list[Market]:
        operator, before = self._operator, self._market
        asks = [ask for asks in many for ask in asks]

        def work() -> Market:
            with tenant_context(operator):
                return _read(operator, before, asks)

        market = await self._in_thread(work)
        if before is not None and before is self._market:
            _add_known(market, before)
        self._market = market
        return [market] * len(many)


def _read(operator: Operator, before: Market | None, asks: Sequence[SlipAsk]) -> Market:
    """All of it, or what is missing: mostly a player who bets for the first time in this process."""
    if before is None:
        return terms.read_market(operator, asks)
    return terms.read_under(
        before.paytable,
        operator,
        players_of=[ask for ask in asks if ask.player_token not in before.players],
        rounds_of=[ask for ask in asks if not _knows_round(before, ask)],
    )


def _unknown(market: Market | None, asks: Sequence[SlipAsk]) -> Sequence[SlipAsk]:
    return asks if market is None else [ask for ask in asks if not _knows(market, ask)]


def _prune(market: Market) -> None:
    if len(market.named_rounds) > ROUNDS_MAX:
        market.named_rounds = _still_open(market.named_rounds)
    if len(market.forms) > ROUNDS_MAX:
        market.forms.clear()


def _knows(market: Market, ask: SlipAsk) -> bool:
    return ask.player_token in market.players and _knows_round(market, ask)


def _knows_round(market: Market, ask: SlipAsk) -> bool:
    if ask.round_id is not None:
        one = market.named_rounds.get(ask.round_id)
    else:
        game = market.games.get(ask.game or "")
        one = market.open_rounds.get(game.id) if game else None
    return one is not None and is_open(one)


def _add_known(market: Market, before: Market) -> None:
    """What was known before and has not been read again; rounds only while they are open."""
    if len(before.players) < PLAYERS_MAX:
        before.players.update(market.players)
        market.players = before.players
    if market.paytable.id == before.paytable.id:
        market.forms = before.forms
    market.games = before.games | market.games
    market.open_rounds = _still_open(before.open_rounds) | market.open_rounds
    market.named_rounds = _still_open(before.named_rounds) | market.named_rounds


def _still_open(rounds: Mapping[int, Round]) -> dict[int, Round]:
    return {key: one for key, one in rounds.items() if is_open(one)}
