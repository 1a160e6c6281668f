"""What the API gives out is enough for a stranger with bare Python to see that nothing was changed or left out."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import transaction

from audit import services as audit
from audit.services import Event
from audit.services.sealing import anchor_latest
from operators.models import Operator
from operators.services import issue_key
from rounds.custody import signing_keys
from tests.audit.horizon import seal_all
from tests.support.api import call, refusal

pytestmark = pytest.mark.usefixtures("committed")
Fetch = Callable[[str], bytes]


@pytest.fixture
def secret(operator_b: Operator) -> str:
    record(operator_b, 30)
    return str(issue_key(operator=operator_b, label="record", actor="test")[1])


@pytest.fixture
def get(secret: str) -> Fetch:
    seal_all()
    return lambda path: body(call("GET", path, credential=secret))


def record(operator: Operator | None, count: int) -> None:
    told = [
        Event(
            event_type="test.recorded",
            description=f"“{n}”",
            operator_id=operator.pk if operator else None,
            before={"ratio": 1.50, "deep": {"b": [1, None], "a": "ü"}},
        )
        for n in range(count)
    ]
    with transaction.atomic():
        audit.record_many(told)


def body(response: Any) -> bytes:
    assert response.status_code == 200, response.content
    if not response.streaming:
        return bytes(response.content)

    async def read() -> bytes:
        return b"".join([part async for part in response])

    return async_to_sync(read)()


def keys() -> list[str]:
    return [f"--key={key.public_key.hex()}" for key in signing_keys()]


def verify(tmp_path: Path, document: bytes, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The stand-alone verifier, in a Python without any installed package."""
    file = tmp_path / f"{random.randrange(10**12)}.ndjson"
    file.write_bytes(document)
    program = f"import sys; sys.path.insert(0, {str(settings.BASE_DIR)!r}); sys.dont_write_bytecode = True\n"
    program += "from fairness.cli import main\nsys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-S", "-I", "-c", program, "record", str(file), "--json", *keys(), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.stderr == "", done.stderr
    return done.returncode, json.loads(done.stdout)


def test_every_entry_of_a_page_has_a_proof_that_holds(get: Fetch, tmp_path: Path) -> None:
    page = json.loads(get("record/entries?first=3&limit=4"))
    assert [one["index"] for one in page["entries"]] == [3, 4, 5, 6]
    proof = get(f"record/entries/{page['entries'][0]['entry']['id']}/proof")
    code, seen = verify(tmp_path, proof)
    assert (code, seen["what"], seen["index"], seen["log"]) == (0, "entry", 3, page["log"])


@pytest.mark.parametrize("member", ["description", "actor", "created_at", "transaction", "event_type", "before", "id"])
def test_an_entry_that_was_changed_on_its_way_is_refused(get: Fetch, tmp_path: Path, member: str) -> None:
    entry = json.loads(get("record/entries?first=0&limit=1"))["entries"][0]["entry"]
    document = json.loads(get(f"record/entries/{entry['id']}/proof"))
    document["entry"][member] = "1"
    code, seen = verify(tmp_path, json.dumps(document).encode())
    assert (code, seen["failure"]["error"]) == (1, "EntryNotInLog")


def test_the_whole_log_is_checked_against_the_signed_state(get: Fetch, tmp_path: Path) -> None:
    export = get("record")
    code, seen = verify(tmp_path, export, "--complete")
    assert (code, seen["what"], seen["entries"]) == (0, "whole log", len(export.splitlines()) - 1)


def test_an_export_in_which_a_line_is_missing_changed_moved_or_put_in_is_refused(get: Fetch, tmp_path: Path) -> None:
    lines = get("record").splitlines()
    changed = json.loads(lines[9])
    changed["entry"]["actor"] = "nobody"
    forged = {
        "missing": [*lines[:9], *lines[10:]],
        "missing at the end": lines[:-1],
        "moved": [*lines[:9], lines[10], lines[9], *lines[11:]],
        "changed": [*lines[:9], json.dumps(changed).encode(), *lines[10:]],
        "put in": [*lines[:9], lines[9], *lines[9:]],
    }
    errors = {name: verify(tmp_path, b"\n".join(one))[1]["failure"]["error"] for name, one in forged.items()}
    assert errors == {
        "missing": "EntriesOutOfOrder",
        "missing at the end": "LogNotAsSealed",
        "moved": "EntriesOutOfOrder",
        "changed": "LogNotAsSealed",
        "put in": "EntriesOutOfOrder",
    }


def test_a_state_that_was_kept_is_shown_to_be_the_beginning_of_a_later_one(
    get: Fetch, tmp_path: Path, operator_b: Operator
) -> None:
    earlier = get("record/checkpoint")
    record(operator_b, 7)
    seal_all()
    later = get("record/checkpoint")
    first, second = (json.loads(one)["size"] for one in (earlier, later))
    assert second == first + 7
    kept, proof = tmp_path / "kept.json", tmp_path / "proof.json"
    kept.write_bytes(earlier)
    proof.write_bytes(get(f"record/consistency?first={first}&second={second}"))
    code, seen = verify(tmp_path, later, f"--kept={kept}", f"--consistency={proof}")
    assert (code, seen["grown_from"]) == (0, [first])
    assert verify(tmp_path, get("record"), f"--kept={kept}")[0] == 0
    proof.write_bytes(proof.read_bytes().replace(b'"path": ["', b'"path": ["00').replace(b'"path":["', b'"path":["00'))
    assert verify(tmp_path, later, f"--kept={kept}", f"--consistency={proof}")[0] == 1


def test_a_signature_of_anybody_else_is_refused(get: Fetch, tmp_path: Path) -> None:
    document = json.loads(get("record/checkpoint"))
    document["checkpoint"]["signature"] = "00" * 64
    code, seen = verify(tmp_path, json.dumps(document).encode())
    assert (code, seen["failure"]["error"]) == (1, "CheckpointSignatureInvalid")


def test_a_state_of_another_size_is_refused(get: Fetch, tmp_path: Path) -> None:
    document = json.loads(get("record/checkpoint"))
    document["size"] -= 1
    code, seen = verify(tmp_path, json.dumps(document).encode())
    assert (code, seen["failure"]["error"]) == (1, "HeadNotInCheckpoint")


def test_an_anchor_may_be_demanded(get: Fetch, tmp_path: Path) -> None:
    code, seen = verify(tmp_path, get("record/checkpoint"), "--anchored")
    assert (code, seen["failure"]["error"]) == (1, "AnchorMissing")


def test_each_caller_sees_its_own_log_and_no_other(
    get: Fetch, secret: str, operator_a: Operator, operator_b: Operator
) -> None:
    own = json.loads(get("record/entries?limit=1"))["entries"][0]["entry"]["id"]
    other = str(issue_key(operator=operator_a, label="record", actor="test")[1])
    provider = str(issue_key(operator=None, label="record", actor="test")[1])
    seal_all()
    for stranger in (other, provider):
        refusal(call("GET", f"record/entries/{own}/proof", credential=stranger), 404, "not_on_record")
        entries = json.loads(body(call("GET", "record/entries?limit=1000", credential=stranger)))["entries"]
        assert entries
        assert str(operator_b.pk) not in {one["entry"]["operator_id"] for one in entries}
    refusal(call("GET", "record/entries"), 401, "unauthenticated")


def test_the_provider_checks_the_houses_log_likewise(get: Fetch, tmp_path: Path) -> None:
    record(None, 3)
    provider = str(issue_key(operator=None, label="record", actor="test")[1])
    seal_all()
    code, seen = verify(tmp_path, body(call("GET", "record", credential=provider)), "--complete")
    assert (code, seen["log"]) == (0, "00000000-0000-0000-0000-000000000000")


def test_what_is_not_sealed_yet_has_no_proof(get: Fetch, secret: str, operator_b: Operator) -> None:
    with transaction.atomic():
        entry = audit.record("test.recorded", description="new", operator_id=operator_b.pk)
    refusal(call("GET", f"record/entries/{entry.pk}/proof", credential=secret), 404, "not_on_record")


@pytest.mark.parametrize(
    "query", ["entries?limit=0", "entries?limit=1001", "entries?first=-1", "checkpoint?number=0", "entries?first=x"]
)
def test_questions_that_make_no_sense_are_refused(get: Fetch, secret: str, query: str) -> None:
    assert call("GET", f"record/{query}", credential=secret).status_code in (400, 422)


@pytest.mark.parametrize("query", ["first=5&second=4", "first=0&second=999999999", "first=-1&second=3"])
def test_there_is_no_growth_between_sizes_that_never_were(get: Fetch, secret: str, query: str) -> None:
    refusal(call("GET", f"record/consistency?{query}", credential=secret), 404, "not_on_record")


def test_the_leaf_below_an_anchored_root_is_the_checkpoint(get: Fetch) -> None:
    given = anchor_latest()
    assert given is not None
    shown = call("GET", f"anchors/{given.anchor_seq}/leaves")
    assert bytes(shown.content) == bytes(given.checkpoint.message)
    listed = json.loads(call("GET", f"anchors?after={given.anchor_seq - 1}").content)["roots"][0]
    assert (listed["kind"], listed["size"]) == (3, 1)
