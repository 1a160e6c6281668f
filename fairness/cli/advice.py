"""What to do when a check has failed."""

from fairness import errors

_KEEP = (
    "Keep the documents, and what you fetched them with. They are signed by the house, so they show to anybody what it"
    " has done: send them to the operator and to its regulator."
)
_ALTERED = (
    "The document was altered on its way, or the house never signed it. Fetch it again from the house over HTTPS; if"
    " that fails too, compare it with a copy that somebody else fetched."
)
_ASKED = (
    "Check the id, the game and the address that you gave. If they are right, the house answers about something else."
)
_KEY = (
    "Compare the key with the house's list (/.well-known/keno-keys.json) and with a copy of that list from earlier. If"
    " the house has a new key, its list says since when."
)
_CHAIN = (
    "Ask another node of the same chain, and compare contract and transaction in a block explorer. If they agree that"
    " it is not there, the commitment was not made as the document says. "
) + _KEEP
_UNANCHORED = (
    "The house had no place on the chain for this round in time. Repeat with --allow-signed-only to check the rest by"
    " the house's signed word alone."
)
_BLS = "Install `pyblst` or `py_ecc` with pip, or repeat with --without-bls to leave this one check out."
_OVERDUE = "Fetch the document again. If it stays so, the house has not published what it promised. " + _KEEP
_BETTOR = (
    "Compare with the receipt that you got when the bet was accepted: it is the proof of what you agreed. " + _KEEP
)
_STRICT = (
    "Give what the check needs: a chain with --rpc or --chain-evidence, a library for beacons; or leave out --strict."
)

_ADVICE: dict[type[errors.FairnessError], str] = {
    errors.DocumentMalformed: "Fetch the document again. " + _ALTERED,
    errors.DocumentSignatureInvalid: _ALTERED,
    errors.DocumentNotAsAsked: _ASKED,
    errors.SigningKeyUnknown: _KEY,
    errors.KeyIdWrong: _KEY,
    errors.AnchorMissing: _UNANCHORED,
    errors.AnchoredAfterOpening: _UNANCHORED,
    errors.AnchorNotOnChain: _CHAIN,
    errors.AnchorMismatch: _CHAIN,
    errors.AnchorHeadWrong: _CHAIN,
    errors.BlsBackendMissing: _BLS,
    errors.ResultMissing: _OVERDUE,
    errors.EpochKeyMissing: _OVERDUE,
    errors.BetNotAsReceipt: _BETTOR,
    errors.PayoutWrong: _BETTOR,
    errors.PaytableNotCommitted: _BETTOR,
    errors.CheckSkipped: _STRICT,
}


def advice_for(failure: errors.FairnessError) -> str:
    """One or two sentences for whoever ran the check."""
    return _ADVICE.get(type(failure), _KEEP)
