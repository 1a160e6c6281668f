"""
Placement: slips in, bets or refusals out. One write path for the single bet, the bulk call and the player's bet:
all are a batch for the SQL function `place_bets`; see `bets.services.statement`.

A slip is one choice of numbers and one stake for one or more consecutive rounds, accepted whole or not at all.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from bets import announce, receipts
from bets.models import Bet
from bets.models import Slip as SlipRow
from bets.selectors import bets_of_slips, slips_by_key
from bets.services import protection, statement, terms
from bets.services.statement import ACCEPTED, REPLAYED, ROUND_NOT_OPEN, Known, Outcome
from bets.services.terms import Market
from bets.slips import Accepted, Slip, SlipAsk
from keno_platform.core import ids
from keno_platform.core.errors import IdempotencyKeyReused, Refusal, RequestInProgress
from operators.models import Operator
from operators.tenancy import call_function, tenant_transaction
from players.services import PlayerBlocked
from rounds.selectors import RoundNotOpen
from wallet.services import InsufficientFunds

Placed = list[Bet] | Refusal
Answer = Accepted | list[Bet] | Refusal
"""Accepted now, or before under the same key, or refused."""


def place_slips(*, operator: Operator, asks: Sequence[SlipAsk]) -> list[Placed]:
    """
    Place a batch. Each slip gets its own answer, in order: its bets, or the refusal that it met.

    A slip whose key was used before for the same request gets the bets that it became then, whatever has
    changed since; for another request, IdempotencyKeyReused. Refused slips change nothing.
    """
    answers = answer_slips(operator=operator, asks=asks)
    return [own.bets() if isinstance(own, Accepted) else own for own in answers]


def answer_slips(*, operator: Operator, asks: Sequence[SlipAsk]) -> list[Answer]:
    """The same, without rows for what was accepted now."""
    with tenant_transaction(operator):
        market = terms.read_market(operator, asks)
        checked = [check(ask, operator, market) for ask in asks]
        slips = [slip for slip in checked if isinstance(slip, Slip)]
        outcomes = iter(write(operator, slips))
        results = [next(outcomes) if isinstance(slip, Slip) else slip for slip in checked]
        return answers(operator, asks, results, checked)


def check(ask: SlipAsk, operator: Operator, market: Market) -> Slip | Refusal:
    """The slip that this ask describes, with ids for its bets; or what is wrong with it."""
    try:
        picks = terms.read_picks(ask.picks)
        stake, potential = terms.read_stake(ask.stake, ask.currency, len(picks), operator, market)
        rounds = market.rounds_of(ask)
        player = market.player_of(ask)
    except Refusal as refusal:
        return refusal
    bet_ids = [ids.bet_id() for _ in rounds]
    return Slip(
        ask=ask,
        fingerprint=ask.fingerprint(),
        player=player,
        paytable=market.paytable,
        picks=picks,
        stake=stake,
        potential=potential,
        rounds=rounds,
        bet_ids=bet_ids,
        prefixes=[
            receipts.prefix(
                market.form_of(operator, one),
                operator,
                bet_id=bet_id,
                player_token=player.token,
                picks=picks,
                stake=stake,
            )
            for bet_id, one in zip(bet_ids, rounds, strict=True)
        ],
        blinds=[receipts.new_blind() for _ in bet_ids],
    )


def write(operator: Operator, slips: Sequence[Slip]) -> list[Outcome]:
    """What the SQL function says about each slip, in the transaction that is open."""
    if not slips:
        return []
    [row] = call_function(statement.NAME, statement.arguments(operator, slips, Known()))
    return statement.outcomes_of(row, slips)


def answers(
    operator: Operator,
    asks: Sequence[SlipAsk],
    results: Sequence["Refusal | Outcome"],
    checked: Sequence[object],
    balances: Mapping[int, int] | None = None,
) -> list[Answer]:
    """
    Each ask's answer: what was accepted now or before; for the rest why not.

    `checked` has the slip wherever the result is an outcome. Without `balances`, players are told what outcomes say.
    """
    known = _known_before(asks, results)
    shown = [
        accepted_of(slip, result) or _first_bet(operator, ask, result, known)
        for ask, result, slip in zip(asks, results, checked, strict=True)
    ]
    before = bets_of_slips([first for first in shown if isinstance(first, UUID)])
    announce.accepted(operator, [one for one in shown if isinstance(one, Accepted)], balances)
    announce.limits_reached(operator, list(zip(checked, shown, strict=True)))
    return [before[one] if isinstance(one, UUID) else one for one in shown]


def accepted_of(slip: object, result: "Refusal | Outcome") -> Accepted | None:
    """The slip as accepted now, if it was."""
    if isinstance(slip, Slip) and isinstance(result, Outcome) and result.word == ACCEPTED and result.moment is not None:
        return Accepted(slip, result.moment, result.balance)
    return None


def _known_before(asks: Sequence[SlipAsk], results: Sequence[object]) -> dict[str, SlipRow]:
    """A retry may come when its round is long closed: a refused slip's key is looked up before the refusal counts."""
    refused = {ask.key for ask, result in zip(asks, results, strict=True) if isinstance(result, Refusal)}
    return slips_by_key(refused) if refused else {}


def _first_bet(
    operator: Operator, ask: SlipAsk, result: "Refusal | Outcome", known: Mapping[str, SlipRow]
) -> "UUID | Refusal":
    if isinstance(result, Refusal):
        before = known.get(ask.key)
        if before is None:
            return result
        return before.first_bet_id if bytes(before.fingerprint) == ask.fingerprint() else IdempotencyKeyReused()
    if result.word == REPLAYED and result.first_bet is not None:
        return result.first_bet
    return refusal_of(operator, result)


def refusal_of(operator: Operator, outcome: Outcome) -> Refusal:
    """What a slip that was not accepted has met."""
    return protection.refusal_of(operator, outcome) or _REFUSALS[outcome.word]()


_REFUSALS: Mapping[str, type[Refusal]] = {
    "key_reused": IdempotencyKeyReused,
    "operator_suspended": terms.OperatorSuspended,
    "player_blocked": PlayerBlocked,
    ROUND_NOT_OPEN: RoundNotOpen,
    "insufficient_funds": InsufficientFunds,
    "request_in_progress": RequestInProgress,
}
