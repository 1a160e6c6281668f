"""Lies about the document itself, and about what was committed before the round opened."""

from dataclasses import replace

from fairness.hashing import sha256
from fairness.messages import EpochStatement
from fairness.seeds import commit_seed
from tests.fairness.chain import head_of
from tests.fairness.handmade.telling import GAME, NUMBER, STRANGER, Story, honest, lie, recommitted, redrawn, telling
from tests.fairness.house import (
    HOUSE_KEY,
    STREAMS,
    T0,
    House,
    sign,
    statement_part,
)


@lie("altered on the way")
def _(house: House) -> Story:
    document = honest(house)
    document["reveal"]["numbers"].reverse()
    return Story(expect="DocumentSignatureInvalid", document=document)


@lie("signed by a stranger")
def _(house: House) -> Story:
    return Story(expect="SigningKeyUnknown", document=sign(honest(house), STRANGER))


@lie("signed by a stranger under the house's key id")
def _(house: House) -> Story:
    document = sign(honest(house), STRANGER)
    document["signed"]["key_id"] = HOUSE_KEY.id
    return Story(expect="KeyIdWrong", document=document)


@lie("another round than was asked for")
def _(house: House) -> Story:
    return Story(expect="DocumentNotAsAsked", document=honest(house, 3), asked_id=honest(house)["round_id"])


@lie("another round under the id that was asked for, to somebody with a bet")
def _(house: House) -> Story:
    document = honest(house, 3) | {"round_id": honest(house)["round_id"]}
    bet = house.bet_document(GAME, NUMBER, 0) | {"close": document["close"]}
    return telling("BetOfAnotherRound", document, bet=sign(bet))


@lie("another seed, committed anew")
def _(house: House) -> Story:
    seed = sha256(b"a seed that suits the house")
    commitment = commit_seed(stream=STREAMS[GAME], round_number=NUMBER, seed=seed)
    document = recommitted(house, honest(house), commitment=commitment)
    document["reveal"]["seed"] = seed.hex()
    return telling("AnchorMismatch", redrawn(document))


@lie("another seed, committed anew, with an anchor to suit")
def _(house: House) -> Story:
    seed = sha256(b"a seed that suits the house")
    commitment = commit_seed(stream=STREAMS[GAME], round_number=NUMBER, seed=seed)
    document = recommitted(house, honest(house), commitment=commitment)
    document["reveal"]["seed"] = seed.hex()
    anchor = document["commit"]["anchor"]
    anchor["root"] = document["commit"]["root"]
    anchor["head"] = head_of(anchor).hex()
    return telling("AnchorMismatch", redrawn(document))


@lie("a swapped leaf")
def _(house: House) -> Story:
    document = honest(house)
    document["commit"] = honest(house, 3)["commit"]
    return telling("SeedNotCommitted", document)


@lie("a leaf that is in no tree")
def _(house: House) -> Story:
    document = honest(house)
    document["commit"]["leaf"] = replace(house.rounds[GAME, NUMBER].commit, close_ms=T0 + 18_000).encode().hex()
    return telling("InclusionProofInvalid", document)


@lie("the statement of another epoch")
def _(house: House) -> Story:
    document = honest(house)
    document["commit"]["statement"] = honest(house, 8)["commit"]["statement"]
    return telling("StatementInvalid", document)


@lie("a statement signed by a stranger")
def _(house: House) -> Story:
    document = honest(house)
    statement = document["commit"]["statement"]
    statement |= STRANGER.part(bytes.fromhex(statement["message"]))
    return telling("SigningKeyUnknown", document)


@lie("a statement from after the opening")
def _(house: House) -> Story:
    document = honest(house)
    stated = EpochStatement.decode(bytes.fromhex(document["commit"]["statement"]["message"]))
    document["commit"]["statement"] = statement_part(replace(stated, committed_ms=T0 + 20_000))
    return telling("AnchoredAfterOpening", document)


@lie("no anchor")
def _(house: House) -> Story:
    document = honest(house)
    document["commit"]["anchor"] = None
    return telling("AnchorMissing", document)


@lie("no anchor, to somebody who allows it")
def _(house: House) -> Story:
    document = honest(house)
    document["commit"]["anchor"] = None
    return telling("accept", document, allow_signed_only=True)


@lie("anchored after the opening")
def _(house: House) -> Story:
    return Story(expect="AnchoredAfterOpening", document=honest(house, 1, "keno-late"))


@lie("anchored after the opening, to somebody who allows it")
def _(house: House) -> Story:
    return Story(expect="accept", document=honest(house, 1, "keno-late"), allow_signed_only=True)


@lie("the anchor of another epoch")
def _(house: House) -> Story:
    document = honest(house)
    document["commit"]["anchor"] = honest(house, 8)["commit"]["anchor"]
    return telling("AnchorMismatch", document)


@lie("the anchor of another epoch, relabelled")
def _(house: House) -> Story:
    document = honest(house)
    own, other = document["commit"]["anchor"], honest(house, 8)["commit"]["anchor"]
    document["commit"]["anchor"] = other | {"root": own["root"], "size": own["size"]}
    return telling("AnchorMismatch", document)


@lie("an anchor on another chain")
def _(house: House) -> Story:
    document = honest(house)
    document["commit"]["anchor"]["chain_id"] = 1
    return telling("AnchorNotOnChain", document)


@lie("an anchor in a contract of the house's own making")
def _(house: House) -> Story:
    document = honest(house)
    document["commit"]["anchor"]["contract"] = "0x" + "ab" * 20
    return telling("AnchorNotOnChain", document)


@lie("a transaction that does not exist")
def _(house: House) -> Story:
    document = honest(house)
    document["commit"]["anchor"]["transaction"] = "0x" + "ab" * 32
    return telling("AnchorNotOnChain", document)


@lie("a head that follows from another one than the contract's")
def _(house: House) -> Story:
    document = honest(house)
    anchor = document["commit"]["anchor"]
    anchor["previous_head"] = sha256(b"another history").hex()
    anchor["head"] = head_of(anchor).hex()
    return telling("AnchorHeadWrong", document)


@lie("a head that does not follow, to somebody without a chain")
def _(house: House) -> Story:
    document = honest(house)
    document["commit"]["anchor"]["previous_head"] = sha256(b"another history").hex()
    return telling("AnchorHeadWrong", document, chain=False)


@lie("a block with another time")
def _(house: House) -> Story:
    document = honest(house, 1, "keno-late")
    document["commit"]["anchor"]["block_time"] -= 3600
    return telling("AnchorMismatch", document)
