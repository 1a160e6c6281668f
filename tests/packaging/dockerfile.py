"""A Dockerfile as the instructions that are in it: what it says, not what we think that it says."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

KNOWN = frozenset(
    ("ARG", "CMD", "COPY", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "RUN", "STOPSIGNAL", "USER", "WORKDIR")
)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class NotUnderstood(ValueError):
    """The file has something in it that nobody here can carry out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction: `RUN` or `COPY`, its flags (`--from=client`) and what follows them."""

    word: str
    flags: Mapping[str, str]
    rest: str

    @property
    def command(self) -> list[str]:
        """What RUN and CMD start: the array itself, or a shell with the text."""
        return json.loads(self.rest) if self.rest.startswith("[") else ["/bin/sh", "-c", self.rest]

    @property
    def words(self) -> list[str]:
        return json.loads(self.rest) if self.rest.startswith("[") else shlex.split(self.rest)

    @property
    def pairs(self) -> dict[str, str]:
        """Names and values of ENV, ARG and LABEL; a name alone has an empty value."""
        return {name: value for name, _, value in (one.partition("=") for one in self.words)}


@dataclass(slots=True, kw_only=True)
class Stage:
    """What stands between one FROM and the next."""

    name: str
    base: str
    instructions: list[Instruction] = field(default_factory=list)


def stages(path: Path) -> list[Stage]:
    """
    Every stage, with the arguments before the first FROM put into the names of the bases.

    :raises NotUnderstood: an instruction is not one of KNOWN.
    """
    found: list[Stage] = []
    arguments: dict[str, str] = {}
    for one in _instructions(path.read_text(encoding="utf-8")):
        if one.word == "FROM":
            base, *named = substitute(one.rest, arguments).split()
            found.append(Stage(name=named[1] if named else str(len(found)), base=base))
        elif found:
            found[-1].instructions.append(one)
        else:
            arguments |= one.pairs
    return found


def substitute(text: str, values: Mapping[str, str]) -> str:
    """`$NAME` and `${NAME}` as Docker reads them: unknown ones are empty."""
    return _VARIABLE.sub(lambda match: values.get(match[1] or match[2], ""), text)


def _instructions(text: str) -> Iterator[Instruction]:
    for line in _logical_lines(text):
        word, _, rest = line.partition(" ")
        if word not in KNOWN:
            raise NotUnderstood(f"{word} in {line!r}")
        flags, rest = _flags(rest.strip())
        yield Instruction(word=word, flags=flags, rest=rest)


def _logical_lines(text: str) -> Iterator[str]:
    """Lines joined where one ends with a backslash; comments are left out, between joined lines too."""
    whole = ""
    for line in text.splitlines():
        if line.lstrip().startswith("#") or not line.strip():
            continue
        whole += line.strip()
        if whole.endswith("\\"):
            whole = whole[:-1].rstrip() + " "
        else:
            yield whole
            whole = ""


def _flags(rest: str) -> tuple[dict[str, str], str]:
    flags: dict[str, str] = {}
    while match := re.match(r"--([\w-]+)=(\S+)\s+", rest):
        flags[match[1]] = match[2]
        rest = rest[match.end() :]
    return flags, rest
