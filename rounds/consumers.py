"""The public stream of one game's rounds: `WS /ws/v1/games/{code}` on an operator's domain."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import UUID

from keno_platform.core import clock
from keno_platform.core.errors import Refusal
from keno_platform.live import frames
from keno_platform.live.broadcaster import Topic, broadcaster
from keno_platform.live.reading import in_thread
from keno_platform.live.sockets import Message, Receive, Scope, Send, Socket, accept, encoded, host_of
from keno_platform.live.topics import game_topic
from operators.selectors import find_operator_by_domain
from rounds import announce, selectors
from rounds.lean import LeanSocket, wants_lean

logger = logging.getLogger(__name__)
STATE_FOR_S = 0.05
"""How old a hello may be, if no frame has come since: its `server_time` sets clients' clocks."""
DOMAIN_FOR_S = 1.0
"""So long after a domain was removed a socket may still be opened on it. Those that are open stay."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """The first frame, and who may see it."""

    message: Message
    seq: int
    owner_id: UUID | None


async def game_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Say hello with the state, then pass frames on. Whatever a client sends closes the socket."""
    await accept(receive, send)
    try:
        code = await _serve(scope, receive, send)
    except Refusal:
        code = frames.NOT_FOUND
    except _Unreadable:
        code = frames.TRY_LATER
    if code is not None:
        await Socket(send).close(code)


async def _serve(scope: Scope, receive: Receive, send: Send) -> int | None:
    """
    The code to close with; None where the connection is gone.

    :raises Refusal: no operator has this domain, or no such game of it.
    :raises _Unreadable: the database does not answer.
    """
    code: str = scope["url_route"]["kwargs"]["code"]
    name, socket = game_topic(code), (LeanSocket if wants_lean(scope) else Socket)(send)
    try:
        # Joined before the state is read: what happens in between is held, and nothing is missed.
        topic = await broadcaster().join(name, socket)
        greeting = await _greet(topic, code=code, host=host_of(scope))
        socket.start(greeting.message, after=greeting.seq)
        more = await receive()
    finally:
        broadcaster().leave(name, socket)
        socket.stop()
    return frames.UNEXPECTED if more["type"] == "websocket.receive" else None


async def _greet(topic: Topic, *, code: str, host: str) -> Greeting:
    """The first frame for a newcomer to this topic. Raises as `_serve` does."""
    operator_id = await broadcaster().memory.get(host, partial(_look, _operator_on, host), keep_s=DOMAIN_FOR_S)
    if operator_id is None:
        raise selectors.GameNotFound(game=code)
    greeting = await topic.shared_state(partial(_look, _read_greeting, code), keep_s=STATE_FOR_S)
    if greeting.owner_id not in (None, operator_id):
        raise selectors.GameNotFound(game=code)
    return greeting


class _Unreadable(Exception):
    """The database does not answer."""


async def _look(read: Callable[[str], T], what: str) -> T:
    try:
        return await in_thread(read, what)
    except Refusal:
        raise
    except Exception as error:
        logger.exception("what sockets are to be greeted with could not be read")
        raise _Unreadable from error


def _operator_on(host: str) -> UUID | None:
    operator = find_operator_by_domain(host)
    return operator.pk if operator else None


def _read_greeting(code: str) -> Greeting:
    """
    The state now and the `seq` that the stream goes on from.

    The `seq` is read first: what happens between the two reads is in the state, and is told again.

    :raises Refusal: there is no such game, or none of its rounds is ahead.
    """
    game = selectors.get_any_game(code)
    current = selectors.current_round(game)
    now = clock.to_text(selectors.game_now(game.pk))
    hello = {"type": "hello", "seq": game.event_seq, "server_time": now, "round": announce.describe(current)}
    return Greeting(message=encoded(hello), seq=game.event_seq, owner_id=game.owner_id)
