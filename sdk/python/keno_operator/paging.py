"""Lists that come in pages."""

from typing import Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list. `next` and `previous` are whole addresses, or None at the ends."""

    next: str | None
    previous: str | None
    results: list[T]

    @property
    def next_cursor(self) -> str | None:
        """What to give as `cursor` for the next page."""
        return _cursor(self.next)

    @property
    def previous_cursor(self) -> str | None:
        """What to give as `cursor` for the page before."""
        return _cursor(self.previous)


def _cursor(address: str | None) -> str | None:
    """Taken out of the address, because a key must never be sent to a host that an answer names."""
    return parse_qs(urlsplit(address).query)["cursor"][0] if address else None
