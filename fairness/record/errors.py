"""What can be wrong with a record. The class is the name of what was found."""

from fairness.errors import FairnessError


class ConsistencyProofInvalid(FairnessError):
    """The larger tree does not begin with the smaller one: something that was in it was changed or removed."""


class CheckpointSignatureInvalid(FairnessError):
    """A checkpoint is not what the house signed."""


class HeadNotInCheckpoint(FairnessError):
    """The root and size of a log are not those that the signed checkpoint holds."""


class EntryNotInLog(FairnessError):
    """The entry, as it is shown, is not at its place in the log: it was changed, moved or put in."""


class LogNotAsSealed(FairnessError):
    """The entries that are shown do not give the root that the house signed: one was changed, removed or put in."""


class EntriesOutOfOrder(FairnessError):
    """The entries do not follow each other: a place is left out, shown twice, or in the wrong order."""


class HistoryForked(FairnessError):
    """The house has signed two histories that exclude each other."""
