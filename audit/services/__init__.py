"""Writing the record, and sealing it."""

from audit.services.recording import SYSTEM, Event, record, record_many

__all__ = ["SYSTEM", "Event", "record", "record_many"]
