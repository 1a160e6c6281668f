"""What can be set: every setting with its type, its default, what it may be, and what it is for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from keno_platform.core.errors import NotFound

T = TypeVar("T", int, bool, str)
Check = Callable[[T], None]
"""Raises ValueError, with the reason, for a value that a setting must not have."""
_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
TEXT_MAX = 400


@dataclass(frozen=True, slots=True)
class Between:
    """A check: a number from `least` to `most`, both included."""

    least: int
    most: int

    def __call__(self, value: int) -> None:
        if not self.least <= value <= self.most:
            raise ValueError(f"must be {self}")

    def __str__(self) -> str:
        return f"{self.least:,} to {self.most:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[T]):
    """
    One thing that can be set. `key` is `<subject>.<what>`, with its unit last (`staff.session_minutes`).

    A `sensitive` one is changed under four eyes. `validate` raises ValueError for what it must not be; the default
    passes it.
    """

    key: str
    type: type[T]
    default: T
    description: str
    validate: Check[T] | None = None
    sensitive: bool = False

    def __post_init__(self) -> None:
        self.check(self.default)

    def check(self, value: Any) -> T:
        """
        The value itself, when it may be one of this setting.

        :raises ValueError: another type, or not what it may be.
        """
        if type(value) is not self.type:  # True is an int, and must not be taken for one
            raise ValueError(f"must be of type {self.type.__name__}")
        if isinstance(value, str) and len(value) > TEXT_MAX:
            raise ValueError(f"must have at most {TEXT_MAX} characters")
        if self.validate is not None:
            self.validate(value)
        return value

    def read(self, text: str) -> T:
        """
        The value that a text means.

        :raises ValueError: it means none, or one that may not be.
        """
        return self.check(_parsed(self.type, text.strip()))

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        if self.type is bool:
            return "yes or no"
        return str(self.validate) if isinstance(self.validate, Between) else self.type.__name__


def _parsed(kind: type, text: str) -> Any:
    if kind is bool:
        if text.lower() not in _WORDS:
            raise ValueError("must be yes or no")
        return _WORDS[text.lower()]
    if kind is int:
        try:
            return int(text.replace(",", "").replace("_", ""))
        except ValueError as error:
            raise ValueError("must be a whole number") from error
    return text


_settings: dict[str, Setting[Any]] = {}


def register(setting: Setting[T]) -> Setting[T]:
    """
    Make a setting known, and give it back for its readers.

    :raises ValueError: another one has this key.
    """
    if setting.key in _settings:
        raise ValueError(f"there is a setting {setting.key} already")
    _settings[setting.key] = setting
    return setting


def get_setting(key: str) -> Setting[Any]:
    """:raises NotFound: there is none with this key."""
    try:
        return _settings[key]
    except KeyError as error:
        raise NotFound(f"There is no setting {key[:80]!r}.") from error


def list_settings() -> list[Setting[Any]]:
    """Every setting, by its key."""
    return [_settings[key] for key in sorted(_settings)]
