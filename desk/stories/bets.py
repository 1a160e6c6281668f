"""The story of one bet: from the call that placed it to the last one about it, with everybody who touched it."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from audit.selectors import entries_of_round
from bets import selectors
from bets.admin.bets import shown_multiplier
from bets.models import BetState, BetStatus
from calls.selectors import list_calls
from desk.sight import Sight
from desk.stories import proof, sources
from desk.stories.timeline import BAD, GOOD, OPEN, Check, Fact, Happening, in_order
from keno_platform.core.clock import to_text
from keno_platform.staff.columns import NOTHING, code, list_link, record_link
from operators.bound import shown_amount
from operators.models import Operator
from players.models import Player
from rounds.models import Round
from rounds.selectors import get_round
from wallet import selectors as wallet
from wallet.models import WalletCall
from webhooks.selectors import deliveries_about

PART_MAX = 200
"""Of calls and of the record; more is in their own lists."""
_ENDS = {
    BetStatus.WON: ("Bet won", GOOD),
    BetStatus.LOST: ("Bet lost", GOOD),
    BetStatus.ROLLED_BACK: ("Stake returned", BAD),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BetStory:
    """A bet with all that is known of it."""

    bet: BetState
    round: Round
    facts: list[Fact]
    happenings: list[Happening]
    checks: list[Check]


def tell(operator: Operator, bet_id: UUID, *, sight: Sight) -> BetStory:
    """
    The whole story of a bet, inside its operator's schema.

    :raises NotFound: there is none. :raises Archived: its day is in the archive.
    """
    bet = selectors.get_bet(bet_id)
    one = get_round(round_id=bet.round_id)
    return BetStory(
        bet=bet,
        round=one,
        facts=_facts(bet, one),
        happenings=in_order(_happenings(operator, bet, one, sight)),
        checks=proof.checks_of(one, operator=operator, bet=bet),
    )


def _facts(bet: BetState, one: Round) -> list[Fact]:
    hit = set(bet.picks) & set(one.numbers_drawn or ())
    picks = " ".join(f"{number:02d}{'*' if number in hit else ''}" for number in bet.picks)
    return [
        Fact(name="Player", value=player_link(bet.player)),
        Fact(name="Round", value=record_link("rounds.round", one.pk, f"{one.game} number {one.number}")),
        Fact(name="Numbers", value=f"{picks}   (* hit)" if hit else picks),
        Fact(name="Stake", value=shown_amount(bet.stake)),
        Fact(
            name="Win", value=f"{shown_amount(bet.win_amount)} ({shown_multiplier(bet)})" if bet.win_amount else NOTHING
        ),
        Fact(name="Highest possible win", value=shown_amount(bet.potential_max_win)),
        Fact(name="Accepted at", value=to_text(bet.created_at)),
        Fact(name="Paytable", value=record_link("bets.paytable", bet.paytable_id, bet.paytable)),
        Fact(name="Ticket", value=_ticket(bet)),
        Fact(name="Leaf", value=code(bytes(bet.leaf_hash).hex())),
    ]


def _ticket(bet: BetState) -> object:
    return list_link("bets.betstate", "all bets of its ticket", f"q={bet.ticket_id}") if bet.ticket_id else NOTHING


def player_link(player: Player) -> object:
    """To the player's own page, which notes who has opened it."""
    return record_link("players.player", player.pk, player.token)


def _happenings(operator: Operator, bet: BetState, one: Round, sight: Sight) -> Iterator[Happening]:
    link = sources.page_of("bets.betstate", bet.pk)
    said = f"{shown_amount(bet.stake)} on {len(bet.picks)} numbers"
    yield Happening(at=bet.created_at, source="bet", what="Bet accepted", detail=said, link=link)
    yield from sources.of_round(one)
    yield from _end(bet, link)
    if sight.sees("wallet.transaction"):
        yield from sources.of_movements(wallet.transactions_of_bet(bet.pk).order_by("pk"))
    own = list(_wallet_calls(bet)) if sight.sees("wallet.walletcall") else []
    yield from sources.of_wallet_calls(own)
    if sight.sees("webhooks.delivery"):
        keys = [str(bet.pk), str(one.pk), *(str(call.pk) for call in own)]
        yield from sources.of_deliveries(deliveries_about(operator, keys))
    if sight.sees("calls.call"):
        found = list_calls(operator_id=operator.pk, any_id=str(bet.pk)).order_by("pk")
        yield from sources.of_calls(found[:PART_MAX])
    entries = sight.narrowed("audit.auditentry", entries_of_round(one.pk, operator_id=operator.pk))
    yield from sources.of_record(entries.filter(Q(bet_id=bet.pk) | Q(bet_id__isnull=True))[:PART_MAX])


def _wallet_calls(bet: BetState) -> Iterator[WalletCall]:
    """The bet's own calls, and the credit of the round that pays it together with others."""
    for call in wallet.calls_of_round(bet.round_id, player_id=bet.player_id).order_by("pk"):
        if call.bet_id in (bet.pk, bet.ticket_id) or bet.pk in (call.bet_ids or ()):
            yield call


def _end(bet: BetState, link: str) -> Iterator[Happening]:
    if bet.settlement_status not in _ENDS:
        return
    what, tone = _ENDS[BetStatus(bet.settlement_status)]
    taken_back = selectors.find_cancellation(bet.pk)
    settled = selectors.find_settlement(bet.round_id)
    if taken_back is not None:
        yield Happening(
            at=taken_back.created_at,
            source="bet",
            what="Bet cancelled",
            detail="while it was open",
            link=link,
            tone=OPEN,
        )
    elif settled is not None:
        won = f"{bet.hits} hits, {shown_amount(bet.win_amount)}" if bet.win_amount else ""
        yield Happening(at=settled.settled_at, source="bet", what=what, detail=won, link=link, tone=tone)
