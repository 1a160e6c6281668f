"""The terms of a bet: what may be picked, staked and won, and in which rounds. Each refusal of a slip stands here."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bets import paytables, receipts
from bets.models import Paytable
from bets.selectors import active_paytable, top_multipliers
from bets.slips import SlipAsk
from fairness.messages import BetForm
from keno_platform.core.errors import Kind, Refusal, Retry
from keno_platform.core.money import CurrencyMismatch, parse_amount
from operators.models import Operator
from players.models import Player
from players.selectors import PlayerNotFound, players_by_token
from players.services import ensure_players
from rounds.models import Game, Round, RoundStatus
from rounds.selectors import (
    GameNotFound,
    RoundNotFound,
    RoundNotOpen,
    consecutive_rounds,
    games_for,
    rounds_for,
)

ROUNDS_MAX = 20
_WHOLE = {int}


class OperatorSuspended(Refusal):
    """The provider has suspended this operator; nothing new is taken."""

    code = "operator_suspended"
    kind = Kind.FORBIDDEN
    title = "This operator is suspended"
    retry = Retry.NEW_KEY


class SelectionInvalid(Refusal):
    """The selection is not a list of whole numbers."""

    code = "selection_invalid"
    kind = Kind.INVALID
    title = "The selection is not a list of numbers"


class SelectionCount(Refusal):
    """More or fewer numbers than the paytable offers."""

    code = "selection_count"
    kind = Kind.INVALID
    title = "The selection has too few or too many numbers"


class SelectionRange(Refusal):
    """A number outside 1 to 80."""

    code = "selection_range"
    kind = Kind.INVALID
    title = "A selected number is not on the board"


class SelectionDuplicate(Refusal):
    """A number picked twice."""

    code = "selection_duplicate"
    kind = Kind.INVALID
    title = "A number is selected twice"


class StakeBelowMinimum(Refusal):
    """Less than the operator's smallest stake."""

    code = "stake_below_minimum"
    kind = Kind.INVALID
    title = "The stake is below the minimum"


class StakeAboveMaximum(Refusal):
    """More than the operator's greatest stake."""

    code = "stake_above_maximum"
    kind = Kind.INVALID
    title = "The stake is above the maximum"


class MaxWinExceeded(Refusal):
    """The top prize would be above what the operator pays for one bet: a cap would lower the return to player."""

    code = "max_win_exceeded"
    kind = Kind.INVALID
    title = "The possible win is above the maximum"


class TicketLength(Refusal):
    """A ticket for fewer than one round, more than ROUNDS_MAX, or more than are scheduled."""

    code = "ticket_length"
    kind = Kind.INVALID
    title = "The ticket is for too many rounds"


@dataclass(slots=True, kw_only=True)
class Market:
    """What the slips of one batch are checked against, read once."""

    paytable: Paytable
    tops: dict[int, int]
    """The greatest prize of each pick count that is offered, in hundredths of the stake."""
    players: dict[str, Player]
    games: dict[str, Game]
    open_rounds: dict[int, Round]
    named_rounds: dict[int, Round]
    forms: dict[int, BetForm] = field(default_factory=dict)

    def form_of(self, operator: Operator, one: Round) -> BetForm:
        """What all bets on this round have in common in their leaves."""
        form = self.forms.get(one.id)
        if form is None:
            form = self.forms[one.id] = receipts.form_of(
                operator,
                stream=one.game.stream,
                round_number=one.number,
                paytable_hash=bytes(self.paytable.hash),
            )
        return form

    def player_of(self, ask: SlipAsk) -> Player:
        """:raises PlayerNotFound: the operator has no such player."""
        player = self.players.get(ask.player_token)
        if player is None:
            raise PlayerNotFound(player_token=ask.player_token)
        return player

    def rounds_of(self, ask: SlipAsk) -> list[Round]:
        """
        The round that is asked for, and those after it for a ticket.

        :raises GameNotFound: no such game for this operator. :raises RoundNotFound: no such round for it.
        :raises RoundNotOpen: betting has not begun or has ended. :raises TicketLength: too many rounds.
        """
        first = self._first_round(ask)
        if not 1 <= ask.rounds <= ROUNDS_MAX:
            raise TicketLength(rounds_max=ROUNDS_MAX)
        rounds = [first] if ask.rounds == 1 else consecutive_rounds(first, ask.rounds)
        if len(rounds) < ask.rounds:
            raise TicketLength(rounds_max=len(rounds))
        return rounds

    def _first_round(self, ask: SlipAsk) -> Round:
        if ask.round_id is not None:
            one = self.named_rounds.get(ask.round_id)
            if one is None:
                raise RoundNotFound(round_id=ask.round_id)
            if one.status != RoundStatus.OPEN:
                raise RoundNotOpen(round_id=ask.round_id)
            return one
        game = self.games.get(ask.game or "")
        if game is None:
            raise GameNotFound(game=ask.game)
        current = self.open_rounds.get(game.id)
        if current is None:
            raise RoundNotOpen(game=game.code)
        return current


def read_market(operator: Operator, asks: Sequence[SlipAsk]) -> Market:
    """Everything that this batch needs to know, in a handful of queries whatever its size."""
    return read_under(active_paytable(), operator, players_of=asks, rounds_of=asks)


def read_under(
    paytable: Paytable, operator: Operator, *, players_of: Sequence[SlipAsk], rounds_of: Sequence[SlipAsk]
) -> Market:
    """The players and rounds of these asks; no query where nothing is asked for."""
    codes = {ask.game for ask in rounds_of if ask.game}
    games = {game.code: game for game in games_for(operator.pk).filter(code__in=codes)} if codes else {}
    ids = {ask.round_id for ask in rounds_of if ask.round_id is not None}
    current = rounds_for(operator.pk).filter(game__in=games.values(), status=RoundStatus.OPEN) if games else ()
    return Market(
        paytable=paytable,
        tops=top_multipliers(paytable),
        players=_players(operator, players_of) if players_of else {},
        games=games,
        open_rounds={one.game_id: one for one in current},
        named_rounds={one.id: one for one in rounds_for(operator.pk).filter(pk__in=ids)} if ids else {},
    )


def _players(operator: Operator, asks: Sequence[SlipAsk]) -> dict[str, Player]:
    """In seamless mode the operator's word is enough that a player exists: its wallet is asked for the money anyway."""
    tokens = {ask.player_token for ask in asks}
    return ensure_players(operator=operator, tokens=tokens) if operator.is_seamless else players_by_token(tokens)


def read_picks(value: object) -> tuple[int, ...]:
    """
    A selection in rising order.

    :raises SelectionInvalid: :raises SelectionCount: :raises SelectionRange: :raises SelectionDuplicate:
        see the classes.
    """
    if not isinstance(value, list) or not set(map(type, value)) <= _WHOLE:
        raise SelectionInvalid()
    if not 1 <= len(value) <= paytables.PICKS_MAX:
        raise SelectionCount(picks_min=1, picks_max=paytables.PICKS_MAX)
    if min(value) < 1 or max(value) > paytables.POOL:
        raise SelectionRange(number_min=1, number_max=paytables.POOL)
    if len(set(value)) != len(value):
        raise SelectionDuplicate()
    return tuple(sorted(value))


def read_stake(value: object, currency: object, pick_count: int, operator: Operator, market: Market) -> tuple[int, int]:
    """
    The stake and the highest possible win, in minor units.

    :raises CurrencyMismatch: :raises AmountInvalid: :raises CurrencyExponent: :raises StakeBelowMinimum:
    :raises StakeAboveMaximum: :raises SelectionCount: the paytable does not offer so many picks.
    :raises MaxWinExceeded: with the highest stake allowed in `params.stake_max`.
    """
    if currency != operator.currency_code:
        raise CurrencyMismatch(expected=operator.currency_code)
    stake = parse_amount(value, exponent=operator.currency_exponent)
    if stake < operator.min_bet:
        raise StakeBelowMinimum(stake_min=operator.money(operator.min_bet))
    if stake > operator.max_bet:
        raise StakeAboveMaximum(stake_max=operator.money(operator.max_bet))
    top = market.tops.get(pick_count)
    if top is None:
        raise SelectionCount(pick_counts=sorted(market.tops))
    potential = paytables.potential_of(stake=stake, top=top)
    if potential > operator.max_win_per_ticket:
        highest = paytables.highest_stake(top=top, max_win=operator.max_win_per_ticket)
        raise MaxWinExceeded(stake_max=operator.money(highest))
    return stake, potential
