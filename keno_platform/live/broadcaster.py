"""
The broadcaster: one subscription a process, each frame made into a message once and handed to every local socket of its
topic.

Topics take turns: a frame for thousands of sockets is handed out a part at a time, so that other topics' frames and the
process' other work wait for a part only.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from keno_platform.live.shared import Memory, Shared
from keno_platform.live.sockets import Message, Socket
from keno_platform.live.subscription import Subscription

T = TypeVar("T")
PART = 250
"""Sockets that are served before others have their turn: some three milliseconds."""
FRAMES_MAX = 1000
"""Frames on their way, of all topics; beyond it no more are read from Redis."""
YIELD_S = 0.01
HEARD_WITHIN_S = 2.0
NAMES_MAX = 10_000


class Topic:
    """
    The sockets of one topic, and the frames on their way to them.

    `version` changes with everything after which a state that was read before is not to be told to a newcomer.
    """

    __slots__ = ("_sending", "heard", "name", "sockets", "state", "version")

    def __init__(self, name: str) -> None:
        self.name = name
        self.sockets: dict[Socket, None] = {}
        self.heard = asyncio.Event()
        self.version = 0
        self.state: Shared[Any] | None = None
        self._sending: deque[tuple[Message, deque[Socket]]] = deque()

    def add(self, message: Message) -> int:
        """A frame for the sockets that are here now: how many have it already, which is all, or none until its turn."""
        self.version += 1
        if not self._sending and len(self.sockets) <= PART:
            for socket in tuple(self.sockets):
                socket.offer(message)
            return len(self.sockets)
        self._sending.append((message, deque(self.sockets)))
        return 0

    def send_part(self) -> bool:
        """Hand the first frame to some of its sockets; whether that was the last of them."""
        message, sockets = self._sending[0]
        for _ in range(min(PART, len(sockets))):
            sockets.popleft().offer(message)
        if not sockets:
            self._sending.popleft()
        return not sockets

    async def shared_state(self, read: Callable[[], Awaitable[T]], *, keep_s: float) -> T:
        """
        What `read` gives, read once for all who ask while no frame comes.

        For a socket that has joined: what happened before the read is in it, and what happens after it is told.
        """
        if self.state is None:
            self.state = Shared(read, keep_s=keep_s)
        state: T = await self.state.get(self.version)
        return state


class Broadcaster:
    """All sockets of this process, by topic."""

    def __init__(self) -> None:
        self._topics: dict[str, Topic] = {}
        self._subscription = Subscription(self, self._topics.keys())
        self._listener: asyncio.Task[None] | None = None
        self._turns: deque[Topic] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._served = 0
        self.memory = Memory(names_max=NAMES_MAX)
        """What sockets of several topics ask for: the operators of domains."""

    async def join(self, name: str, socket: Socket) -> Topic:
        """
        Frames of this topic go to this socket from now on.

        While Redis is away this waits for it a little, and then goes on without: the socket will see the gap.
        """
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._subscription.run())
        topic = self._topics.get(name)
        if topic is None:
            topic = self._topics[name] = Topic(name)
            self._subscription.changed(name)
        topic.sockets[socket] = None
        if not topic.heard.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARD_WITHIN_S):
                    await topic.heard.wait()
        return topic

    def leave(self, name: str, socket: Socket) -> None:
        """No more frames of this topic for this socket."""
        topic = self._topics.get(name)
        if topic is None:
            return
        topic.sockets.pop(socket, None)
        if not topic.sockets:
            del self._topics[name]
            self._subscription.changed(name)

    def frame_came(self, name: str, text: str) -> None:
        """Hand a frame to its sockets, or line it up."""
        topic = self._topics.get(name)
        if topic is None:
            return
        if served := topic.add(Message(text)):
            self._served += served
            return
        self._turns.append(topic)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._take_turns())

    def heard(self, name: str) -> None:
        """Every frame of this topic comes from now on; what was read before may lack one."""
        topic = self._topics[name]
        topic.version += 1
        topic.heard.set()

    def interrupted(self) -> None:
        """Frames are being missed."""
        for topic in self._topics.values():
            topic.version += 1
            topic.heard.clear()

    async def room(self) -> None:
        """Return once there is room for more frames, and others have had their turn."""
        if self._served > PART:
            self._served = 0
            await asyncio.sleep(0)
        while len(self._turns) > FRAMES_MAX and self._pump is not None:
            await asyncio.wait([self._pump], timeout=YIELD_S)

    async def _take_turns(self) -> None:
        """Each topic with frames on their way has a part of one handed out, and lines up again."""
        while self._turns:
            topic = self._turns.popleft()
            if not topic.send_part():
                self._turns.append(topic)
            await asyncio.sleep(0)


_broadcasters: WeakKeyDictionary[asyncio.AbstractEventLoop, Broadcaster] = WeakKeyDictionary()


def broadcaster() -> Broadcaster:
    """The broadcaster of this event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _broadcasters:
        _broadcasters[loop] = Broadcaster()
    return _broadcasters[loop]
