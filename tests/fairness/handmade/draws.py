"""Lies about rules, network, seed, beacon and numbers."""

from fairness import bls
from fairness.hashing import sha256
from fairness.rules import canonical_json, rules_hash
from tests.fairness.handmade.telling import GAME, NUMBER, Story, honest, lie, recommitted, redrawn, telling
from tests.fairness.house import (
    BEACON_SECRET,
    House,
)


@lie("other rules, committed, to somebody without a chain")
def _(house: House) -> Story:
    rules = {"algorithm": "KPS-1", "draw": 10, "network": "local", "pool": 80, "void_policy": 1}
    text = canonical_json(rules).decode()
    document = recommitted(house, honest(house), rules_hash=rules_hash(text)) | {"rules": text}
    document["commit"]["anchor"] = None
    return telling("RulesNotCommitted", document, chain=False, allow_signed_only=True)


@lie("a beacon round that suits, committed, to somebody without a chain")
def _(house: House) -> Story:
    later = house.rounds[GAME, NUMBER].commit.beacon_round + 1
    document = recommitted(house, honest(house), beacon_round=later)
    document["commit"]["anchor"] = None
    return telling("BeaconRoundNotByRule", document, chain=False, allow_signed_only=True)


@lie("its own beacon under the name of a public one")
def _(house: House) -> Story:
    document = honest(house, 1, "quick")
    document["network"]["public_key"] = bls.public_key_of(BEACON_SECRET).hex()
    beacon_round = house.rounds["quick", 1].commit.beacon_round
    document["reveal"]["beacon_signature"] = bls.sign_beacon(secret=BEACON_SECRET, beacon_round=beacon_round).hex()
    return telling("NetworkNotAsPinned", redrawn(document))


@lie("its own beacon called public")
def _(house: House) -> Story:
    document = honest(house)
    document["network"]["public"] = True
    return telling("NetworkNotAsPinned", document)


@lie("a beacon's key that was chosen after the close")
def _(house: House) -> Story:
    secret = b"\1" + sha256(b"a key that suits the house")[1:]
    document = honest(house)
    beacon_round = house.rounds[GAME, NUMBER].commit.beacon_round
    document["network"]["public_key"] = bls.public_key_of(secret).hex()
    document["reveal"]["beacon_signature"] = bls.sign_beacon(secret=secret, beacon_round=beacon_round).hex()
    return telling("NetworkNotCommitted", redrawn(document))


@lie("another network than the committed one")
def _(house: House) -> Story:
    document = honest(house)
    quick = honest(house, 1, "quick")
    document |= {"network": quick["network"], "rules": quick["rules"]}
    return telling("RulesNotCommitted", document)


@lie("another seed")
def _(house: House) -> Story:
    document = honest(house)
    document["reveal"]["seed"] = sha256(b"a seed that suits the house").hex()
    return telling("SeedNotCommitted", redrawn(document))


@lie("the seed of another round")
def _(house: House) -> Story:
    document = honest(house)
    document["reveal"]["seed"] = house.rounds[GAME, 3].seed.hex()
    return telling("SeedNotCommitted", redrawn(document))


@lie("the beacon of another round")
def _(house: House) -> Story:
    document = honest(house)
    document["reveal"]["beacon_signature"] = honest(house, 3)["reveal"]["beacon_signature"]
    return telling("BeaconSignatureInvalid", redrawn(document))


@lie("the other real beacon of the public network")
def _(house: House) -> Story:
    document = honest(house, 1, "quick")
    document["reveal"]["beacon_signature"] = honest(house, 3, "quick")["reveal"]["beacon_signature"]
    return telling("BeaconSignatureInvalid", redrawn(document))


@lie("no beacon")
def _(house: House) -> Story:
    document = honest(house)
    document["reveal"]["beacon_signature"] = None
    return telling("BeaconMissing", redrawn(document))


@lie("a beacon where none was committed")
def _(house: House) -> Story:
    document = honest(house, NUMBER, "keno-none")
    document["reveal"]["beacon_signature"] = honest(house)["reveal"]["beacon_signature"]
    return telling("BeaconUnexpected", redrawn(document))


@lie("the last two numbers exchanged")
def _(house: House) -> Story:
    document = honest(house)
    numbers = document["reveal"]["numbers"]
    numbers[-2:] = [numbers[-1], numbers[-2]]
    return telling("NumbersNotByDraw", document)


@lie("the numbers of another round")
def _(house: House) -> Story:
    document = honest(house)
    document["reveal"]["numbers"] = honest(house, 3)["reveal"]["numbers"]
    return telling("NumbersNotByDraw", document)
