"""Slips: what is asked for, what may be placed, and what has just been accepted."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from bets import receipts
from bets.models import Bet, Paytable
from fairness.merkle import leaf_hash
from players.models import Player
from rounds.models import Round


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipAsk:
    """What somebody asks for, still unchecked: `picks`, `stake` and the rest are as the JSON had them."""

    key: str
    player_token: str
    picks: object
    stake: object
    currency: object
    game: str | None = None
    round_id: int | None = None
    rounds: int = 1
    session_id: UUID | None = None
    """The player's session, when a player asks; not part of what is asked."""

    def fingerprint(self) -> bytes:
        """The same for the same request, whatever the current round is when it is retried."""
        asked = [
            self.player_token,
            self.picks,
            self.stake,
            self.currency,
            self.game,
            self.round_id,
            self.rounds,
        ]
        return hashlib.sha256(msgspec.json.encode(asked)).digest()


@dataclass(slots=True, kw_only=True)
class Slip:
    """A slip that may be placed, as far as can be known before the gate, with all that its bets are made of."""

    ask: SlipAsk
    fingerprint: bytes
    player: Player
    paytable: Paytable
    picks: tuple[int, ...]
    stake: int
    potential: int
    rounds: Sequence[Round]
    bet_ids: Sequence[UUID]
    prefixes: Sequence[bytes]
    """Of each bet's leaf: what it says before the moment of acceptance and the blind."""
    blinds: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A slip that has just become bets, at this moment, and what its player has left if that is known."""

    slip: Slip
    moment: datetime
    balance: int | None = None

    def leaf(self, place: int) -> bytes:
        """The BET leaf of one of its bets: the receipt."""
        return receipts.leaf(self.slip.prefixes[place], self.moment, self.slip.blinds[place])

    def bets(self) -> list[Bet]:
        """Its bets as they have just been written."""
        return [self._bet(place) for place in range(len(self.slip.bet_ids))]

    def _bet(self, place: int) -> Bet:
        slip = self.slip
        return Bet(
            pk=slip.bet_ids[place],
            round_id=slip.rounds[place].pk,
            player=slip.player,
            paytable=slip.paytable,
            ticket_id=slip.bet_ids[0] if len(slip.bet_ids) > 1 else None,
            picks=slip.picks,
            pick_count=len(slip.picks),
            stake=slip.stake,
            potential_max_win=slip.potential,
            blind=slip.blinds[place],
            leaf_hash=leaf_hash(self.leaf(place)),
            created_at=self.moment,
        )
