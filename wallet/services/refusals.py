"""What a bet meets when the operator's wallet does not debit its stake."""

from keno_platform.core.errors import Kind as Refused
from keno_platform.core.errors import MoneyMoved, Refusal, Retry
from players.services import PlayerBlocked
from wallet.protocol import Outcome, Verdict
from wallet.services.transfers import InsufficientFunds


class LimitReached(Refusal):
    """A limit of the player at the operator forbids this stake."""

    code = "limit_reached"
    kind = Refused.CONFLICT
    title = "A limit of the player is reached"
    retry = Retry.NEW_KEY


class WalletRefused(Refusal):
    """The operator's wallet refused the debit; `params.wallet_code` says why."""

    code = "wallet_refused"
    kind = Refused.CONFLICT
    title = "The wallet refused the stake"
    retry = Retry.NEW_KEY


class WalletUnavailable(Refusal):
    """
    The operator's wallet did not answer, or not definitely. The bet is not in the round, whatever becomes of the
    debit: it is rolled back until that is certain.
    """

    code = "wallet_unavailable"
    kind = Refused.UNAVAILABLE
    title = "The wallet is not available"
    retry = Retry.NEW_KEY
    money_moved = MoneyMoved.UNKNOWN


class WalletModeOther(Refusal):
    """This call belongs to the other wallet mode: who holds the players' money is the operator's choice, once."""

    code = "wallet_mode_other"
    kind = Refused.CONFLICT
    title = "This call is not for this wallet mode"
    retry = Retry.NEVER


_BY_CODE: dict[str, type[Refusal]] = {
    "insufficient_funds": InsufficientFunds,
    "limit_reached": LimitReached,
    "player_blocked": PlayerBlocked,
}


def refusal_of(verdict: Verdict) -> Refusal:
    """What the player is told about a debit that did not succeed."""
    if verdict.outcome is Outcome.IN_DOUBT or not verdict.sent:
        unavailable = WalletUnavailable(reason="in_doubt" if verdict.sent else verdict.detail)
        unavailable.money_moved = MoneyMoved.UNKNOWN if verdict.sent else MoneyMoved.NO
        return unavailable
    known = _BY_CODE.get(verdict.detail)
    return known() if known else WalletRefused(wallet_code=verdict.detail)
