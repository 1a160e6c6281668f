"""Webhooks for staff: endpoints and their secrets, what happened, and every try of telling it."""

from webhooks.admin import endpoints, records

__all__ = ["endpoints", "records"]
