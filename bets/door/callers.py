"""
Who is behind a bearer token, remembered: a key or a session is read from the database once.

That it is still valid, and its operator still on the same terms, is asked with every placement, inside the placement's
own transaction: a revoked key places nothing from the revocation's answer on. So what stands here is a guess, and is
forgotten as soon as one turns out wrong.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence

from keno_platform.core.batching import Batcher
from keno_platform.core.errors import Refusal
from keno_platform.http.problems import Unauthenticated
from operators.authentication import Caller, CallerNotAllowed
from players.authentication import find_callers

PACE_S = 0.05
"""Of looks into the database under load: many share one."""
REMEMBERED_MAX = 100_000
Found = dict[str, Caller | Refusal]
InThread = Callable[[Callable[[], Found]], Awaitable[Found]]


class Callers:
    """The callers of one event loop; `in_thread` runs a look into the database."""

    def __init__(self, in_thread: InThread) -> None:
        self._known: dict[bytes, Caller] = {}
        self._in_thread = in_thread
        self._looks: Batcher[str, Caller | Refusal] = Batcher(self._look, pace_s=PACE_S)

    async def find(self, token: str) -> tuple[Caller, bool]:
        """
        The operator's or player's caller with this token, and whether it was read just now. That of an operator on the
        seamless wallet always is, since that way asks nothing again later.

        :raises Unauthenticated: :raises SessionExpired: nobody. :raises CallerNotAllowed: the provider.
        """
        place = _place_of(token)
        caller = self._known.get(place)
        if caller is not None:
            return caller, False
        found = await self._looks.submit(token)
        if isinstance(found, Refusal):
            raise found
        if found.operator is None:
            raise CallerNotAllowed()
        if not found.operator.is_seamless:
            if len(self._known) >= REMEMBERED_MAX:
                self._known.clear()
            self._known[place] = found
        return found, True

    def knows(self, token: str) -> bool:
        """Whether this one would be found without a look into the database."""
        return _place_of(token) in self._known

    def forget(self, token: str) -> None:
        """The next look is into the database."""
        self._known.pop(_place_of(token), None)

    async def _look(self, tokens: Sequence[str]) -> list[Caller | Refusal]:
        found = await self._in_thread(lambda: find_callers(set(tokens)))
        return [found.get(token, Unauthenticated()) for token in tokens]


def _place_of(token: str) -> bytes:
    """Secrets are not kept, not even here."""
    return hashlib.sha256(token.encode()).digest()
