"""
Recording calls without delaying them: a call's entry is put into a bounded buffer, and a thread writes it soon.

The buffer is of this process and its memory. While the database is away it keeps what it can hold, and counts and
tells what it could not. `close()` writes what is left; it is called when the interpreter ends, and by whoever ends
a process in another way.
"""

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec

from calls.store import Store
from keno_platform.core.ids import uuid7

logger = logging.getLogger(__name__)
ENTRIES_MAX = 20_000
BYTES_MAX = 64 * 1024 * 1024
"""What the buffer of one process holds at most; some ten seconds of its busiest, or minutes of a usual day."""
TOGETHER_MAX = 500
GATHER_S = 0.2
"""How long the writer waits for company after the first entry."""
PAUSE_S = 1.0
"""Between two tries while the database is away."""
CLOSE_S = 5.0
TELL_EVERY_S = 60.0


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """
    One call as it was, raw: secrets are taken out, and ids are found, when it is written.

    `path` has the query in it, and for an outgoing call scheme and host before it. `code` may be left empty: an answer
    that is a problem document, or an operator's refusal, has its own. `endpoint` is the path with its ids left
    out; when empty it is made from the path. `headers` are those of the request that may be kept.
    """

    direction: str
    operator_id: UUID | None
    key_hint: str
    method: str
    path: str
    status: int | None
    code: str
    duration_ms: float
    request_id: str
    ids: tuple[str, ...]
    request: bytes
    response: bytes
    started_at: datetime
    error: str = ""
    endpoint: str = ""
    headers: tuple[tuple[str, str], ...] = ()


class Recorder:
    """The buffer of one process and the thread that empties it."""

    def __init__(self, store: Store | None = None, *, entries_max: int = ENTRIES_MAX, bytes_max: int = BYTES_MAX):
        self._store = store or Store()
        self._entries_max, self._bytes_max = entries_max, bytes_max
        self._waiting: deque[tuple[UUID, Entry]] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self.dropped = 0
        self._told = 0
        self._told_at = -TELL_EVERY_S

    def record(self, entry: Entry) -> None:
        """Take one entry; never waits for anything but the buffer's own lock. A full buffer takes none, and counts."""
        size = _size_of(entry)
        with self._lock:
            if len(self._waiting) >= self._entries_max or self._bytes + size > self._bytes_max:
                self.dropped += 1
                return
            self._waiting.append((uuid7(), entry))
            self._bytes += size
        if not self._work.is_set():
            self._work.set()
        if self._thread is None:
            self._start()

    def close(self, patience_s: float = CLOSE_S) -> None:
        """Write what is left, for so long at most, and end the thread. A later entry starts a new one."""
        thread = self._thread
        if thread is None:
            return
        self._closing.set()
        self._work.set()
        thread.join(patience_s)
        if left := len(self._waiting):
            logger.error("the request log lost %s calls: the process ended before they could be written", left)

    def wait_until_written(self, patience_s: float = 10.0) -> bool:
        """Whether everything recorded so far is in the table; for those who read their own calls at once."""
        deadline = time.monotonic() + patience_s
        while self._waiting and time.monotonic() < deadline:
            time.sleep(0.01)
        return not self._waiting

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            self._closing.clear()
            self._thread = threading.Thread(target=self._run, name="request-log", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._work.wait()
                self._closing.wait(GATHER_S)
                self._work.clear()
                self._empty()
        finally:
            self._store.close()
            self._thread = None

    def _empty(self) -> None:
        """Write until nothing waits; while the database is away, try again and again, but once only when closing."""
        while self._waiting:
            together = [self._waiting[place] for place in range(min(len(self._waiting), TOGETHER_MAX))]
            if self._write(together):
                self._forget(len(together))
            elif self._closing.wait(PAUSE_S):
                break
        if self.dropped > self._told:
            logger.error("the request log lost %s calls: its buffer was full", self.dropped - self._told)
            self._told = self.dropped

    def _write(self, together: list[tuple[UUID, Entry]]) -> bool:
        try:
            self._store.write(together)
        except Exception:  # whatever it is, the thread must live and the entries stay
            if time.monotonic() - self._told_at >= TELL_EVERY_S:
                self._told_at = time.monotonic()
                waiting = len(self._waiting)
                logger.exception("the request log cannot be written: %s calls wait, %s are lost", waiting, self.dropped)
            return False
        return True

    def _forget(self, count: int) -> None:
        with self._lock:
            for _ in range(count):
                _, entry = self._waiting.popleft()
                self._bytes -= _size_of(entry)


def _size_of(entry: Entry) -> int:
    """What of it a caller may make as large as it likes."""
    return len(entry.request) + len(entry.response) + len(entry.path)


_recorder = Recorder()
_endings: list[Callable[[], None]] = []


def before_close(ending: Callable[[], None]) -> None:
    """Call this before the last entries are written."""
    _endings.append(ending)


def record(entry: Entry) -> None:
    """Put one call into the log of this process: some microseconds, from any thread and inside any event loop."""
    _recorder.record(entry)


def close() -> None:
    """Write what is left; to be called before a process ends in a way that Python's own exit does not see."""
    for ending in _endings:
        ending()
    _recorder.close()


def wait_until_written(patience_s: float = 10.0) -> bool:
    """Whether everything that this process recorded is in the table now."""
    return _recorder.wait_until_written(patience_s)


def _after_fork() -> None:
    """A child has a copy of its parent's buffer, which is the parent's to write, and no thread."""
    global _recorder  # noqa: PLW0603  # one for each process
    _recorder = Recorder()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(close)
