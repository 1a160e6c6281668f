"""Moving money, in both wallet modes."""

from wallet.services.books import PARTITIONED, hold_accounts, open_account, post_movements
from wallet.services.transfers import DepositLimitReached, InsufficientFunds, claim_cause, deposit, withdraw

__all__ = [
    "PARTITIONED",
    "DepositLimitReached",
    "InsufficientFunds",
    "claim_cause",
    "deposit",
    "hold_accounts",
    "open_account",
    "post_movements",
    "withdraw",
]
