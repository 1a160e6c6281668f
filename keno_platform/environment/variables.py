"""What a variable of the environment is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from keno_platform.environment.kinds import Kind


class Section(StrEnum):
    """Headings of the page, in their order."""

    SECRETS = "Secrets"
    PLACES = "Where things are"
    WEB = "Web"
    ROUNDS = "Rounds"
    ARCHIVE = "Archive and files"
    CHAIN = "Chain"
    OBSERVABILITY = "Observability"


class Missing:
    """Stands for a default where there is none."""

    def __repr__(self) -> str:
        return "required"


REQUIRED = Missing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """
    One variable. An empty one counts as not given, except where `empty_is_none` says that empty means nothing at all.

    `default` is the value itself, or REQUIRED; `shown` what the page says instead of it. A secret may also stand in a
    file that `<name>_FILE` names, and is never printed. `meaning` is Markdown.
    """

    name: str
    kind: Kind
    section: Section
    meaning: str
    default: Any = REQUIRED
    shown: str = ""
    secret: bool = False
    empty_is_none: bool = False

    @property
    def is_required(self) -> bool:
        """Whether there is no start without it."""
        return self.default is REQUIRED
