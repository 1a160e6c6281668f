"""
A house that lies, on a real server, to the real verifier: every single member of every document is altered, with and
without the house's signatures made again. Every lie must get a name; none may pass.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fairness.chain import ChainReader, Expected
from fairness.checks import Asked, Knowledge, open_case, verify_round
from fairness.checks.day import Day
from fairness.cli.inputs import saved_close
from fairness.errors import FairnessError
from fairness.fetching import Fetch, fetch
from tests.fairness.house import HOUSE_KEY, NOW_MS, OPERATORS, PAYTABLE_ID, UUID, Document, House, as_bytes
from tests.fairness.house_server import HouseServer, serving
from tests.fairness.lies import Alteration, alterations, signed_again, text_of

BASES = (("keno-10s", 2), ("keno-10s", 4), ("keno-10s", 5), ("keno-none", 2), ("quick", 1))
"""A round of each network, and two void ones: before and after their close."""

FORM = "DocumentMalformed"
EXPECTED = {
    r"(bet )?signed\.(key_id|public_key)": "KeyIdWrong",
    r"(bet )?signed\.signature": "DocumentSignatureInvalid",
    r"round_id|game|bet bet_id|bet paytable\.id": "DocumentNotAsAsked",
    r"status": FORM,
    r"rules|network\.name": "RulesNotCommitted",
    r"network\.(chain_hash|public_key|genesis|period)": "NetworkNotCommitted NetworkNotAsPinned",
    r"network\.public": "NetworkNotAsPinned",
    r"commit\.leaf": "InclusionProofInvalid MessageProtocolUnknown MessageLengthWrong",
    r"commit\.(index|path|path\[\]|root)": "InclusionProofInvalid",
    r"commit\.size": "InclusionProofInvalid StatementInvalid",
    r"commit\.anchor|result\.anchor": "AnchorMissing",
    r"(commit|result)\.anchor\.(contract|chain_id|transaction)": "AnchorNotOnChain",
    r"(commit|result)\.anchor\.(head|previous_head)": "AnchorHeadWrong",
    r"(commit|result)\.anchor\.(seq|kind|root|size|block_number|block_hash|block_time)": "AnchorMismatch",
    r"(commit\.statement|(bet )?close)\.(key_id|public_key)": "KeyIdWrong",
    r"commit\.statement(\.message|\.signature)?": "StatementInvalid",
    r"close": "CloseMissing",
    r"(bet )?close\.signature": "CloseSignatureInvalid",
    r"(bet )?close\.message": "CountersignatureInvalid MessageProtocolUnknown MessageLengthWrong",
    r"(bet )?close\.countersignatures.*": "CountersignatureInvalid",
    r"reveal": "ResultContradicts",
    r"reveal\.seed": "SeedNotCommitted",
    r"reveal\.beacon_signature": "BeaconSignatureInvalid BeaconMissing",
    r"reveal\.numbers(\[\])?": "NumbersNotByDraw",
    r"result": "ResultMissing",
    r"result\.leaf": "ResultContradicts InclusionProofInvalid MessageProtocolUnknown MessageLengthWrong",
    r"result\.(index|path|path\[\]|root)": "InclusionProofInvalid",
    r"result\.size": "InclusionProofInvalid AnchorMismatch",
    r"epoch\.key": "SeedNotFromEpochKey EpochKeyMissing",
    r"epoch\.key_due_ms": "EpochContradicts",
    r"bet bet\.leaf": "BetNotAsReceipt MessageProtocolUnknown MessageLengthWrong",
    r"bet bet\.(index|path|path\[\]|root|size)": "InclusionProofInvalid",
    r"bet paytable\.(hash|multipliers.*)": "PaytableNotCommitted",
    r"bet outcome(\..*)?": "PayoutWrong",
}
"""What an altered member is called when the house has signed again, beside DocumentMalformed for its form."""

ALONE = re.compile(r"epoch\.key_due_ms one (more|less)")
"""A promise that is moved by a millisecond: only other documents of the epoch show it."""
SAYS_THE_SAME = re.compile(r"(bet )?close\.countersignatures first two swapped")
"""Not a lie: the order of witnesses has no meaning."""


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def server(house: House) -> Iterator[HouseServer]:
    with serving(house) as served:
        yield served


class Verifier:
    """Somebody who knows what can be known, and asks the server over HTTP."""

    def __init__(self, server: HouseServer, game: str, number: int) -> None:
        self.server, self.game, self.number = server, game, number
        self.document = server.house.document(game, number)
        self.bet = server.house.bet_document(game, number, 0)
        close = self.document["close"]
        contract = server.house.key_list()["chain"]
        self.known = Knowledge(
            now_ms=NOW_MS,
            asked=Asked(
                round_id=self.document["round_id"],
                game=game,
                bet_id=UUID(self.bet["bet_id"]),
                paytable_id=PAYTABLE_ID,
                countersigners=frozenset(OPERATORS.values()) if close else frozenset(),
            ),
            keys=frozenset([HOUSE_KEY.public]),
            anchored=Expected(contract=contract["contract"].lower(), chain_id=contract["chain_id"]),
            chain=ChainReader(server.rpc),
            close=saved_close(as_bytes(self.document)) if close else None,
            receipt=bytes.fromhex(self.bet["bet"]["leaf"]),
        )

    def name_of(self, document: Document, bet: Document) -> str | None:
        """The name of what is wrong, with the round and its bet alone, then within its day; None when all is well."""
        self.server.says |= {"/round": document, "/bet": bet}
        try:
            read = [fetch(Fetch(address=self.server.address + path)) for path in ("/round", "/bet")]
            verify_round(open_case(document=read[0], bet=read[1], known=self.known))
        except FairnessError as failure:
            return type(failure).__name__
        return self._name_within_the_day(document)

    def _name_within_the_day(self, document: Document) -> str | None:
        day, known = Day(), replace(self.known, asked=Asked(), close=None, receipt=None)
        try:
            for other in self.server.house.day(self.game):
                shown = document if other["round_id"] == document["round_id"] else other
                case = open_case(document=as_bytes(shown), known=known)
                verify_round(case)
                day.add(case)
        except FairnessError as failure:
            return f"within the day: {type(failure).__name__}"
        return None


def told(verifier: Verifier) -> Iterator[tuple[str, bool, Document, Document]]:
    """Every alteration of both documents: its name, whether signed again, and both documents."""
    for prefix, shown in (("", verifier.document), ("bet ", verifier.bet)):
        for alteration in alterations(shown):
            if not alteration.path:
                continue
            for again in (False, True):
                altered = signed_again(shown, alteration) if again else alteration.apply(shown)
                pair = (altered, verifier.bet) if not prefix else (verifier.document, altered)
                yield prefix + _named(alteration), again, *pair


def _named(alteration: Alteration) -> str:
    return re.sub(r"\[\d+\]", "[]", text_of(alteration.path)) + " " + alteration.what


def _is_as_expected(name: str, again: bool, called: str) -> bool:
    path = re.fullmatch(r"((?:bet )?\S+) .*", name)
    assert path is not None
    if called == FORM or (not again and called == "DocumentSignatureInvalid"):
        return True
    patterns = [pattern for pattern in EXPECTED if re.fullmatch(pattern, path[1])]
    assert len(patterns) == 1, (name, called, patterns)
    allowed = EXPECTED[patterns[0]].split()
    return called.removeprefix("within the day: ") in allowed if again else patterns[0].startswith("(bet )?signed")


@pytest.mark.parametrize(("game", "number"), BASES)
def test_no_altered_member_passes(
    game: str, number: int, server: HouseServer, capsys: pytest.CaptureFixture[str]
) -> None:
    names: Counter[str] = Counter()
    verifier = Verifier(server, game, number)
    assert verifier.name_of(verifier.document, verifier.bet) is None
    for name, again, document, bet in told(verifier):
        called = verifier.name_of(document, bet)
        if again and SAYS_THE_SAME.fullmatch(name):
            assert called is None, name
            continue
        assert called is not None, f"{name} passes, signed again: {again}"
        assert _is_as_expected(name, again, called), (name, again, called)
        assert called.startswith("within") is bool(again and ALONE.fullmatch(name)), (name, again, called)
        names[called] += 1
    with capsys.disabled():
        print(f"\nround {number} of {game}: {names.total():,} altered documents, each named, by {len(names)} names")
    assert names.total() > 900
    assert len(names) > 18
