"""Reading the environment: all values, or everything that is wrong with it at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from keno_platform.environment.catalogue import BY_NAME, VARIABLES
from keno_platform.environment.production import accepted_unknown, is_production, refusals
from keno_platform.environment.variables import Variable

FILE = "_FILE"
_OURS = "KENO_"
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
FOREIGN = frozenset({"KENO_WEB_PROCESSES", "KENO_SETTLEMENT_WORKERS", "KENO_TEST_SERVERS", "KENO_LOCAL_HOME"})
"""Read by others than the settings: the local supervisor, tests."""


class EnvironmentInvalid(Exception):
    """What the environment says cannot be started with. `problems` has one sentence for each variable."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        listed = "\n".join(f"  - {one}" for one in problems)
        super().__init__(f"The environment is not fit to start with:\n{listed}\nSee docs/settings.md.")


@dataclass(frozen=True, slots=True, repr=False)
class Environment:
    """Every variable's value by its name, as its kind says."""

    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        """:raises KeyError: no such variable stands in the catalogue."""
        return self.values[name]

    def __repr__(self) -> str:
        return f"<Environment of {len(self.values)} variables>"  # secrets are among them

    @property
    def is_production(self) -> bool:
        """Whether anybody but this machine can reach it by a name."""
        return is_production(self.values)


def read(environ: Mapping[str, str]) -> Environment:
    """
    All values.

    :raises EnvironmentInvalid: a required variable is missing, one is malformed, or production refuses one.
    """
    values, problems = _values(environ)
    if not problems:
        problems += accepted_unknown(values)
        problems += [one.sentence for one in refusals(values) if one.name not in values["KENO_ACCEPTED_RISKS"]]
    if problems:
        raise EnvironmentInvalid(tuple(problems))
    return Environment(values)


def text_of(variable: Variable, environ: Mapping[str, str]) -> str:
    """
    The text of a variable, or of the file that stands for a secret one; empty when there is neither.

    :raises OSError: the file cannot be read.
    """
    file = environ.get(variable.name + FILE, "") if variable.secret else ""
    return Path(file).read_text(encoding="utf-8").strip() if file else environ.get(variable.name, "").strip()


def unknown(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables that look like ours and are none, with the name that was perhaps meant, or nothing."""
    known = {*BY_NAME, *(f"{one.name}{FILE}" for one in VARIABLES if one.secret), *FOREIGN}
    strange = sorted(name for name in environ if name.startswith(_OURS) and name not in known)
    return {name: next(iter(get_close_matches(name, known, n=1, cutoff=0.75)), "") for name in strange}


def _values(environ: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    values, problems = dict[str, Any](), list[str]()
    for variable in VARIABLES:
        try:
            values[variable.name] = _value(variable, environ)
        except OSError as error:
            problems.append(f"{variable.name}{FILE} names a file that cannot be read: {error.strerror or error}")
        except ValueError as error:
            problems.append(f"{variable.name} {error}")
    return values, problems


def _value(variable: Variable, environ: Mapping[str, str]) -> Any:
    text = text_of(variable, environ)
    if text or (variable.empty_is_none and variable.name in environ):
        return variable.kind.parse(text)
    if variable.is_required:
        raise ValueError(f"is missing: {_first_words(variable)}. `make run` makes one for a local installation")
    return variable.default


def _first_words(variable: Variable) -> str:
    return _LINK.sub(r"\1", variable.meaning.partition(";")[0]).replace("`", "")
