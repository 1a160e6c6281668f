"""Asking, deciding, withdrawing, expiring. Each is on record, in the transaction of what it does."""

from approvals.services.asking import AlreadyAsked, ask, expire, withdraw
from approvals.services.deciding import NotConfirmed, SamePerson, approve, reject
from approvals.services.people import NotOpen, NotPermitted, Person

__all__ = [
    "AlreadyAsked",
    "NotConfirmed",
    "NotOpen",
    "NotPermitted",
    "Person",
    "SamePerson",
    "approve",
    "ask",
    "expire",
    "reject",
    "withdraw",
]
