"""What events on record are called, where staff and reports show them."""

from audit.titles import TITLES

TEXTS: dict[str, str] = {f"event.{event_type}": title for event_type, title in TITLES.items()}
