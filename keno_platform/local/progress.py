"""Progress of a start: one line a step, with the time it took."""

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TextIO


class Progress:
    """Prints steps as they finish. On a terminal the running step is shown, too."""

    def __init__(self, output: TextIO | None = None) -> None:
        self._output = output or sys.stdout
        self._began = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._began

    def say(self, text: str = "") -> None:
        print(text, file=self._output, flush=True)

    @contextlib.contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Time a block and print it; a block that raises is printed as failed."""
        began = time.monotonic()
        if self._output.isatty():
            print(f"     ...   {text}", end="\r", file=self._output, flush=True)
        try:
            yield
        except BaseException:
            self.say(f"  failed   {text}")
            raise
        self.say(f"  {time.monotonic() - began:5.1f} s  {text}")
