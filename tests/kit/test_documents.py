"""What the documents say of the wallet API and of the kit is what the code does."""

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from keno_kit import tables
from keno_kit.conformance.calling import Wallet, session
from keno_kit.conformance.scenarios import SCENARIOS
from keno_kit.conformance.scenarios.form import CODES, STATUSES
from keno_kit.sandbox.asks import REASONS
from keno_kit.signing import Ed25519Signer, HmacSigner, Message, verify_ed25519, verify_hmac
from tests.kit.support import serving

ROOT = Path(__file__).resolve().parents[2]
API = (ROOT / "docs" / "wallet-api.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
SIGNATURES = (ROOT / "docs" / "signatures.md").read_text(encoding="utf-8")
_PAIR = re.compile(
    r"^<!-- call: (?P<call>\w+) -->\n```json\n(?P<asked>.*?)^```\n"
    r"<!-- answer: (?P<status>\d+) -->\n```json\n(?P<answer>.*?)^```$",
    re.M | re.S,
)
EXAMPLES: list[dict[str, Any]] = [one.groupdict() for one in _PAIR.finditer(API)]


def test_every_call_has_an_example_and_no_mark_stands_apart() -> None:
    assert {one["call"] for one in EXAMPLES} == {"balance", "debit", "credit", "rollback"}
    assert API.count("<!-- call:") == API.count("<!-- answer:") == len(EXAMPLES)


@pytest.mark.parametrize("hmac", [False, True], ids=["ed25519", "hmac"])
async def test_the_sandbox_wallet_answers_every_example_as_the_page_says(tmp_path: Path, hmac: bool) -> None:
    """In the page's order, for one player."""
    async with serving(tmp_path, hmac=hmac) as served, session(at_once=1, made=[0]) as connections:
        wallet = Wallet(url=served.url, signer=served.signer, deadline_s=10, session=connections, made=[0])
        for one in EXAMPLES:
            exchange = await wallet.post(one["call"], one["asked"].encode())
            assert exchange.status == int(one["status"]), one["asked"]
            assert msgspec.json.decode(exchange.body) == json.loads(one["answer"]), one["asked"]


VECTORS = [json.loads(one) for one in re.findall(r"^<!-- vector -->\n```json\n(.*?)^```$", SIGNATURES, re.M | re.S)]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one["form"])
def test_the_kit_signs_the_golden_vectors_of_the_signatures_page_and_takes_them(vector: dict[str, Any]) -> None:
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    parts = urlsplit(vector["url"])
    unsigned = {"x-request-id": headers["x-request-id"], "idempotency-key": vector.get("idempotency_key", "")}
    message = Message(
        method=vector["method"],
        authority=parts.netloc,
        target=parts.path,
        headers=unsigned,
        body=vector["body"].encode(),
    )
    full = replace(message, headers={**unsigned, **headers})
    key_id, now_s = vector["key_id"], vector["created"]
    if vector["form"] == "ed25519":
        key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(vector["private_key"]))
        made = Ed25519Signer(key_id=key_id, key=key).sign(message, at_s=now_s)
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(vector["public_key"]))
        verify_ed25519(full, keys={key_id: public}, now_s=now_s)
    else:
        secret = base64.b64decode(vector["secret"])
        made = HmacSigner(key_id=key_id, secret=secret).sign(message, at_s=now_s)
        verify_hmac(full, secrets={key_id: secret}, now_s=now_s)
    assert made.items() <= headers.items()


def test_the_signatures_page_has_a_vector_of_each_form() -> None:
    assert {one["form"] for one in VECTORS} == {"ed25519", "hmac"}


@pytest.mark.parametrize("name", tables.TEXTS)
def test_every_table_is_that_of_the_code(name: str) -> None:
    found = re.search(rf"<!-- table: {name} -->\n(.*?)\n?<!-- end -->", GUIDE, re.S)
    assert found is not None
    assert found[1] == tables.TEXTS[name](), f"write the table anew: python -m keno_kit {name}"


def test_every_scenario_leads_to_a_heading_of_the_page() -> None:
    headings = {one.lower().replace(" ", "-") for one in re.findall(r"^## (.+)$", API, re.M)}
    assert {one.section for one in SCENARIOS} <= headings


def test_every_code_status_and_reason_is_explained() -> None:
    for word in (*CODES, *STATUSES, *REASONS):
        assert f"`{word}`" in API, word


def test_the_platform_knows_the_same_codes_as_the_page() -> None:
    from wallet.protocol import REFUSAL_CODES

    assert set(CODES) == REFUSAL_CODES


def test_every_option_of_the_conformance_run_is_documented() -> None:
    import argparse

    from keno_kit.commands import conformance

    parser = argparse.ArgumentParser()
    conformance.add_to(parser.add_subparsers())
    options = {option for option in re.findall(r"--[a-z-]+", _help_of(parser)) if option != "--help"}
    assert options
    assert options <= set(re.findall(r"--[a-z-]+", GUIDE))


def _help_of(parser: Any) -> str:
    [choices] = [one.choices for one in parser._actions if one.choices]
    return str(choices["conformance"].format_help())
