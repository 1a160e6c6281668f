"""What the code that runs here is about: facts that every log line and trace names, however deep it is made."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

NAMES = frozenset({"operator", "round_id", "bet_id", "game", "task", "phase", "report"})
"""What may be said. Nobody's name, token or address is among it."""
_NOTHING: Mapping[str, str] = MappingProxyType({})
_current: ContextVar[Mapping[str, str]] = ContextVar("facts", default=_NOTHING)


def current() -> Mapping[str, str]:
    """The facts of the code that runs here."""
    return _current.get()


def note(**facts: object) -> None:
    """
    From here to the end of this task or thread, the code is about this.

    :raises ValueError: a fact that is none of NAMES.
    """
    _current.set(_with(facts))


@contextmanager
def about(**facts: object) -> Iterator[None]:
    """
    Everything inside is about this, and about what was said before.

    :raises ValueError: a fact that is none of NAMES.
    """
    token = _current.set(_with(facts))
    try:
        yield
    finally:
        _current.reset(token)


def _with(facts: Mapping[str, object]) -> Mapping[str, str]:
    if not facts.keys() <= NAMES:
        raise ValueError(f"{', '.join(sorted(facts.keys() - NAMES))} is no fact that logs may tell")
    return {**_current.get(), **{name: str(fact) for name, fact in facts.items()}}
