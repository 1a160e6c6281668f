"""A player's balance at a seamless operator."""

from uuid import UUID

from keno_platform.core import loops
from keno_platform.database import lending
from operators.models import Operator
from players.models import Player
from wallet.protocol import Outcome
from wallet.services import wallets
from wallet.services.refusals import refusal_of


def ask(*, operator: Operator, player: Player, session_id: UUID | None = None) -> int:
    """
    What the operator's wallet says, in minor units.

    :raises WalletUnavailable: no definite answer. :raises Refusal: the wallet refused; see `refusal_of`.
    """
    wallet = wallets.wallet_of(operator)
    lending.give_back()
    verdict = loops.run(wallet.balance(player_token=player.token, session_id=session_id))
    if verdict.outcome is not Outcome.OK or verdict.balance is None:
        raise refusal_of(verdict)
    return verdict.balance
