"""Random bytes from the system, asked for by the page: each question is a system call, and a wait for other threads."""

import os
import threading

_PAGE = 4096


class _Page:
    def __init__(self) -> None:
        self.forget()
        os.register_at_fork(after_in_child=self.forget)  # or two processes would go on with the same page

    def forget(self) -> None:
        self._bytes, self._at, self._lock = b"", 0, threading.Lock()

    def take(self, count: int) -> bytes:
        with self._lock:
            if self._at + count > len(self._bytes):
                self._bytes, self._at = os.urandom(_PAGE), 0
            self._at += count
            return self._bytes[self._at - count : self._at]


_page = _Page()


def take(count: int) -> bytes:
    """So many bytes, at most a page, that nobody has had or can guess."""
    return _page.take(count)
