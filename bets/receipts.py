"""Receipts: the BET leaf of a bet, rebuilt from its row. Its hash is in the round's `bets_root`."""

import struct
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from bets.models import Bet, BetState
from fairness.hashing import hmac_sha256
from fairness.messages import BET_BLIND_LENGTH, BetForm
from keno_platform.core import randomness
from keno_platform.core.clock import to_milliseconds
from operators.models import Operator

ACCEPTANCE = struct.Struct(f">Q{BET_BLIND_LENGTH}s")
"""What follows the prefix in a BET leaf: milliseconds of acceptance and the blind."""


@lru_cache(maxsize=65_536)
def player_tag(secret: bytes, token: str) -> bytes:
    """A player in a leaf: recognisable by whoever knows the operator's secret, and by nobody else."""
    return hmac_sha256(secret, token.encode())


def new_blind() -> bytes:
    """16 random bytes that keep a leaf's hash from being guessed. The bet's row keeps them."""
    return randomness.take(BET_BLIND_LENGTH)


def form_of(operator: Operator, *, stream: UUID, round_number: int, paytable_hash: bytes) -> BetForm:
    """What all of the operator's bets on a round under a paytable have in common."""
    return BetForm(
        stream=stream,
        round_number=round_number,
        operator_id=operator.pk,
        currency=operator.currency_code,
        exponent=operator.currency_exponent,
        paytable_hash=paytable_hash,
    )


def prefix(
    form: BetForm, operator: Operator, *, bet_id: UUID, player_token: str, picks: tuple[int, ...], stake: int
) -> bytes:
    """What a BET leaf says before the bet is accepted."""
    tag = player_tag(bytes(operator.player_tag_secret), player_token)
    return form.prefix(bet_id=bet_id, player_tag=tag, picks=picks, stake_minor=stake)


def receipt(bet: Bet | BetState, *, operator: Operator, stream: UUID, round_number: int) -> bytes:
    """The 176 bytes of the bet's leaf, which the bettor gets and nobody else."""
    form = form_of(operator, stream=stream, round_number=round_number, paytable_hash=bytes(bet.paytable.hash))
    token, picks = bet.player.token, tuple(bet.picks)
    own = prefix(form, operator, bet_id=bet.pk, player_token=token, picks=picks, stake=bet.stake)
    return leaf(own, bet.created_at, bytes(bet.blind))


def leaf(before: bytes, accepted_at: datetime, blind: bytes) -> bytes:
    """The same from what it consists of."""
    return before + ACCEPTANCE.pack(to_milliseconds(accepted_at), blind)
