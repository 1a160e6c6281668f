"""The line of checkpoints: signed, one after another, each with the hash of the one before."""

from collections.abc import Iterator, Mapping

from audit.models import Checkpoint
from audit.verification.findings import Fault, Finding
from fairness.documents import Signature
from fairness.documents.parts import Statement
from fairness.errors import FairnessError, KeyIdWrong, MessageMalformed, SigningKeyUnknown
from fairness.hashing import DIGEST_BYTES
from fairness.record.checking import verify_checkpoint
from fairness.record.errors import CheckpointSignatureInvalid
from fairness.record.messages import Checkpoint as Message


class Line:
    """The checkpoints as far as they have been gone through, to `number`; `last` is the newest that is sound."""

    def __init__(self, *, keys: frozenset[bytes], kept: Mapping[int, bytes]) -> None:
        self.last: Message | None = None
        self._keys, self._kept = keys, kept
        self.number, self._digest = 0, bytes(DIGEST_BYTES)

    def follow(self, one: Checkpoint) -> tuple[list[Finding], Message | None]:
        """The next stored checkpoint: what is wrong with it, and what it says if the house has signed it."""
        findings = self._gap(one.number)
        message, refusal = self._read(one)
        if refusal is not None:
            findings.append(refusal)
        elif message is not None:
            findings += self._succeeds(message, whole=not findings)
        if self._kept.get(one.number, bytes(one.message)) != bytes(one.message):
            detail = "somebody has kept another checkpoint with this number"
            findings.append(_finding(Fault.HISTORY_FORKED, one.number, detail))
        self.number = max(self.number, one.number)
        self._digest = message.digest if message else b""
        self.last = message or self.last
        return findings, message

    def end(self) -> Iterator[Finding]:
        """What somebody has kept, and is not there any more."""
        for number in sorted(self._kept):
            if number > self.number:
                yield _finding(Fault.HISTORY_CUT, number, "somebody has kept it, and it is not there any more")

    def _gap(self, number: int) -> list[Finding]:
        if number == self.number + 1:
            return []
        if number <= self.number:
            return [_finding(Fault.CHECKPOINT_CHANGED, number, "checkpoints are numbered from 1")]
        missing = range(self.number + 1, number)
        subjects = tuple(f"checkpoint {one}" for one in missing[:100])
        return [Finding(fault=Fault.CHECKPOINT_REMOVED, subjects=subjects, detail="it is left out of the line")]

    def _read(self, one: Checkpoint) -> tuple[Message | None, Finding | None]:
        by = Signature(signature=bytes(one.signature), key_id=one.key_id, public_key=bytes(one.public_key))
        try:
            message = verify_checkpoint(Statement(message=bytes(one.message), by=by), keys=self._keys)
        except SigningKeyUnknown as refusal:
            return None, _finding(Fault.CHECKPOINT_FORGED, one.number, str(refusal))
        except (KeyIdWrong, CheckpointSignatureInvalid, MessageMalformed, FairnessError) as refusal:
            return None, _finding(Fault.CHECKPOINT_CHANGED, one.number, str(refusal))
        if message.number != one.number:
            detail = f"it is checkpoint {message.number}, put in the place of another"
            return None, _finding(Fault.CHECKPOINT_CHANGED, one.number, detail)
        return message, None

    def _succeeds(self, message: Message, *, whole: bool) -> list[Finding]:
        if not whole or not self._digest or message.previous == self._digest:
            return []
        detail = f"it follows another checkpoint {message.number - 1} than the one that is there"
        return [_finding(Fault.HISTORY_FORKED, message.number, detail)]


def _finding(fault: Fault, number: int, detail: str) -> Finding:
    return Finding(fault=fault, subjects=(f"checkpoint {number}",), detail=detail)
