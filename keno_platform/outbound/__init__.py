"""
Calling addresses that others have given us: wallets and webhooks of operators.

Every call has a total deadline, a cap on what it reads, and goes to an address that was checked; none follows a
redirect, a proxy or a cookie.
"""

from keno_platform.outbound.addresses import AddressNotAllowed, check_url
from keno_platform.outbound.calls import Answer, Caller, CallFailed, Target, caller, close

__all__ = ["AddressNotAllowed", "Answer", "CallFailed", "Caller", "Target", "caller", "check_url", "close"]
