"""
Every frame of the sockets, as a client reads it: what /api/v1/asyncapi.json is made from, and what the frames that
are really sent are held against.

A client ignores frames and members that it does not know: both may be added.
"""

from typing import Literal
from uuid import UUID

import msgspec

Hex = str


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all frames."""


class Close(Frame, frozen=True, kw_only=True):
    """The signed CLOSE of a round: the bets that are in it, fixed before the beacon existed. Hex."""

    message: Hex
    signature: Hex
    key_id: str


class RoundFacts(Frame, frozen=True, kw_only=True):
    """A round as far as it is known. What is not known, or not public yet, is absent. Times are RFC 3339 in UTC."""

    game: str
    round_id: int
    number: int
    status: Literal["scheduled", "open", "closed", "drawn", "settled", "revealed", "void"]
    opens_at: str
    closes_at: str
    commitment: Hex
    commitment_status: Literal["signed-only", "anchored"] | msgspec.UnsetType = msgspec.UNSET
    bets_count: int | msgspec.UnsetType = msgspec.UNSET
    bets_root: Hex | msgspec.UnsetType = msgspec.UNSET
    close: Close | msgspec.UnsetType = msgspec.UNSET
    numbers: list[int] | msgspec.UnsetType = msgspec.UNSET
    server_seed: Hex | msgspec.UnsetType = msgspec.UNSET
    beacon_signature: Hex | msgspec.UnsetType = msgspec.UNSET
    reason: str | msgspec.UnsetType | None = msgspec.UNSET


class Hello(Frame, frozen=True, kw_only=True):
    """The first frame: the state now, the server's time, and the `seq` that the stream goes on from."""

    type: Literal["hello"]
    seq: int
    server_time: str
    round: RoundFacts


class RoundEvent(RoundFacts, frozen=True, kw_only=True):
    """
    Something happened to a round. `seq` counts the game's events without gaps: after a gap a frame was lost, and the
    client reads the state again.
    """

    seq: int


class RoundOpened(RoundEvent, frozen=True, kw_only=True):
    """Betting has begun."""

    type: Literal["round.opened"]


class RoundClosed(RoundEvent, frozen=True, kw_only=True):
    """Betting has ended; the bets of the round are sealed."""

    type: Literal["round.closed"]


class RoundDrawn(RoundEvent, frozen=True, kw_only=True):
    """The numbers, in the order in which they were drawn."""

    type: Literal["round.drawn"]


class RoundSettled(RoundEvent, frozen=True, kw_only=True):
    """Every operator has settled the round's bets."""

    type: Literal["round.settled"]


class RoundRevealed(RoundEvent, frozen=True, kw_only=True):
    """The seed is public: anyone can check the round."""

    type: Literal["round.revealed"]


class RoundVoided(RoundEvent, frozen=True, kw_only=True):
    """The round does not count; stakes go back."""

    type: Literal["round.voided"]


class Auth(Frame, frozen=True, kw_only=True):
    """The first and only message of a player's client, within ten seconds."""

    type: Literal["auth"]
    token: str


class Ready(Frame, frozen=True, kw_only=True):
    """The token is good; the player's frames follow."""

    type: Literal["ready"]


class WithBalance(Frame, frozen=True, kw_only=True):
    """With the player's balance where this server knows it: not while only the operator's wallet does."""

    balance: str | msgspec.UnsetType = msgspec.UNSET
    currency: str | msgspec.UnsetType = msgspec.UNSET


class BetAccepted(WithBalance, frozen=True, kw_only=True):
    """Bets of this player stand."""

    type: Literal["bet.accepted"]
    bets: list[UUID]


class BetResult(Frame, frozen=True, kw_only=True):
    """What became of one bet. Amounts are decimal strings of the player's currency."""

    id: UUID
    status: Literal["won", "lost", "rolled_back"]
    win_amount: str
    stake: str


class BetSettled(WithBalance, frozen=True, kw_only=True):
    """What became of this player's bets of one round."""

    type: Literal["bet.settled"]
    round_id: int
    bets: list[BetResult]


class Balance(Frame, frozen=True, kw_only=True):
    """The player's balance, as the operator's wallet has told it."""

    type: Literal["balance"]
    balance: str
    currency: str


class SessionRevoked(Frame, frozen=True, kw_only=True):
    """Another session of this player was ended. A session that is ended itself has its socket closed with 4401."""

    type: Literal["session.revoked"]
    session_id: UUID


class LimitReached(Frame, frozen=True, kw_only=True):
    """A bet of this player was refused for a limit; `params` are those of the refusal."""

    type: Literal["limit.reached"]
    code: Literal["stake_limit_reached", "loss_limit_reached"]
    params: dict[str, str | None]


class RealityCheck(Frame, frozen=True, kw_only=True):
    """The player is to be told how long the session lasts, and with what result, and asked whether to go on."""

    type: Literal["reality_check"]
    due_at: str
    every_minutes: int
    elapsed_seconds: int


class ProtectionChanged(Frame, frozen=True, kw_only=True):
    """What protects this player has changed: read it again."""

    type: Literal["protection.changed"]


class NumberChanged(Frame, frozen=True, kw_only=True):
    """A number's new aggregates. Whoever knows a higher version of the number keeps that."""

    number: str
    total: str
    potential_payout: str
    bets: int
    version: int


class RiskUpdate(Frame, frozen=True, kw_only=True):
    """Slips have changed what is staked on these numbers of a phase."""

    type: Literal["risk_update"]
    phase_id: UUID
    numbers: list[NumberChanged]


class PhaseChanged(Frame, frozen=True, kw_only=True):
    """A phase has another state, or another limit: whoever shows it reads it again."""

    type: Literal["phase_changed"]
    phase_id: UUID
    status: Literal["draft", "open", "closed", "settled"]


GAME_FRAMES = (Hello, RoundOpened, RoundClosed, RoundDrawn, RoundSettled, RoundRevealed, RoundVoided)
PLAYER_FRAMES = (
    *(Ready, BetAccepted, BetSettled, Balance, SessionRevoked),
    *(LimitReached, RealityCheck, ProtectionChanged),
)
PLAYER_MESSAGES = (Auth,)
BANKER_FRAMES = (Ready, RiskUpdate, PhaseChanged)

UNEXPECTED, TRY_LATER = 1008, 1013
UNAUTHENTICATED, NOT_FOUND, TOO_SLOW = 4401, 4404, 4408
CLOSE_CODES = {
    UNEXPECTED: "A message that this socket does not take.",
    TRY_LATER: "The state cannot be read at the moment; the client connects again a little later.",
    UNAUTHENTICATED: "No good session token came in time, or the session has ended.",
    NOT_FOUND: "There is no such game on this host.",
    TOO_SLOW: "The client did not take its frames in time; it connects again and reads the state.",
}
"""Why the server closes a socket."""
