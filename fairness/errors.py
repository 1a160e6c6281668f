"""What can be wrong with a message, a proof or a draw. The class is the name of the check that failed."""


class FairnessError(Exception):
    """Any refusal of this package."""


class InputInvalid(FairnessError):
    """An argument has the wrong length or range; the caller's fault, not a finding about a draw."""


class MessageMalformed(FairnessError):
    """Bytes that are not a KPS-1 message, or values that no such message can carry."""


class MessageLengthWrong(MessageMalformed):
    """The message has another length than its type has."""


class MessageProtocolUnknown(MessageMalformed):
    """The message does not begin with the four letters KPS1."""


class MessageTypeWrong(MessageMalformed):
    """The message is a KPS-1 message of another type."""


class ReservedNotZero(MessageMalformed):
    """Bytes that the protocol keeps at zero carry something."""


class FieldInvalid(MessageMalformed):
    """A value of the wrong type, length or range, or one that contradicts another field."""


class RulesMalformed(FairnessError):
    """Rules or a paytable have no canonical form, so they have no hash."""


class InclusionProofInvalid(FairnessError):
    """The leaf is not at this position of the tree with this root."""


class NetworkInvalid(FairnessError):
    """The values cannot describe an entropy network."""


class NetworkHasNoBeacon(FairnessError):
    """The network `none` was asked for a beacon's time, key or signature."""


class BlsBackendMissing(FairnessError):
    """Neither `pyblst` nor `py_ecc` is installed, so no beacon signature can be checked."""


class BeaconSignatureInvalid(FairnessError):
    """The signature is not that network's value of that beacon round."""


class BeaconMissing(FairnessError):
    """The committed network has a beacon, but the proof brings none."""


class BeaconUnexpected(FairnessError):
    """The committed network has no beacon, but the proof brings one: an input that was not committed."""


class NetworkNotAsPinned(FairnessError):
    """The network claims to be a public one, but differs from what is pinned for it."""


class NetworkNotCommitted(FairnessError):
    """The network is not the one whose chain hash is in the commitment."""


class BeaconRoundNotByRule(FairnessError):
    """The committed beacon round is not the one that the closing time determines."""


class RulesNotCommitted(FairnessError):
    """The rules are not those whose hash is in the commitment, or not KPS-1's for that network."""


class SeedNotCommitted(FairnessError):
    """The seed is not the one that was committed for this stream and round."""


class NumbersNotByDraw(FairnessError):
    """The numbers, or their order, are not what the seed, the commitment and the beacon give."""
