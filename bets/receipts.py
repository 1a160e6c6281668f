"""Receipts: the BET leaf of a bet, rebuilt from its row. Its hash is in the round's `bets_root`."""

import struct
from functools import lru_cache
from uuid import UUID

from bets.models import Bet, BetState
from fairness.hashing import hmac_sha256
from fairness.messages import BET_BLIND_LENGTH, BetTerms
from keno_platform.core.clock import to_milliseconds
from operators.models import Operator

ACCEPTANCE = struct.Struct(f">Q{BET_BLIND_LENGTH}s")
"""What follows the prefix in a BET leaf: milliseconds of acceptance and the blind."""


@lru_cache(maxsize=65_536)
def player_tag(secret: bytes, token: str) -> bytes:
    """A player in a leaf: recognisable by whoever knows the operator's secret, and by nobody else."""
    return hmac_sha256(secret, token.encode())


def blind_of(operator: Operator, bet_id: UUID) -> bytes:
    """16 bytes that keep a leaf's hash from being guessed, different for every bet."""
    return hmac_sha256(bytes(operator.player_tag_secret), b"blind" + bet_id.bytes)[:BET_BLIND_LENGTH]


def terms_of(
    *,
    operator: Operator,
    stream: UUID,
    round_number: int,
    bet_id: UUID,
    player_token: str,
    picks: tuple[int, ...],
    stake: int,
    paytable_hash: bytes,
) -> BetTerms:
    """What a BET leaf says before the bet is accepted: its prefix."""
    return BetTerms(
        stream=stream,
        round_number=round_number,
        bet_id=bet_id,
        operator_id=operator.pk,
        player_tag=player_tag(bytes(operator.player_tag_secret), player_token),
        picks=picks,
        currency=operator.currency_code,
        exponent=operator.currency_exponent,
        stake_minor=stake,
        paytable_hash=paytable_hash,
    )


def receipt(bet: Bet | BetState, *, operator: Operator, stream: UUID, round_number: int) -> bytes:
    """The 176 bytes of the bet's leaf, which the bettor gets and nobody else."""
    terms = terms_of(
        operator=operator,
        stream=stream,
        round_number=round_number,
        bet_id=bet.pk,
        player_token=bet.player.token,
        picks=tuple(bet.picks),
        stake=bet.stake,
        paytable_hash=bytes(bet.paytable.hash),
    )
    return terms.prefix() + ACCEPTANCE.pack(to_milliseconds(bet.created_at), bytes(bet.blind))
