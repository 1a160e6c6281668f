"""Check 0: the documents are what the house signed, and about what was asked for."""

from fairness.checks.case import Asked, Case, Knowledge, Outcome, passed
from fairness.documents import BetDocument, RoundDocument, Signature, key_id
from fairness.ed25519 import verify_ed25519
from fairness.errors import (
    DocumentNotAsAsked,
    DocumentSignatureInvalid,
    KeyIdWrong,
    SignatureInvalid,
    SigningKeyUnknown,
)


def check_document(case: Case) -> Outcome:
    """
    :raises KeyIdWrong: a key has not the id that stands beside it. :raises SigningKeyUnknown: a key is not trusted.
    :raises DocumentSignatureInvalid: the document was altered.
    :raises DocumentNotAsAsked: it is about something else.
    """
    documents: list[RoundDocument | BetDocument] = [case.document]
    if case.bet is not None:
        documents.append(case.bet)
    for document in documents:
        _require_signed(document, case.known)
    _require_round_as_asked(case.document, case.known.asked)
    if case.bet is not None:
        _require_bet_as_asked(case.bet, case.known.asked)
    for where, signature in _inner_signatures(case):
        require_key(signature, where, case.known)
    return passed(
        round_id=case.document.round_id,
        game=case.document.game,
        status=case.document.status.value,
        signed_by=case.document.signed.key_id,
        keys=case.known.keys_from if case.known.keys is not None else "the document's own, which nobody vouches for",
    )


def require_key(signature: Signature, where: str, known: Knowledge) -> None:
    """
    Refuse a key that is not named by its own id, or not trusted.

    :raises KeyIdWrong: the id is another key's. :raises SigningKeyUnknown: the key is not trusted.
    """
    if signature.key_id != key_id(signature.public_key):
        raise KeyIdWrong(f"{where}: {signature.key_id} is not the beginning of the key's SHA-256")
    if known.keys is not None and signature.public_key not in known.keys:
        raise SigningKeyUnknown(f"{where}: key {signature.key_id} is not among the {len(known.keys)} that are trusted")


def _require_signed(document: RoundDocument | BetDocument, known: Knowledge) -> None:
    what = "the bet's document" if isinstance(document, BetDocument) else "the round's document"
    require_key(document.signed, what, known)
    try:
        verify_ed25519(
            public_key=document.signed.public_key,
            message=document.signed_bytes,
            signature=document.signed.signature,
        )
    except SignatureInvalid as refusal:
        raise DocumentSignatureInvalid(f"{what} is not what key {document.signed.key_id} signed") from refusal


def _require_round_as_asked(document: RoundDocument, asked: Asked) -> None:
    _require_same("round", asked.round_id, document.round_id)
    _require_same("game", asked.game, document.game)


def _require_bet_as_asked(bet: BetDocument, asked: Asked) -> None:
    _require_same("bet", asked.bet_id, bet.bet_id)
    _require_same("paytable", asked.paytable_id, bet.paytable.id)


def _require_same(what: str, asked: object, given: object) -> None:
    if asked is not None and asked != given:
        raise DocumentNotAsAsked(f"{what} {asked} was asked for, and {what} {given} is given")


def _inner_signatures(case: Case) -> list[tuple[str, Signature]]:
    found = [(where, close.by) for where, close in case.closes()]
    if case.document.commit.statement is not None:
        found.insert(0, ("commit.statement", case.document.commit.statement.by))
    return found
