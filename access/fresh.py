"""Sensitive steps ask for the password and a code again. Rooms below this one find the same in the gate."""

from keno_platform.staff.gate import fresh_only

__all__ = ["fresh_only"]
