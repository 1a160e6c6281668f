"""For operators of the Keno platform: its API as typed calls, and the checks of wallet calls and webhooks."""

from keno_operator.async_client import AsyncKenoClient
from keno_operator.calls import Retries
from keno_operator.client import KenoClient
from keno_operator.endpoint import WalletEndpoint, refuse_unverified
from keno_operator.errors import AnswerInvalid, KenoError, Unreachable
from keno_operator.incoming import CallVerifier, ClockSkew, NotVerified, SignatureInvalid, SignatureMissing
from keno_operator.keys import CallKeys
from keno_operator.paging import Page
from keno_operator.signing import Ed25519Signer, HmacSigner, Signer
from keno_operator.wallet import (
    Accepted,
    BalanceAsk,
    CallMalformed,
    CreditAsk,
    CreditedBet,
    DebitAsk,
    Refused,
    RollbackAsk,
    read_call,
)
from keno_operator.webhooks import Event, WebhookInvalid, WebhookVerifier

__all__ = [
    "Accepted",
    "AnswerInvalid",
    "AsyncKenoClient",
    "BalanceAsk",
    "CallKeys",
    "CallMalformed",
    "CallVerifier",
    "ClockSkew",
    "CreditAsk",
    "CreditedBet",
    "DebitAsk",
    "Ed25519Signer",
    "Event",
    "HmacSigner",
    "KenoClient",
    "KenoError",
    "NotVerified",
    "Page",
    "Refused",
    "Retries",
    "RollbackAsk",
    "SignatureInvalid",
    "SignatureMissing",
    "Signer",
    "Unreachable",
    "WalletEndpoint",
    "WebhookInvalid",
    "WebhookVerifier",
    "read_call",
    "refuse_unverified",
]
