"""
A house that lies by hand: stories as consistent as it could make them, told by a real server to the verifier as
somebody runs it. Every lie must get its own name; none may pass.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairness.cli import main
from fairness.fetching import Fetch, fetch
from fairness.messages import ResultLeaf
from tests.fairness import handmade
from tests.fairness.chain import EPOCH, RESULTS
from tests.fairness.house import HOUSE_KEY, NOW_MS, T0, Epoch, House, Results, as_bytes, sign
from tests.fairness.house_server import HouseServer, ndjson, serving


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def server(house: House) -> Iterator[HouseServer]:
    with serving(house) as served:
        yield served


# --- through the command line ------------------------------------------------------------------------------------
def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """The exit code, and the name of the error that it prints."""
    code = main(["verify", *map(str, arguments)])
    out = capsys.readouterr().out
    found = re.search(r"^FAILED.*: (\w+)$", out, re.M)
    return code, found[1] if found else "accept"


def address_of(server: HouseServer) -> str:
    return f"{server.address}/api/v1/rounds/{server.house.rounds['keno-10s', 2].id}/proof"


def arguments_of(server: HouseServer, story: handmade.Story, room: Path) -> list[object]:
    document = story.document
    asked = story.asked_id or document["round_id"]
    path = f"/api/v1/rounds/{asked}/proof"
    server.says[path] = document
    given: list[object] = [server.address + path, "--game", document["game"], "--at", story.now_ms]
    if story.chain:
        given += ["--rpc", server.rpc]
    if story.bet is not None:
        server.says[f"/api/v1/bets/{story.bet['bet_id']}/proof"] = story.bet
        given += ["--bet", f"{server.address}/api/v1/bets/{story.bet['bet_id']}/proof"]
    if story.kept is not None:
        (room / "kept.json").write_bytes(as_bytes(story.kept))
        given += ["--close", room / "kept.json"]
    if story.receipt is not None:
        given += ["--receipt", story.receipt]
    return [*given, "--allow-signed-only"] if story.allow_signed_only else given


@pytest.mark.parametrize("name", handmade.LIES)
def test_a_story_is_named(name: str, server: HouseServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = handmade.LIES[name](server.house)
    code, called = run(capsys, *arguments_of(server, story, tmp_path))
    assert called == story.expect
    assert code == (0 if story.expect == "accept" else 1)


@pytest.mark.parametrize("name", handmade.CHAIN_LIES)
def test_what_the_chain_does_not_say_is_named(
    name: str, server: HouseServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "evidence.json").write_bytes(as_bytes(handmade.chain_lie(server.house, name)))
    code, called = run(capsys, address_of(server), "--chain-evidence", tmp_path / "evidence.json", "--at", NOW_MS)
    assert (code, called) == (1, handmade.CHAIN_LIES[name][0])


@pytest.mark.parametrize("name", handmade.DAY_LIES)
def test_a_story_of_a_day_is_named(name: str, server: HouseServer, capsys: pytest.CaptureFixture[str]) -> None:
    story = handmade.DAY_LIES[name](server.house)
    server.says["/day.ndjson"] = ndjson(story.lines)
    lines = fetch(Fetch(address=f"{server.address}/day.ndjson"))
    server.says["/api/v1/games/keno-10s/proofs"] = lines
    server.roots = server.house.roots(at_ms=story.now_ms)
    code, called = run(capsys, *day_arguments(server, at_ms=story.now_ms))
    assert (code, called) == (0 if story.expect == "accept" else 1, story.expect)


def day_arguments(server: HouseServer, *, day: str = "2027-01-15", at_ms: int = NOW_MS) -> list[object]:
    return [server.address, "--game", "keno-10s", "--day", day, "--rpc", server.rpc, "--at", at_ms]


def test_an_honest_day_is_complete(server: HouseServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, *day_arguments(server)) == (0, "accept")


def _hide_rounds(server: HouseServer, *numbers: int) -> None:
    shown = [server.house.document("keno-10s", n) for n in range(1, 13) if n not in numbers]
    server.says["/api/v1/games/keno-10s/proofs"] = ndjson(shown)


def _alter_leaf(server: HouseServer, seq: int) -> None:
    leaves = bytearray(server.house.leaves(seq))
    leaves[-1] ^= 1
    server.says[f"/api/v1/anchors/{seq}/leaves"] = bytes(leaves)


def _second_result(server: HouseServer) -> None:
    """The house anchors another end of a round too."""
    one = server.house.rounds["keno-10s", 2]
    again = replace(one, result_leaf=replace(ResultLeaf.decode(one.result_leaf), drawn_ms=one.ended_ms + 1).encode())
    server.house.anchor(Results(rounds=[again]), RESULTS, T0 // 1000 + 3000)
    server.roots = server.house.roots()


def _second_commitment(server: HouseServer) -> None:
    """The house anchors a round in two epochs, to choose between them later."""
    one = server.house.rounds["keno-10s", 2]
    other = replace(one, commit=replace(one.commit, commitment=bytes(32)))
    epoch = Epoch(key=bytes(32), rounds=[other], committed_ms=T0 - 10_000, key_due_ms=T0 + 10**6)
    server.house.anchor(epoch, EPOCH, T0 // 1000 - 5)
    server.roots = server.house.roots()


def _root(server: HouseServer, seq: int, **changes: Any) -> None:
    server.roots = [root | changes if root["seq"] == seq else root for root in server.roots]


def _anchor(server: HouseServer, seq: int, **changes: Any) -> None:
    _root(server, seq, anchor=server.roots[seq - 1]["anchor"] | changes)


WHOLE_DAYS: dict[str, tuple[str, Callable[[HouseServer], None]]] = {
    "the first rounds are hidden": ("RoundMissing", lambda server: _hide_rounds(server, 1, 2)),
    "the last round is hidden": ("RoundMissing", lambda server: _hide_rounds(server, 12)),
    "a whole epoch is hidden": ("RoundMissing", lambda server: _hide_rounds(server, 7, 8, 9, 10, 11, 12)),
    "a leaf of an epoch is altered": ("InclusionProofInvalid", lambda server: _alter_leaf(server, 5)),
    "a leaf of results is altered": ("InclusionProofInvalid", lambda server: _alter_leaf(server, 7)),
    "a round has two results": ("ResultTwice", _second_result),
    "a round is committed twice": ("LeafTwice", _second_commitment),
    "the last results are hidden": (
        "ResultMissing",
        lambda server: setattr(server, "roots", [root for root in server.roots if root["seq"] < 8]),
    ),
    "a root is left out of the list": (
        "AnchorMissing",
        lambda server: setattr(server, "roots", [root for root in server.roots if root["seq"] != 6]),
    ),
    "the list ends before the day": (
        "EpochContradicts",
        lambda server: setattr(server, "roots", server.roots[:5]),
    ),
    "the list shows a root twice": (
        "AnchorMissing",
        lambda server: setattr(server, "roots", [*server.roots[:3], *server.roots[2:]]),
    ),
    "an anchor in the list is about another root": (
        "AnchorMismatch",
        lambda server: _anchor(server, 4, root="ab" * 32),
    ),
    "an anchor in the list is in another contract": (
        "AnchorNotOnChain",
        lambda server: _anchor(server, 4, contract="0x" + "ab" * 20),
    ),
    "a head in the list does not follow": ("AnchorHeadWrong", lambda server: _anchor(server, 4, head="ab" * 32)),
    "the last root of the list is not on the chain": (
        "AnchorNotOnChain",
        lambda server: _anchor(server, len(server.roots), transaction="0x" + "ab" * 32),
    ),
    "the list is of another form": ("DocumentMalformed", lambda server: _root(server, 4, kind=7)),
    "the leaves are of another message": (
        "InclusionProofInvalid",
        lambda server: server.says.update({"/api/v1/anchors/5/leaves": bytes(1824)}),
    ),
}


@pytest.mark.parametrize("name", WHOLE_DAYS)
def test_a_day_that_is_not_whole_is_named(name: str, server: HouseServer, capsys: pytest.CaptureFixture[str]) -> None:
    expect, tell = WHOLE_DAYS[name]
    tell(server)
    assert run(capsys, *day_arguments(server)) == (1, expect)


def test_a_seed_that_was_chosen_in_another_game_of_the_epoch_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(House(chosen=frozenset([("keno-none", 9)]))) as server:
        assert run(capsys, *day_arguments(server)) == (1, "SeedNotFromEpochKey")


def test_the_rounds_of_another_day_are_named(server: HouseServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, *day_arguments(server, day="2027-01-16")) == (1, "DocumentNotAsAsked")


def test_a_day_of_which_nothing_is_shown_does_not_pass(server: HouseServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.says["/api/v1/games/keno-10s/proofs"] = b""
    assert run(capsys, *day_arguments(server))[0] == 2


def test_a_list_of_keys_without_the_signing_one_is_named(
    server: HouseServer, capsys: pytest.CaptureFixture[str]
) -> None:
    address = address_of(server)
    listed = server.house.key_list()
    stranger = handmade.STRANGER
    other = listed["keys"][0] | {"key_id": stranger.id, "public_key": stranger.public.hex()}
    server.says["/.well-known/keno-keys.json"] = listed | {"keys": [other]}
    assert run(capsys, address, "--at", NOW_MS) == (1, "SigningKeyUnknown")
    server.says["/.well-known/keno-keys.json"] = listed | {"keys": [other | {"key_id": HOUSE_KEY.id}]}
    assert run(capsys, address, "--at", NOW_MS)[0] == 2


def test_a_document_for_somebody_else_is_named(server: HouseServer, capsys: pytest.CaptureFixture[str]) -> None:
    address = address_of(server)
    server.says[address.removeprefix(server.address)] = sign(server.house.document("keno-10s", 2) | {"game": "other"})
    assert run(capsys, address, "--game", "keno-10s", "--at", NOW_MS) == (1, "DocumentNotAsAsked")


def test_the_stories_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    lies = [name for name, tell in handmade.LIES.items() if tell(House()).expect != "accept"]
    days = [name for name in handmade.DAY_LIES if "honest" not in name]
    total = len(lies) + len(handmade.CHAIN_LIES) + len(days) + len(WHOLE_DAYS)
    with capsys.disabled():
        print(f"\n{total} lies told by hand: {len(lies)} of rounds and bets, {len(handmade.CHAIN_LIES)} against the")
        print(f"chain, {len(days)} across rounds, {len(WHOLE_DAYS)} about a day's completeness; every one named")
    assert total > 110
