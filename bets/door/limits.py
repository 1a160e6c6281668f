"""
How the hot door counts bets: an operator's against a lease, without asking anybody; a player's together with those of
other players that arrive at the same moment.
"""

import time
from uuid import UUID

from django.conf import settings

from keno_platform.core.errors import Kind, Refusal
from keno_platform.limits import rates
from keno_platform.limits.addresses import bucket_of
from keno_platform.limits.demands import FREE, Verdict
from keno_platform.limits.gathering import Gatherer
from keno_platform.limits.guesses import guesses
from keno_platform.limits.leases import Leases
from operators import limiting
from operators.authentication import Caller
from operators.models import Operator

REREAD_S = 1.0


class DoorLimits:
    """Those of one event loop."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._leases = Leases(gatherer)
        self._asked_at: dict[UUID, float] = {}

    def may_be_outdated(self, operator: Operator) -> bool:
        """
        Whether the limits that refused a call of this operator are to be read again, which is said once in REREAD_S:
        in a flood most refusals are given from memory.
        """
        now = time.monotonic()
        if now < self._asked_at.get(operator.pk, 0.0) + REREAD_S:
            return False
        self._asked_at[operator.pk] = now
        return True

    async def count(self, caller: Caller, operator: Operator, *, bets: int, address: str) -> Verdict:
        """
        Count bets of this caller; what its own limits say, where they were asked. A player that is refused takes
        nothing from the operator.

        :raises RateLimited: too many. :raises LimitsUnavailable: nobody can count.
        """
        verdict = FREE
        if caller.player_id is not None:
            demands = limiting.of_players_bets(
                operator, player_id=caller.player_id, bucket=bucket_of(address), bets=bets
            )
            verdict = await self._gatherer.take(demands, money=True)
            verdict.require()
        lease = self._leases.of(operator.pk)
        if not lease.spend(bets):
            demand = limiting.of_operator(operator, rates.OPERATOR_BETS, units=bets)
            if demand is not None:
                await lease.spend_or_ask(demand)
        return verdict

    async def note_guess(self, error: Exception, address: str) -> None:
        """Where this is the refusal of a wrong credential, count it for the address that it came from."""
        if isinstance(error, Refusal) and error.kind is Kind.UNAUTHENTICATED and settings.LIMITS.rates:
            demands = limiting.together(limiting.of_address(bucket_of(address), rates.ADDRESS_GUESSES))
            guesses.remember(demands, await self._gatherer.take(demands, money=False))
