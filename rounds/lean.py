"""
The stream of rounds for phones on paid data: `?lean=1`. Every frame comes, with its number and what is new in it alone.

What follows of a round when its numbers are known says only its number, for who counts; the rest is read over HTTP by
whoever wants it. A frame is made lean once in a process, for all its sockets.
"""

from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

import msgspec

from keno_platform.live.sockets import Message, Scope, Socket, encoded

KEPT = {
    "round.opened": ("type", "seq", "round_id", "number", "opens_at", "closes_at"),
    "round.closed": ("type", "seq", "round_id"),
    "round.drawn": ("type", "seq", "round_id", "numbers"),
    "round.settled": ("seq",),
    "round.revealed": ("seq",),
}
"""Of each frame what a lean one has. Others are rare, and pass as they are."""


class LeanSocket(Socket):
    """A socket that is sent lean frames."""

    __slots__ = ()

    def offer(self, message: Message) -> None:
        super().offer(_lean(message.text) or message)


def wants_lean(scope: Scope) -> bool:
    """Whether a socket was opened with `?lean=1`."""
    return parse_qs(scope.get("query_string", b"")).get(b"lean") == [b"1"]


@lru_cache(maxsize=1024)
def _lean(text: str) -> Message | None:
    """None for a frame that stays as it is, as one that is lean already does."""
    frame: dict[str, Any] = msgspec.json.decode(text)
    kept = KEPT.get(frame.get("type", ""))
    return encoded({name: frame[name] for name in kept if name in frame}) if kept else None
