"""Lies about how a round ended, and about the key of its epoch."""

from fairness import bls
from fairness.hashing import sha256
from fairness.seeds import commit_seed, derive_seed
from tests.fairness.handmade.telling import GAME, NUMBER, Story, honest, lie, recommitted, redrawn, reresulted, telling
from tests.fairness.house import (
    BEACON_SECRET,
    NOW_MS,
    STREAMS,
    House,
)


@lie("no result")
def _(house: House) -> Story:
    return telling("ResultMissing", honest(house) | {"result": None})


@lie("the result of another round")
def _(house: House) -> Story:
    return telling("ResultContradicts", honest(house) | {"result": honest(house, 3)["result"]})


@lie("a result with other numbers")
def _(house: House) -> Story:
    numbers = tuple(honest(house, 3)["reveal"]["numbers"])
    return telling("ResultContradicts", reresulted(house, honest(house), numbers=numbers))


@lie("a result that was drawn before the close")
def _(house: House) -> Story:
    early = house.rounds[GAME, NUMBER].open_ms
    return telling("ResultContradicts", reresulted(house, honest(house), drawn_ms=early))


@lie("a result of another time in a new tree")
def _(house: House) -> Story:
    later = house.rounds[GAME, NUMBER].ended_ms + 1
    return telling("AnchorMismatch", reresulted(house, honest(house), drawn_ms=later))


@lie("a result that was never anchored")
def _(house: House) -> Story:
    document = honest(house)
    document["result"]["anchor"] = None
    return telling("AnchorMissing", document)


@lie("a result below the root of an epoch")
def _(house: House) -> Story:
    document = honest(house)
    document["result"]["anchor"] = document["commit"]["anchor"]
    return telling("AnchorMismatch", document)


@lie("a drawn round that is called void")
def _(house: House) -> Story:
    document = honest(house) | {"status": "void"}
    document["reveal"] |= {"numbers": None, "beacon_signature": None}
    return telling("ResultContradicts", document)


@lie("a drawn round that is called void, without a result")
def _(house: House) -> Story:
    document = honest(house) | {"status": "void", "result": None}
    document["reveal"] |= {"numbers": None, "beacon_signature": None}
    return telling("ResultMissing", document)


@lie("a void round that is given numbers")
def _(house: House) -> Story:
    document = honest(house, 5) | {"status": "revealed"}
    beacon_round = house.rounds[GAME, 5].commit.beacon_round
    document["reveal"]["beacon_signature"] = bls.sign_beacon(secret=BEACON_SECRET, beacon_round=beacon_round).hex()
    return telling("ResultContradicts", redrawn(document))


@lie("a void round that hides its seed")
def _(house: House) -> Story:
    return telling("ResultContradicts", honest(house, 5) | {"reveal": None})


@lie("the key of another epoch")
def _(house: House) -> Story:
    document = honest(house)
    document["epoch"]["key"] = honest(house, 8)["epoch"]["key"]
    return telling("SeedNotFromEpochKey", document)


@lie("a seed that is not from the epoch's key, to somebody without a chain")
def _(house: House) -> Story:
    seed = derive_seed(epoch_key=sha256(b"another key"), stream=STREAMS[GAME], round_number=NUMBER)
    commitment = commit_seed(stream=STREAMS[GAME], round_number=NUMBER, seed=seed)
    document = recommitted(house, honest(house), commitment=commitment)
    document["reveal"]["seed"] = seed.hex()
    document = redrawn(document)
    document["commit"]["anchor"] = document["result"] = None
    document["epoch"]["key_due_ms"] = NOW_MS + 1
    return telling("SeedNotFromEpochKey", document, chain=False, allow_signed_only=True)


@lie("no epoch key")
def _(house: House) -> Story:
    document = honest(house)
    document["epoch"]["key"] = None
    return telling("EpochKeyMissing", document)


@lie("an epoch key that is promised for never")
def _(house: House) -> Story:
    document = honest(house)
    document["epoch"] = {"key": None, "key_due_ms": NOW_MS + 365 * 86_400_000}
    return telling("EpochKeyMissing", document)
