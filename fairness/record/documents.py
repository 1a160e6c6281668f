"""Documents about the record. To read one checks its form, and nothing of what it says."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from fairness.documents import Anchor
from fairness.documents.members import PATH_STEPS_MAX, Members, digest
from fairness.documents.parts import Statement
from fairness.record.entries import Entry
from fairness.record.messages import LogHead
from fairness.strict_json import parse

PROTOCOL = "KAR-1"
_HEAD_MEMBERS = ("protocol", "log", "size", "root", "checkpoint", "head", "anchor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a leaf is in a tree of `size` leaves."""

    index: int
    size: int
    path: tuple[bytes, ...]

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(value, path, "index", "size", "path")
        return cls(
            index=own.integer("index"),
            size=own.integer("size", low=1),
            path=own.each("path", digest, most=PATH_STEPS_MAX),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadDocument:
    """The state of a log, and its place below a signed checkpoint; with its anchor, once there is one."""

    log: UUID
    size: int
    root: bytes
    checkpoint: Statement
    head: Position
    anchor: Anchor | None

    @property
    def leaf(self) -> LogHead:
        """The leaf of this log below the checkpoint."""
        return LogHead(log=self.log, size=self.size, root=self.root)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """:raises DocumentMalformed: it has another form."""
        return cls.of(Members(parse(data), "", *_HEAD_MEMBERS))

    @classmethod
    def of(cls, own: Members) -> Self:
        """From the members of a larger object. :raises DocumentMalformed: they have another form."""
        own.constant("protocol", PROTOCOL)
        return cls(
            log=own.uuid("log"),
            size=own.integer("size"),
            root=own.hex("root", 32),
            checkpoint=own.inner("checkpoint", Statement.read),
            head=own.inner("head", Position.read),
            anchor=own.optional("anchor", Anchor.read),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDocument:
    """One entry, and its place in its log."""

    entry: Entry
    place: Position
    state: HeadDocument

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(parse(data), "", *_HEAD_MEMBERS, "entry", "place")
        return cls(
            entry=own.inner("entry", Entry.read),
            place=own.inner("place", Position.read),
            state=HeadDocument.of(own),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyDocument:
    """What shows that a log of `second` entries begins with one of `first`."""

    log: UUID
    first: int
    second: int
    path: tuple[bytes, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(parse(data), "", "protocol", "log", "first", "second", "path")
        own.constant("protocol", PROTOCOL)
        return cls(
            log=own.uuid("log"),
            first=own.integer("first"),
            second=own.integer("second"),
            path=own.each("path", digest, most=2 * PATH_STEPS_MAX),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedEntry:
    """A line of an export: an entry, and its index in the log."""

    index: int
    entry: Entry

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(parse(data), "", "index", "entry")
        return cls(index=own.integer("index"), entry=own.inner("entry", Entry.read))
