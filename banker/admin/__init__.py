"""
The three-digit lottery for staff, inside the picked operator. They look, they open and close phases, and they keep a
member out; numbers are the admins' own.
"""

from banker.admin import members, phases, results, slips

__all__ = ["members", "phases", "results", "slips"]
