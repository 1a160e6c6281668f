"""What needs a human: everything that waits, from every room, with its reason, its age, and when it is due."""

from datetime import datetime

from desk.inbox import books, house
from desk.inbox.items import Item
from desk.sight import Sight


def gather(sight: Sight, *, now: datetime) -> list[Item]:
    """What this member of staff may see, the most overdue first: of the picked operator, or where none is of all."""
    return sorted([*house.items(sight, now), *books.items(sight, now)], key=lambda item: item.due_at)
