"""Members of staff, from where roles may come, and staff's sessions, for those who may let others in."""

from access.admin import members, networks, sessions

__all__ = ["members", "networks", "sessions"]
