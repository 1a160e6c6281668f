"""Changing operators: creation, standing, looks, credentials, wallets, signatures. Every change is on record."""

from operators.services.brand import Brand, change_brand, check_brand
from operators.services.call_keys import ensure_call_key, rotate_call_key
from operators.services.caller_keys import (
    CallerKeyInvalid,
    TooManyCallerKeys,
    add_caller_key,
    revoke_caller_key,
    rotate_caller_key,
)
from operators.services.creation import OperatorInvalid, OperatorTerms, create_operator
from operators.services.integration import Integration, change_integration
from operators.services.keys import issue_key, revoke_key, rotate_key
from operators.services.resealing import Resealed, reseal
from operators.services.standing import resume_operator, suspend_operator
from operators.services.terms import change_jurisdiction, change_terms
from operators.services.wallets import (
    OperatorHasMoney,
    WalletConnectionInvalid,
    connect_wallet,
    rotate_wallet_secret,
    set_wallet_active,
)

__all__ = [
    "Brand",
    "CallerKeyInvalid",
    "Integration",
    "OperatorHasMoney",
    "OperatorInvalid",
    "OperatorTerms",
    "Resealed",
    "TooManyCallerKeys",
    "WalletConnectionInvalid",
    "add_caller_key",
    "change_brand",
    "change_integration",
    "change_jurisdiction",
    "change_terms",
    "check_brand",
    "connect_wallet",
    "create_operator",
    "ensure_call_key",
    "issue_key",
    "reseal",
    "resume_operator",
    "revoke_caller_key",
    "revoke_key",
    "rotate_call_key",
    "rotate_caller_key",
    "rotate_key",
    "rotate_wallet_secret",
    "set_wallet_active",
    "suspend_operator",
]
