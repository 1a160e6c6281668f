"""Lies about the close, the bets in it, and what they were paid."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from fairness.hashing import sha256
from fairness.rules import paytable_hash
from tests.fairness.handmade.telling import (
    GAME,
    NUMBER,
    STRANGER,
    Story,
    honest,
    lie,
    reclosed,
    replanted,
    telling,
    with_bet,
)
from tests.fairness.house import (
    LOCAL,
    MULTIPLIERS,
    OPERATOR_KEYS,
    House,
    sign,
)


@lie("no CLOSE")
def _(house: House) -> Story:
    return telling("CloseMissing", honest(house) | {"close": None})


@lie("a CLOSE signed by a stranger")
def _(house: House) -> Story:
    return telling("SigningKeyUnknown", reclosed(honest(house), STRANGER))


@lie("a CLOSE that nobody signed")
def _(house: House) -> Story:
    document = honest(house)
    document["close"]["signature"] = honest(house, 3)["close"]["signature"]
    return telling("CloseSignatureInvalid", document)


@lie("the CLOSE of another round")
def _(house: House) -> Story:
    return telling("CloseOfAnotherRound", honest(house) | {"close": honest(house, 3)["close"]})


@lie("closed before its time")
def _(house: House) -> Story:
    return telling("CloseTooEarly", reclosed(honest(house), closed_ms=house.rounds[GAME, NUMBER].close_ms - 1))


@lie("closed when the beacon was out")
def _(house: House) -> Story:
    seconds = LOCAL.genesis + house.rounds[GAME, NUMBER].commit.beacon_round - 1
    return telling("CloseTooLate", reclosed(honest(house), closed_ms=seconds * 1000))


@lie("two CLOSE messages: another one was kept")
def _(house: House) -> Story:
    kept = honest(house)["close"]
    return telling("CloseTwice", reclosed(honest(house), bets_count=4, bets_root=sha256(b"other bets")), kept=kept)


@lie("two CLOSE messages: another one is in the bet's document")
def _(house: House) -> Story:
    bet = house.bet_document(GAME, NUMBER, 0)
    return telling("CloseTwice", reclosed(honest(house), bets_count=4, bets_root=sha256(b"other bets")), bet=bet)


@lie("a void round without the CLOSE that was kept of it")
def _(house: House) -> Story:
    """As if its bets had not been fixed in time: by that, a house that has seen the draw could make it void."""
    document = honest(house, 5)
    kept = document["close"]
    return telling("CloseMissing", document | {"close": None}, kept=kept)


@lie("a CLOSE with other bets than the result has")
def _(house: House) -> Story:
    return telling("ResultContradicts", reclosed(honest(house), bets_count=4, bets_root=sha256(b"other bets")))


@lie("a countersignature that the operator did not give")
def _(house: House) -> Story:
    document = honest(house)
    document["close"]["countersignatures"][0]["signature"] = OPERATOR_KEYS["alpha"].sign(b"something else").hex()
    return telling("CountersignatureInvalid", document)


@lie("one operator's countersignature shown as another's")
def _(house: House) -> Story:
    document = honest(house)
    first, second = document["close"]["countersignatures"]
    first["signature"], first["public_key"] = second["signature"], second["public_key"]
    return telling("CountersignatureInvalid", document)


@lie("another bet than the receipt")
def _(house: House) -> Story:
    bet = house.bet_document(GAME, NUMBER, 1)
    return telling(
        "BetNotAsReceipt", honest(house), bet=bet, receipt=house.bet_document(GAME, NUMBER, 0)["bet"]["leaf"]
    )


@lie("another bet under the id of the bettor's")
def _(house: House) -> Story:
    bet = house.bet_document(GAME, NUMBER, 1) | {"bet_id": house.bet_document(GAME, NUMBER, 0)["bet_id"]}
    return telling("BetNotAsReceipt", honest(house), bet=sign(bet))


@lie("a bet of another round")
def _(house: House) -> Story:
    bet = house.bet_document(GAME, 3, 0) | {"close": honest(house)["close"]}
    return telling("BetOfAnotherRound", honest(house), bet=sign(bet))


@lie("a late bet")
def _(house: House) -> Story:
    one = house.rounds[GAME, NUMBER]
    leaf = replace(one.bets[0].leaf, bet_id=UUID(int=7), accepted_ms=one.close_ms)
    return replace(with_bet(house, leaf), expect="BetTooLate")


@lie("a bet that was left out of the close")
def _(house: House) -> Story:
    bet = house.bet_document(GAME, NUMBER, 0)
    bet["bet"] |= {"index": None, "size": None, "path": None, "root": None}
    return telling("InclusionProofInvalid", honest(house), bet=sign(bet))


@lie("a bet in another tree than the closed one")
def _(house: House) -> Story:
    bet = house.bet_document(GAME, NUMBER, 0)
    bet["bet"] |= replanted([bytes.fromhex(bet["bet"]["leaf"])], 0)
    return telling("InclusionProofInvalid", honest(house), bet=sign(bet))


@lie("a bet at another one's place")
def _(house: House) -> Story:
    bet, other = (house.bet_document(GAME, NUMBER, at) for at in (0, 1))
    bet["bet"] = other["bet"] | {"leaf": bet["bet"]["leaf"]}
    return telling("InclusionProofInvalid", honest(house), bet=sign(bet))


def paid(house: House, **changes: Any) -> Story:
    at = next(
        bet.index for bet in house.rounds[GAME, NUMBER].bets if len(bet.leaf.picks) == 5 and _hits(house, bet) == 3
    )
    bet = house.bet_document(GAME, NUMBER, at)
    bet["outcome"] |= changes
    return telling("PayoutWrong", honest(house), bet=sign(bet))


def _hits(house: House, bet: Any) -> int:
    return len(set(bet.leaf.picks) & set(house.rounds[GAME, NUMBER].numbers))


@lie("a payout that is too small")
def _(house: House) -> Story:
    return paid(house, win_minor=2999)


@lie("a multiplier that is too small")
def _(house: House) -> Story:
    return paid(house, multiplier="2", win_minor=2000)


@lie("fewer hits than there were")
def _(house: House) -> Story:
    return paid(house, status="lost", hits=2, multiplier=None, win_minor=0)


@lie("no outcome")
def _(house: House) -> Story:
    bet = house.bet_document(GAME, NUMBER, 0) | {"outcome": None}
    return telling("PayoutWrong", honest(house), bet=sign(bet))


@lie("an outcome of a void round")
def _(house: House) -> Story:
    bet = house.bet_document(GAME, 5, 0) | {
        "outcome": {"status": "lost", "hits": 0, "multiplier": None, "win_minor": 0}
    }
    return telling("PayoutWrong", honest(house, 5), bet=sign(bet))


@lie("another paytable")
def _(house: House) -> Story:
    bet = house.bet_document(GAME, NUMBER, 0)
    bet["paytable"]["multipliers"]["5"]["3"] = "2"
    return telling("PaytableNotCommitted", honest(house), bet=sign(bet))


@lie("another paytable, with its hash")
def _(house: House) -> Story:
    bet = house.bet_document(GAME, NUMBER, 0)
    other = {picks: dict(row) for picks, row in MULTIPLIERS.items()}
    other[5][3] = "2"
    table = {str(picks): {str(hits): pays for hits, pays in row.items()} for picks, row in other.items()}
    bet["paytable"] |= {"hash": paytable_hash(other).hex(), "multipliers": table}
    return telling("PaytableNotCommitted", honest(house), bet=sign(bet))


@lie("a paytable that pays too much")
def _(house: House) -> Story:
    generous = {**MULTIPLIERS, 1: {1: "3.57"}}
    leaf = house.rounds[GAME, NUMBER].bets[0].leaf
    leaf = replace(leaf, bet_id=UUID(int=7), paytable_hash=paytable_hash(generous))
    return replace(with_bet(house, leaf, generous), expect="HouseEdgeTooLow")
