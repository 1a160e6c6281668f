"""What can be found wrong with the record."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """The kinds of findings. Codes are stable; docs/audit.md says what each means."""

    ENTRY_CHANGED = "entry_changed"
    ENTRY_REMOVED = "entry_removed"
    ENTRY_ADDED = "entry_added"
    ENTRY_BACKDATED = "entry_backdated"
    ENTRIES_REORDERED = "entries_reordered"
    ENTRIES_NOT_AS_SEALED = "entries_not_as_sealed"
    LEAF_CHANGED = "leaf_changed"
    LEAF_REMOVED = "leaf_removed"
    LEAF_ADDED = "leaf_added"
    HEAD_CHANGED = "head_changed"
    HEADS_NOT_AS_SIGNED = "heads_not_as_signed"
    NODE_CHANGED = "node_changed"
    NODE_REMOVED = "node_removed"
    NODE_ADDED = "node_added"
    CHECKPOINT_CHANGED = "checkpoint_changed"
    CHECKPOINT_REMOVED = "checkpoint_removed"
    CHECKPOINT_FORGED = "checkpoint_forged"
    HISTORY_FORKED = "history_forked"
    HISTORY_CUT = "history_cut"
    ANCHOR_CONTRADICTS = "anchor_contradicts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    One thing that is wrong. `subjects` name it: `entry <id>`, `place <log> <index>`, `places <log> <first>-<last>`,
    `checkpoint <number>`, `log <id>`, `node <log> <level> <index>`, `root <seq>`.
    """

    fault: Fault
    subjects: tuple[str, ...]
    detail: str

    def __str__(self) -> str:
        return f"{self.fault}: {', '.join(self.subjects)}: {self.detail}"
