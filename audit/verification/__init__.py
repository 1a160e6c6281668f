"""
Going through the whole record and holding it against its seals. Whatever does not fit is a finding with a name.

What a checkpoint says is true where the house's signature says so; from there the truth goes down: to the heads of the
logs, to the leaves, to the entries. So it is known which of two that contradict each other was changed.
"""

from audit.verification.findings import Fault, Finding
from audit.verification.run import Knowledge, Verification, verify

__all__ = ["Fault", "Finding", "Knowledge", "Verification", "verify"]
