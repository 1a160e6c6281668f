"""The compiled contract, as `contracts/` holds it: committed, so that nothing here needs a compiler."""

import json
from functools import cache
from pathlib import Path
from typing import Any

ARTEFACT = Path(__file__).resolve().parent.parent / "contracts" / "Chained.json"


@cache
def artefact() -> dict[str, Any]:
    """Compiler, settings, ABI and bytes of the contract Chained."""
    loaded: dict[str, Any] = json.loads(ARTEFACT.read_text(encoding="utf-8"))
    return loaded


def runtime_code(publisher: str) -> bytes:
    """What stands at the contract's address once this account (0x...) has deployed it."""
    word = bytes.fromhex(publisher.removeprefix("0x")).rjust(32, b"\0")
    return _filled(bytes.fromhex(artefact()["runtime"].removeprefix("0x")), word)


def is_chained(code: bytes) -> bool:
    """Whether this code of an address is the contract's, whoever its publisher is."""
    empty = runtime_code("0x" + "00" * 20)
    return len(code) == len(empty) and _filled(code, bytes(32)) == empty


def publisher_in(code: bytes) -> str:
    """The account that the contract's code names as its publisher, 0x..."""
    first = artefact()["immutables"][0]
    return "0x" + code[first["start"] : first["start"] + first["length"]][-20:].hex()


def _filled(code: bytes, word: bytes) -> bytes:
    """The code with this word in every place that the compiler left for the publisher."""
    filled = bytearray(code)
    for place in artefact()["immutables"]:
        filled[place["start"] : place["start"] + place["length"]] = word
    return bytes(filled)
