"""The verifier as somebody uses it: files and addresses, what it prints, and how it ends."""

import base64
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import fairness
from fairness.checks import CHECKS
from fairness.cli import main
from tests.fairness.house import HOUSE_KEY, NOW_MS, OPERATORS, House, as_bytes, sign
from tests.fairness.house_server import HouseServer, ndjson, serving

AT = ("--at", str(NOW_MS))
DAY = ("--game", "keno-10s", "--day", "2027-01-15", *AT)


@pytest.fixture(scope="module")
def house() -> House:
    return House()


@pytest.fixture
def server(house: House) -> Iterator[HouseServer]:
    with serving(house) as served:
        yield served


@pytest.fixture
def files(house: House, tmp_path: Path) -> Path:
    """round.json, bet.json, evidence.json, keys.json, day.ndjson, receipt.txt"""
    bet = house.bet_document("keno-10s", 2, 0)
    contents = {
        "round.json": as_bytes(house.document("keno-10s", 2)),
        "bet.json": as_bytes(bet),
        "evidence.json": as_bytes(house.evidence()),
        "keys.json": as_bytes(house.key_list()),
        "day.ndjson": ndjson(house.day("keno-10s")),
        "receipt.txt": base64.b64encode(bytes.fromhex(bet["bet"]["leaf"])),
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code = main(["verify", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def address_of(server: HouseServer, number: int = 2) -> str:
    return f"{server.address}/api/v1/rounds/{server.house.rounds['keno-10s', number].id}/proof"


def test_a_round_with_its_bet_passes_every_check(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    code, out = run(
        capsys,
        files / "round.json",
        *("--bet", files / "bet.json"),
        *("--receipt", files / "receipt.txt"),
        *("--chain-evidence", files / "evidence.json"),
        *("--key", files / "keys.json"),
        "--strict",
        *AT,
    )
    assert code == 0
    assert "13 checks passed, 0 skipped, none failed." in out
    for check in CHECKS:
        assert f"{check.number:3}  {check.id:<22}passed" in out
    for evidence in (
        "block hash from header: True",
        "label: not public: run by the house",
        "hits: ",
        "receipt: the same",
    ):
        assert evidence in out
    assert "\033[" not in out


def test_an_address_is_asked_for_the_round_that_it_names(
    capsys: pytest.CaptureFixture[str], server: HouseServer
) -> None:
    code, out = run(capsys, address_of(server), "--rpc", server.rpc, "--strict", *AT)
    assert code == 0
    assert f"keys: published at {server.address}" in out
    server.says[address_of(server).removeprefix(server.address)] = server.house.document("keno-10s", 3)
    code, out = run(capsys, address_of(server), "--rpc", server.rpc, *AT)
    assert code == 1
    assert "FAILED at check 0 (document): DocumentNotAsAsked" in out


def test_a_failure_is_named_with_its_meaning_and_what_to_do(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    document = json.loads((files / "round.json").read_text())
    document["reveal"]["seed"] = "00" * 32
    (files / "round.json").write_bytes(as_bytes(sign(document)))
    code, out = run(capsys, files / "round.json", "--chain-evidence", files / "evidence.json", *AT)
    assert code == 1
    assert "FAILED at check 6 (seed): SeedNotCommitted" in out
    assert "Meaning: The seed is not the one that was committed" in out
    assert "What to do: Keep the documents" in out
    assert "numbers  " not in out


def test_one_changed_byte_of_the_document_fails_by_name(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    data = bytearray((files / "round.json").read_bytes())
    at = data.index(b'"seed": "') + len(b'"seed": "')
    data[at] = ord("0") if data[at] != ord("0") else ord("1")
    (files / "round.json").write_bytes(data)
    code, out = run(capsys, files / "round.json", *AT)
    assert (code, "DocumentSignatureInvalid" in out) == (1, True)


def test_what_is_not_known_is_skipped_with_its_reason_and_failed_when_strict(
    capsys: pytest.CaptureFixture[str], files: Path
) -> None:
    code, out = run(capsys, files / "round.json", *AT)
    assert code == 0
    assert "commit-anchor         skipped no chain address was given" in out
    assert "9 checks passed, 4 skipped, none failed." in out
    code, out = run(capsys, files / "round.json", "--strict", *AT)
    assert (code, "FAILED at check 3 (commit-anchor): CheckSkipped" in out) == (1, True)


def test_json_says_the_same_to_programs(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    code, out = run(capsys, files / "round.json", "--chain-evidence", files / "evidence.json", "--json", *AT)
    told = json.loads(out)
    assert (code, told["verdict"], told["failure"]) == (0, "passed", None)
    assert [check["id"] for check in told["checks"]] == [check.id for check in CHECKS]
    assert {check["outcome"] for check in told["checks"]} == {"passed", "skipped"}
    (files / "round.json").write_text("{}")
    code, out = run(capsys, files / "round.json", "--json", *AT)
    told = json.loads(out)
    assert (code, told["verdict"]) == (1, "failed")
    assert (told["failure"]["check"], told["failure"]["error"]) == ("document", "DocumentMalformed")


def test_a_day_with_the_houses_address_is_checked_to_be_complete(
    capsys: pytest.CaptureFixture[str], server: HouseServer
) -> None:
    code, out = run(capsys, server.address, *DAY, "--rpc", server.rpc, "--strict")
    assert code == 0
    assert "12 rounds, 2 of them void" in out
    assert "Complete: every committed round is shown and has one result" in out
    code, out = run(capsys, server.address, *DAY, "--json")
    told = json.loads(out)
    assert (code, told["rounds"], told["void"], told["verdict"]) == (0, 12, 2, "passed")
    assert told["complete"]["results_of_its_epochs"] == 24


def test_a_day_in_a_file_is_checked_as_far_as_it_goes(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    code, out = run(capsys, files / "day.ndjson", "--chain-evidence", files / "evidence.json", *AT)
    assert code == 0
    assert "takes the house's list of roots: give its address" in out
    lines = (files / "day.ndjson").read_bytes().splitlines(keepends=True)
    (files / "day.ndjson").write_bytes(b"".join(lines[:4] + lines[5:]))
    code, out = run(capsys, files / "day.ndjson", *AT)
    assert code == 1
    assert re.search(r"^FAILED in round \d+ at day: RoundMissing$", out, re.M)
    assert "between rounds 4 and 6, 1 are left out" in out


def test_evidence_that_was_saved_from_a_node_serves_instead_of_it(
    capsys: pytest.CaptureFixture[str], server: HouseServer, tmp_path: Path
) -> None:
    assert main(["evidence", address_of(server), "--rpc", server.rpc]) == 0
    (tmp_path / "evidence.json").write_text(capsys.readouterr().out)
    code, _ = run(capsys, address_of(server), "--chain-evidence", tmp_path / "evidence.json", "--strict", *AT)
    assert code == 0


def test_the_token_goes_with_the_bet_and_with_nothing_else(
    capsys: pytest.CaptureFixture[str], server: HouseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bet = server.house.bet_document("keno-10s", 2, 0)
    path = f"/api/v1/bets/{bet['bet_id']}/proof"
    server.says[path] = bet
    monkeypatch.setenv("FAIRNESS_TOKEN", "player's token")
    code, out = run(capsys, address_of(server), "--bet", server.address + path, *AT)
    assert code == 0
    sent = {asked: headers.get("Authorization") for asked, headers in server.asked}
    assert sent.pop(path) == "Bearer player's token"
    assert set(sent.values()) == {None}
    server.says[path] = server.house.bet_document("keno-10s", 2, 1)
    code, out = run(capsys, address_of(server), "--bet", server.address + path, *AT)
    assert (code, "DocumentNotAsAsked" in out) == (1, True)


def test_a_frame_that_was_kept_is_held_against_the_document(
    capsys: pytest.CaptureFixture[str], files: Path, house: House
) -> None:
    close = house.document("keno-10s", 2)["close"]
    frame = {"type": "round.closed", "seq": 7, "close": {k: close[k] for k in ("message", "signature", "key_id")}}
    (files / "frame.json").write_bytes(as_bytes(frame))
    assert run(capsys, files / "round.json", "--close", files / "frame.json", *AT)[0] == 0
    (files / "frame.json").write_bytes(as_bytes(house.document("keno-10s", 3)))
    code, out = run(capsys, files / "round.json", "--close", files / "frame.json", *AT)
    assert (code, "CloseOfAnotherRound" in out) == (1, True)


def test_what_was_asked_for_besides_is_required(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    source, operator = files / "round.json", OPERATORS["alpha"]
    own = json.loads(source.read_bytes())["round_id"]
    assert run(capsys, source, "--countersigned", operator, "--round", own, "--game", "keno-10s", *AT)[0] == 0
    for option, value, name in (
        ("--countersigned", "0190a000-0000-7000-8000-00000000aaaa", "CountersignatureInvalid"),
        ("--round", own + 1, "DocumentNotAsAsked"),
        ("--game", "keno-20s", "DocumentNotAsAsked"),
        ("--key", "ab" * 32, "SigningKeyUnknown"),
        ("--contract", "0x" + "ab" * 20, "AnchorNotOnChain"),
        ("--chain-id", 1, "AnchorNotOnChain"),
    ):
        code, out = run(capsys, source, option, value, *AT)
        assert (code, name in out) == (1, True), option


def test_a_house_that_publishes_no_keys_is_said_to_vouch_for_itself(
    capsys: pytest.CaptureFixture[str], server: HouseServer, files: Path
) -> None:
    assert "keys: the document's own, which nobody vouches for" in run(capsys, files / "round.json", *AT)[1]
    (files / "keys.txt").write_text(HOUSE_KEY.public.hex() + "\n")
    assert "keys: given by the verifier" in run(capsys, files / "round.json", "--key", files / "keys.txt", *AT)[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("/nowhere/round.json",),
        ("http://127.0.0.1:1/api/v1/rounds/1/proof",),
        ("http://127.0.0.1:1",),
        ("ftp://127.0.0.1/round.json",),
        ("{round}", "--bet", "/nowhere"),
        ("{round}", "--rpc", "http://127.0.0.1:1"),
        ("{round}", "--chain-evidence", "{round}"),
        ("{round}", "--key", "{round}"),
        ("{round}", "--close", "{keys}"),
        ("{round}", "--receipt", "{keys}"),
    ],
)
def test_what_cannot_be_read_ends_with_2_and_accuses_nobody(
    capsys: pytest.CaptureFixture[str], files: Path, arguments: tuple[str, ...]
) -> None:
    named = {"round": files / "round.json", "keys": files / "keys.json"}
    code, out = run(capsys, *(argument.format(**named) for argument in arguments), *AT)
    assert (code, "FAILED" in out) == (2, False)
    assert "fairness: " in out


@pytest.mark.parametrize(
    "arguments", [(), ("round.json", "--contract", "0x12"), ("round.json", "--day", "yesterday"), ("-x",)]
)
def test_wrong_use_ends_with_2(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", *arguments])
    assert ended.value.code == 2


# --- alone, on another machine -----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder alone, copied to another place."""
    room = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(Path(fairness.__file__).parent, room / "fairness", ignore=shutil.ignore_patterns("__pycache__"))
    return room


def run_bare(elsewhere: Path, *arguments: object, stdin: bytes = b"") -> tuple[int, str]:
    """`python -m fairness verify` in a Python without any package that was installed."""
    program = f"import sys, runpy; sys.path.insert(0, {str(elsewhere)!r}); runpy.run_module('fairness', alter_sys=True)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program.replace("alter_sys", "run_name='__main__', alter_sys"), "verify"]
        + [str(argument) for argument in arguments],
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
        cwd=elsewhere,
        env={"PATH": os.environ["PATH"]},
    )
    return done.returncode, (done.stdout + done.stderr).decode()


def test_the_folder_alone_checks_everything_but_the_beacons_signature(elsewhere: Path, files: Path) -> None:
    evidence = ("--chain-evidence", files / "evidence.json", "--bet", files / "bet.json", *AT)
    code, out = run_bare(elsewhere, files / "round.json", *evidence)
    assert code == 1
    assert "FAILED at check 7 (beacon-signature): BlsBackendMissing" in out
    assert "pyblst" in out
    code, out = run_bare(elsewhere, files / "round.json", *evidence, "--without-bls")
    assert code == 0
    assert "12 checks passed, 1 skipped, none failed." in out
    code, out = run_bare(elsewhere, files / "round.json", *evidence, "--without-bls", "--strict")
    assert (code, "CheckSkipped" in out) == (1, True)


def test_the_folder_alone_reads_the_standard_input_addresses_and_days(
    elsewhere: Path, server: HouseServer, house: House
) -> None:
    document = as_bytes(house.document("keno-none", 2))
    assert run_bare(elsewhere, "-", *AT, stdin=document)[0] == 0
    assert run_bare(elsewhere, address_of(server), "--rpc", server.rpc, "--without-bls", *AT)[0] == 0
    code, out = run_bare(elsewhere, server.address, *DAY, "--rpc", server.rpc, "--without-bls")
    assert (code, "Complete:" in out) == (0, True)
    altered = json.loads(document)
    altered["reveal"]["numbers"].reverse()
    assert run_bare(elsewhere, "-", *AT, stdin=as_bytes(altered))[0] == 1


def test_colours_and_progress_are_for_terminals_only(elsewhere: Path, files: Path) -> None:
    def in_terminal(*arguments: object, **environment: str) -> str:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "fairness", "verify", *map(str, arguments)]
        with subprocess.Popen(
            command, cwd=elsewhere, stdout=theirs, stderr=theirs, env=_environment(environment)
        ) as ran:
            os.close(theirs)
            out = b"".join(iter(lambda: _read(ours), b""))
        os.close(ours)
        assert ran.returncode == 0
        return out.decode()

    assert "\033[32mpassed" in in_terminal(files / "round.json", *AT)
    assert "\033[" not in in_terminal(files / "round.json", *AT, NO_COLOR="1")
    assert "12 of 12 rounds" in in_terminal(files / "day.ndjson", *AT)


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {**{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}, **more}


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # Linux says so at the end of a terminal
        return b""
