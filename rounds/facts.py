"""What is told of rounds: their columns as the statements of the tick return them, without a model's weight."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, Self

from keno_platform.core import clock
from rounds.models import Round, RoundStatus

Clock = Callable[[datetime], str]


class RoundFacts(NamedTuple):
    """The columns of a round that frames are made of, in the order of COLUMNS; a seed only when it is public."""

    id: int
    game_id: int
    number: int
    status: str
    opens_at: datetime
    closes_at: datetime
    commitment: bytes
    signed_only: bool | None
    bets_count: int | None
    bets_root: bytes | None
    close_message: bytes | None
    close_signature: bytes | None
    close_key_id: str
    numbers: list[int] | None
    server_seed: bytes | None
    beacon_signature: bytes | None
    void_reason: str

    @classmethod
    def of(cls, one: Round) -> Self:
        """The facts of a round that is at hand as a model."""
        return cls(
            id=one.pk,
            game_id=one.game_id,
            number=one.number,
            status=one.status,
            opens_at=one.opens_at,
            closes_at=one.closes_at,
            commitment=bytes(one.server_seed_hash),
            signed_only=one.signed_only,
            bets_count=one.bets_count,
            bets_root=_bytes(one.bets_root),
            close_message=_bytes(one.close_message),
            close_signature=_bytes(one.close_signature),
            close_key_id=one.close_key_id,
            numbers=one.numbers_drawn,
            server_seed=_bytes(one.server_seed),
            beacon_signature=_bytes(one.beacon_signature),
            void_reason=one.void_reason,
        )


COLUMNS = """
    r.id, r.game_id, r.number, r.status, r.opens_at, r.closes_at, r.server_seed_hash, r.signed_only, r.bets_count,
    r.bets_root, r.close_message, r.close_signature, r.close_key_id, r.numbers_drawn,
    CASE WHEN r.status = 'revealed' THEN r.server_seed END, r.beacon_signature, r.void_reason
"""


def describe(one: RoundFacts, *, game: str, to_text: Clock = clock.to_text) -> dict[str, Any]:
    """A round as every frame and answer names it; what is not known or not public yet is absent."""
    known: dict[str, Any] = {
        "game": game,
        "round_id": one.id,
        "number": one.number,
        "status": one.status,
        "opens_at": to_text(one.opens_at),
        "closes_at": to_text(one.closes_at),
        "commitment": one.commitment.hex(),
    }
    if one.signed_only is not None:
        known["commitment_status"] = "signed-only" if one.signed_only else "anchored"
    if one.close_message is not None and one.bets_root is not None:
        known["bets_count"], known["bets_root"] = one.bets_count, one.bets_root.hex()
        if one.status == RoundStatus.CLOSED:
            # Whoever keeps this frame has the CLOSE from before the beacon existed: another later would be a proof.
            known["close"] = {
                "message": one.close_message.hex(),
                "signature": (one.close_signature or b"").hex(),
                "key_id": one.close_key_id,
            }
    if one.numbers is not None:
        known["numbers"] = list(one.numbers)
    if one.status == RoundStatus.REVEALED and one.server_seed is not None:
        known["server_seed"] = one.server_seed.hex()
        known["beacon_signature"] = (one.beacon_signature or b"").hex()
    if one.status == RoundStatus.VOID:
        known["reason"] = one.void_reason
    return known


def _bytes(value: "bytes | memoryview | None") -> bytes | None:
    return None if value is None else bytes(value)
