"""
The page on which an operator's support staff see a round: an address that is signed, ends after an hour, and shows
one operator's data only, of one player where it was asked for one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db.models import Q

import bets.selectors
import wallet.selectors
from bets.models import BetState
from keno_platform.core.errors import Kind, NotFound, Refusal
from operators.models import Operator, WalletMode
from operators.selectors import primary_domain
from players.models import Player
from players.selectors import get_player
from rounds.models import Round
from rounds.selectors import get_round
from wallet.models import Transaction, WalletCall

LIFETIME = timedelta(hours=1)
BETS_MAX = 200
_SALT = "keno.reconciliation.support-link.1"


class SupportLinkInvalid(Refusal):
    """The address was changed, is cut off, or belongs to another host."""

    code = "support_link_invalid"
    kind = Kind.NOT_FOUND
    title = "This address is not complete, or not for this site"


class SupportLinkExpired(Refusal):
    """The address was good for an hour, and that is over."""

    code = "support_link_expired"
    kind = Kind.NOT_FOUND
    title = "This address has expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class BetStory:
    """A bet with what moved its money: movements on the transfer wallet, calls on the seamless one."""

    bet: BetState
    hits: int | None
    movements: Sequence[Transaction]
    calls: Sequence[WalletCall]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundStory:
    """A round, and this operator's bets in it; `calls` are those of debits that never became a bet."""

    round: Round
    player: Player | None
    bets: Sequence[BetStory]
    more: bool
    calls: Sequence[WalletCall]


def make_link(
    *, operator: Operator, round_id: int, player_token: str | None, bet_id: UUID | None, now: datetime
) -> tuple[str, datetime]:
    """
    An address for the operator's support staff, and when it ends.

    :raises RoundNotFound: none, or another operator's. :raises PlayerNotFound: never seen here.
    :raises NotFound: there is no such bet in this round, or it is another player's.
    """
    get_round(round_id=round_id, operator_id=operator.pk)
    player = get_player(player_token) if player_token is not None else None
    if bet_id is not None and not _is_known(bet_id, round_id, player):
        raise NotFound()
    named = [str(operator.pk), round_id, player.pk if player else None, str(bet_id) if bet_id else None]
    token = signing.dumps(named, salt=_SALT)
    scheme, port = urlsplit(settings.BASE_URL).scheme, urlsplit(settings.BASE_URL).port
    host = primary_domain(operator) + (f":{port}" if port else "")
    return f"{scheme}://{host}/support/{token}", now + LIFETIME


def read_link(operator: Operator, token: str) -> tuple[int, int | None, UUID | None]:
    """
    What an address on this operator's domain names: round, player's key, bet.

    :raises SupportLinkExpired: an hour is over. :raises SupportLinkInvalid: not signed here, or for another operator.
    """
    try:
        named = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except signing.SignatureExpired as error:
        raise SupportLinkExpired() from error
    except signing.BadSignature as error:
        raise SupportLinkInvalid() from error
    operator_id, round_id, player_id, bet_id = named
    if operator_id != str(operator.pk):
        raise SupportLinkInvalid()
    return round_id, player_id, UUID(bet_id) if bet_id else None


def tell_round(operator: Operator, *, round_id: int, player_id: int | None, bet_id: UUID | None) -> RoundStory:
    """
    The round with these bets, inside the operator's schema. At most BETS_MAX bets, in the order in which they came.

    :raises RoundNotFound: none, or not of this operator's games any more.
    """
    one = get_round(round_id=round_id, operator_id=operator.pk)
    found = bets.selectors.bets().filter(round_id=round_id)
    if player_id is not None:
        found = found.filter(player_id=player_id)
    if bet_id is not None:
        found = found.filter(pk=bet_id)
    own = list(found.order_by("pk")[: BETS_MAX + 1])
    calls = _calls(operator, one, player_id, bet_id)
    shown = own[:BETS_MAX]
    stories = [_story(operator, one, bet, calls) for bet in shown]
    known = {bet.pk for bet in own}
    return RoundStory(
        round=one,
        player=own[0].player if own and player_id is not None else None,
        bets=stories,
        more=len(own) > BETS_MAX,
        calls=[call for call in calls if not _concerns(call) & known],
    )


def _is_known(bet_id: UUID, round_id: int, player: Player | None) -> bool:
    """Whether this bet was placed in this round, or was tried: its debit may never have become certain."""
    whose = {"player": player} if player else {}
    return (
        bets.selectors.bets().filter(pk=bet_id, round_id=round_id, **whose).exists()
        or wallet.selectors.calls_of_bet(bet_id).filter(round_id=round_id, **whose).exists()
    )


def _story(operator: Operator, one: Round, bet: BetState, calls: Sequence[WalletCall]) -> BetStory:
    hits = bet.hits
    if hits is None and one.numbers_drawn is not None:
        hits = len(set(bet.picks) & set(one.numbers_drawn))
    return BetStory(
        bet=bet,
        hits=hits,
        movements=_movements(operator, bet.pk),
        calls=[call for call in calls if bet.pk in _concerns(call)],
    )


def _movements(operator: Operator, bet_id: UUID) -> list[Transaction]:
    """On the seamless wallet they are those of a clearing account, and the calls say what the operator knows."""
    if operator.wallet_mode == WalletMode.SEAMLESS:
        return []
    return list(wallet.selectors.transactions_of_bet(bet_id).order_by("pk"))


def _concerns(call: WalletCall) -> set[UUID]:
    """The bets that a call is about: a credit for a round pays several."""
    return {call.bet_id, *(call.bet_ids or ())}


def _calls(operator: Operator, one: Round, player_id: int | None, bet_id: UUID | None) -> list[WalletCall]:
    if operator.wallet_mode != WalletMode.SEAMLESS:
        return []
    found = wallet.selectors.calls().filter(round_id=one.pk)
    if player_id is not None:
        found = found.filter(player_id=player_id)
    if bet_id is not None:
        found = found.filter(Q(bet_id=bet_id) | Q(bet_ids__contains=[bet_id]))
    return list(found.order_by("created_at", "pk")[: 4 * BETS_MAX])
