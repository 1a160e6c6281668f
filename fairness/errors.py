"""What can be wrong with a message, a proof or a draw. The class is the name of the check that failed."""


class FairnessError(Exception):
    """Any refusal of this package. `check` names the numbered check that raised it, where one did."""

    check: str = ""


class InputInvalid(FairnessError):
    """An argument has the wrong length or range; the caller's fault, not a finding about a draw."""


class SourceUnreadable(FairnessError):
    """A file or an address could not be read; nothing is said about the draw."""


class AddressUnknown(SourceUnreadable):
    """A server answers, and has nothing at this address."""


class ChainUnreadable(SourceUnreadable):
    """A chain's node, or a file that was saved from one, gave no answer that can be understood."""


# --- check 0: the document ---------------------------------------------------------------------------------------
class DocumentMalformed(FairnessError):
    """A document has not the form that the protocol gives it, or its members contradict each other."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path or 'the document'}: {why}")
        self.path = path


class DocumentSignatureInvalid(FairnessError):
    """The document is not what the house signed: it was altered on its way, or never signed."""


class DocumentNotAsAsked(FairnessError):
    """The document is about another round, game, bet or paytable than the one that was asked for."""


class SigningKeyUnknown(FairnessError):
    """Something is signed with a key that is not among the keys that the verifier trusts."""


class KeyIdWrong(FairnessError):
    """A key's id is not the beginning of the SHA-256 of the key."""


class SignatureInvalid(FairnessError):
    """An Ed25519 signature is not that key's signature of that message."""


# --- check 1: messages -------------------------------------------------------------------------------------------
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


# --- checks 2 to 4: committed before the round opened ------------------------------------------------------------
class InclusionProofInvalid(FairnessError):
    """The leaf is not at this position of the tree with this root."""


class StatementInvalid(FairnessError):
    """The signed statement about an epoch is missing, is about another root or size, or its signature is wrong."""


class AnchorMissing(FairnessError):
    """A root should be on the chain by now, and the document does not even claim it."""


class AnchorNotOnChain(FairnessError):
    """The chain has no such event: no such transaction, or another contract, chain or publisher."""


class AnchorMismatch(FairnessError):
    """The event on the chain says something else than the document: root, size, kind, place, transaction or block."""


class AnchorHeadWrong(FairnessError):
    """The contract's running head does not follow from the head before it."""


class AnchoredAfterOpening(FairnessError):
    """The commitment came too late: the round was open already."""


# --- check 5: rules and network ----------------------------------------------------------------------------------
class RulesMalformed(FairnessError):
    """Rules or a paytable have no canonical form, so they have no hash."""


class RulesNotCommitted(FairnessError):
    """The rules are not those whose hash is in the commitment, or not KPS-1's for that network."""


class NetworkInvalid(FairnessError):
    """The values cannot describe an entropy network."""


class NetworkNotAsPinned(FairnessError):
    """The network claims to be a public one, but differs from what is pinned for it."""


class NetworkNotCommitted(FairnessError):
    """The network is not the one whose chain hash is in the commitment."""


class NetworkHasNoBeacon(FairnessError):
    """The network `none` was asked for a beacon's time, key or signature."""


class BeaconRoundNotByRule(FairnessError):
    """The committed beacon round is not the one that the closing time determines."""


# --- checks 6 to 8: seed, beacon, numbers ------------------------------------------------------------------------
class SeedNotCommitted(FairnessError):
    """The seed is not the one that was committed for this stream and round."""


class BeaconMissing(FairnessError):
    """The committed network has a beacon, but the proof brings none."""


class BeaconUnexpected(FairnessError):
    """The committed network has no beacon, but the proof brings one: an input that was not committed."""


class BeaconSignatureInvalid(FairnessError):
    """The signature is not that network's value of that beacon round."""


class BlsBackendMissing(FairnessError):
    """Neither `pyblst` nor `py_ecc` is installed, so no beacon signature can be checked."""


class NumbersNotByDraw(FairnessError):
    """The numbers, or their order, are not what the seed, the commitment and the beacon give."""


# --- check 9: the bets, fixed at the close -----------------------------------------------------------------------
class CloseMissing(FairnessError):
    """Betting has ended, and there is no signed CLOSE that fixes the bets."""


class CloseSignatureInvalid(FairnessError):
    """The signature under a CLOSE is not that key's."""


class CloseOfAnotherRound(FairnessError):
    """A CLOSE belongs to another game or round."""


class CloseTooEarly(FairnessError):
    """Betting was closed before the committed time."""


class CloseTooLate(FairnessError):
    """The bets were fixed when the beacon that decides the round could already be known."""


class CloseTwice(FairnessError):
    """There are two different CLOSE messages of one round: the set of bets was changed."""


class CountersignatureInvalid(FairnessError):
    """An operator's signature under a CLOSE is not that operator's, or one that was asked for is missing."""


class BetNotAsReceipt(FairnessError):
    """The bet in the document is not the one on the receipt."""


class BetOfAnotherRound(FairnessError):
    """The bet belongs to another game or round."""


class BetTooLate(FairnessError):
    """The bet was accepted when betting was over."""


# --- check 10: what a bet pays -----------------------------------------------------------------------------------
class PaytableNotCommitted(FairnessError):
    """The paytable is not the one whose hash is in the bet."""


class PayoutWrong(FairnessError):
    """The bet's outcome is not what its numbers, stake and paytable give."""


class HouseEdgeTooLow(FairnessError):
    """The paytable returns more than 89 % for some number of picks: it cannot be meant to be paid."""


# --- checks 11 and 12: one result each, and the epoch's key ------------------------------------------------------
class ResultMissing(FairnessError):
    """A committed round should have its RESULT by now, and has none."""


class ResultContradicts(FairnessError):
    """The RESULT says something else than the rest of the proof."""


class ResultTwice(FairnessError):
    """A round has two RESULT leaves, or two rounds share one."""


class EpochKeyMissing(FairnessError):
    """The key of an epoch that is long over has not been published."""


class SeedNotFromEpochKey(FairnessError):
    """The published key of the epoch does not give the seed that was committed."""


# --- what only several rounds show -------------------------------------------------------------------------------
class RoundMissing(FairnessError):
    """A committed round, or a number in the sequence of rounds, is left out."""


class LeafTwice(FairnessError):
    """One round was committed twice, or is shown twice."""


class EpochContradicts(FairnessError):
    """Documents of one epoch, or of one tree, say different things of it."""


class CheckSkipped(FairnessError):
    """A check that could have been made was not made, and the verifier was told to be strict."""
