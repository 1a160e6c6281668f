"""
Makes `fairness/vectors/documents.json`: genuine documents, and altered ones with the name of the error that each must
raise. Verifiers in other languages run the same file.

    python -m tests.fairness.make_vectors
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fairness.documents import countersign_bytes, document_bytes
from fairness.ed25519 import FIELD, GROUP_ORDER
from fairness.hashing import sha256
from fairness.keccak import keccak_256
from tests.fairness import handmade
from tests.fairness.house import HOUSE_KEY, NOW_MS, OPERATOR_KEYS, OPERATORS, PAYTABLE_ID, T0, Document, House, as_bytes
from tests.fairness.lies import Alteration, alterations, signed_again, text_of
from tests.fairness.vectors import FILE, day_verdict, parts_of, verdict

ABOUT = (
    "Whole documents. A case names a document and maybe a bet, the time `now_ms`, what was `asked`, `saved_close`,"
    " `receipt` and options; keys, contract and chain of `trusted` hold, and `evidence` where `chain` is true."
    " `changes` are made first, to the document, the bet or the evidence (`of`): a `path` of names and places gets a"
    " `value`, or is removed with `remove`. `expect` is `accept`, with the outcome of each check, or the name of the"
    " first error and the check that raises it. A mutation is the case that it names, with changes. Where its name"
    " ends in `signed again`, they are the house's own: with its signatures. Days are documents of one game, in order,"
    " each a name and maybe `changes`; their errors come from one document (`check`) or, with the check `day`, from"
    " all together. Keys are made from the texts beside them (the secret is the text's SHA-256), secret to nobody."
)
BLOCKS = Path(__file__).parent / "blocks.json"
"""Real blocks by the rules of several upgrades of Ethereum; `hash` follows from the header."""
BASES = (("keno-10s", 2), ("keno-none", 2), ("quick", 1), ("keno-10s", 4), ("keno-10s", 5))
ELSEWHERE = ("network", "reveal", "close", "status", "rules")
"""Of the other bases than the first: members whose alterations differ by network or by how the round ended."""
MOMENTS = {"scheduled": -1000, "open": 500, "closed": 7100, "revealed": 12_000, "results pending": 100_000}
"""When round 1 is looked at, in milliseconds after it opens."""
BET = "keno-10s 2 bet 0"


def main() -> None:
    FILE.write_text(text_of_vectors(make()), "ascii")


def make() -> Document:
    house = House()
    vectors: Document = {
        "protocol": "KPS-1",
        "about": ABOUT,
        "keys": _keys(),
        "trusted": _trusted(house),
        "keccak_256": [{"input": data.hex(), "hash": keccak_256(data).hex()} for data in KECCAK_INPUTS],
        "ed25519": list(_signatures()),
        "blocks": json.loads(BLOCKS.read_text("ascii")),
        "signed_bytes": _signed_bytes(house),
        "evidence": house.evidence(),
        "documents": _documents(house),
        "bets": _bets(house),
    }
    vectors["cases"] = list(_cases(vectors, house))
    vectors["mutations"] = list(_mutations(vectors))
    vectors["days"] = list(_days(vectors, house))
    return vectors


def text_of_vectors(vectors: Document) -> str:
    """JSON with one item of each list or object to a line."""
    lines = []
    for name, value in vectors.items():
        match value:
            case dict():
                inner = [f"  {_line(key)}: {_line(item)}" for key, item in value.items()]
                lines.append(f" {_line(name)}: {{\n" + ",\n".join(inner) + "\n }")
            case list():
                lines.append(f" {_line(name)}: [\n" + ",\n".join(f"  {_line(item)}" for item in value) + "\n ]")
            case _:
                lines.append(f" {_line(name)}: {_line(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


KECCAK_INPUTS = (b"", b"abc", bytes(81), bytes(range(135)), bytes(range(136)), b"q" * 300)


def _documents(house: House) -> Document:
    numbers = range(1, 13)
    found = {f"{handmade.GAME} {number}": house.document(handmade.GAME, number) for number in numbers}
    found |= {f"{game} {number}": house.document(game, number) for game, number in (*BASES[1:], ("keno-late", 1))}
    for name, after in MOMENTS.items():
        found[f"keno-10s 1, {name}"] = house.document("keno-10s", 1, at_ms=T0 + after)
    for number in numbers:
        found[f"keno-10s {number}, early"] = house.document("keno-10s", number, at_ms=handmade.EARLY_MS)
    return found


def _bets(house: House) -> Document:
    places = [(game, number, at) for game, number in BASES for at in (0, 1, 2)]
    found = {f"{game} {number} bet {at}": house.bet_document(game, number, at) for game, number, at in places}
    found["keno-10s 1 bet 0, open"] = house.bet_document("keno-10s", 1, 0, at_ms=T0 + 5000)
    return found


def _keys() -> Document:
    named = {"test signing key": HOUSE_KEY, **{f"test operator key {name}": key for name, key in OPERATOR_KEYS.items()}}
    return {text: {"public_key": key.public.hex(), "key_id": key.id} for text, key in named.items()}


def _trusted(house: House) -> Document:
    anchor = house.chain.anchorings[0].part()
    return {"keys": [HOUSE_KEY.public.hex()], "contract": anchor["contract"], "chain_id": anchor["chain_id"]}


def _signed_bytes(house: House) -> Document:
    document = house.document(*BASES[0])
    close = bytes.fromhex(document["close"]["message"])
    operator = OPERATORS["alpha"]
    return {
        "document": {"of": "keno-10s 2", "sha256": sha256(document_bytes(document)).hex()},
        "countersignature": {
            "operator_id": str(operator),
            "close": close.hex(),
            "bytes": countersign_bytes(operator_id=operator, close=close).hex(),
        },
    }


def _signatures() -> Iterator[Document]:
    """Ed25519 under one policy: doubtful encodings are refused, whatever an equation says."""
    message = b"keno"
    good = HOUSE_KEY.sign(message)
    point, scalar = good[:32], int.from_bytes(good[32:], "little")
    neutral = (1).to_bytes(32, "little")
    examples = [
        ("genuine", HOUSE_KEY.public, good, True),
        ("another message's", HOUSE_KEY.public, HOUSE_KEY.sign(b"kenO"), False),
        ("S plus the group's order", HOUSE_KEY.public, point + (scalar + GROUP_ORDER).to_bytes(32, "little"), False),
        ("a key of small order, which any message would satisfy", neutral, neutral + bytes(32), False),
        ("R of small order", HOUSE_KEY.public, neutral + good[32:], False),
        ("a key that is not canonical", (FIELD + 1).to_bytes(32, "little"), good, False),
        ("R that is not canonical", HOUSE_KEY.public, (FIELD + 3).to_bytes(32, "little") + good[32:], False),
        ("a key that is no point", (2).to_bytes(32, "little"), good, False),
    ]
    for name, key, signature, valid in examples:
        yield {
            "name": name,
            "public_key": key.hex(),
            "message": message.hex(),
            "signature": signature.hex(),
            "valid": valid,
        }


def _cases(vectors: Document, house: House) -> Iterator[Document]:
    for game, number in BASES:
        for at in (0, 1, 2):
            bet = f"{game} {number} bet {at}"
            receipt = vectors["bets"][bet]["bet"]["leaf"]
            yield _case(vectors, f"{game} {number} with bet {at}", f"{game} {number}", bet=bet, receipt=receipt)
    for name, after in MOMENTS.items():
        yield _case(vectors, f"round 1, {name}", f"keno-10s 1, {name}", now_ms=T0 + after)
    yield from _options(vectors, "keno-10s 2")
    for name, tell in handmade.LIES.items():
        yield _told(vectors, name, tell(house))
    for name in handmade.CHAIN_LIES:
        changes = _changes(house.evidence(), handmade.chain_lie(house, name), [], of="evidence")
        yield _case(vectors, f"on the chain, {name}", "keno-10s 2", changes=list(changes))


def _options(vectors: Document, base: str) -> Iterator[Document]:
    everybody = sorted(map(str, OPERATORS.values()))
    yield _case(vectors, "no chain is asked", base, chain=False)
    yield _case(vectors, "no chain is asked, strictly", base, chain=False, strict=True)
    yield _case(vectors, "beacons are left out", base, without_bls=True)
    yield _case(vectors, "beacons are left out, strictly", base, without_bls=True, strict=True)
    yield _case(vectors, "everything, strictly", base, strict=True)
    yield _case(vectors, "a bet's document from before the close", "keno-10s 1", bet="keno-10s 1 bet 0, open")
    yield _case(vectors, "a result that is overdue", "keno-10s 1, revealed")
    # The key is due, but this round may have waited 15 minutes for its beacon, and 10 for a tree of results.
    ended = T0 + 7000 + 25 * 60_000
    yield _case(vectors, "a result that may be on its way", "keno-10s 1, revealed", now_ms=ended - 1)
    yield _case(vectors, "a result that is overdue by the void policy", "keno-10s 1, revealed", now_ms=ended)
    yield _case(vectors, "an epoch's key that is not overdue yet", "keno-10s 1, results pending", now_ms=T0 + 959_999)
    yield _case(vectors, "countersigned as asked", base, asked={"countersigned_by": everybody})
    yield _case(vectors, "countersigned by a stranger, it was asked", base, asked={"countersigned_by": [PAYTABLE_ID]})
    yield _case(vectors, "another paytable was asked for", base, bet=BET, asked={"paytable_id": "another"})


def _told(vectors: Document, name: str, story: handmade.Story) -> Document:
    """A story as changes to the honest documents that are nearest to it."""
    document, changes = _nearest(vectors["documents"], story.document, "document")
    bet = None
    if story.bet is not None:
        bet, more = _nearest(vectors["bets"], story.bet, "bet")
        changes += more
    kept = {name: story.kept[name] for name in ("message", "signature", "key_id")} if story.kept else None
    case = _case(
        vectors,
        name,
        document,
        bet=bet,
        changes=changes,
        now_ms=story.now_ms,
        chain=story.chain,
        saved_close=kept,
        receipt=story.receipt,
        allow_signed_only=story.allow_signed_only,
        asked={"round_id": story.asked_id} if story.asked_id else {},
    )
    if case["expect"] != story.expect:
        raise ValueError(f"{name}: {case['expect']} instead of {story.expect}")
    return case


def _nearest(known: Document, wanted: Document, of: str) -> tuple[str, list[Document]]:
    told = {name: list(_changes(honest, wanted, [], of=of)) for name, honest in known.items() if ", " not in name}
    nearest = min(told, key=lambda name: (len(as_bytes(told[name])), name))
    return nearest, told[nearest]


def _case(vectors: Document, name: str, document: str, *, asked: Document | None = None, **given: Any) -> Document:
    case: Document = {
        "name": name,
        "document": document,
        "bet": None,
        "changes": [],
        "now_ms": NOW_MS,
        "chain": True,
        "saved_close": None,
        "receipt": None,
        "allow_signed_only": False,
        "without_bls": False,
        "strict": False,
    } | given
    shown, bet, _ = parts_of(vectors, case)
    case["asked"] = {
        "round_id": shown["round_id"],
        "game": shown["game"],
        "bet_id": bet["bet_id"] if bet else None,
        "paytable_id": PAYTABLE_ID if bet else None,
        "countersigned_by": [],
    } | (asked or {})
    return case | verdict(vectors, case)


def _mutations(vectors: Document) -> Iterator[Document]:
    cases = {case["name"]: case for case in vectors["cases"]}
    for game, number in BASES:
        case = cases[f"{game} {number} with bet 0"]
        for of in ("document", "bet"):
            shown = vectors[f"{of}s"][case[of]]
            for alteration in _chosen(shown, everything=(game, number) == BASES[0], of=of):
                yield from _mutated(vectors, case, of, shown, alteration)


def _chosen(shown: Document, *, everything: bool, of: str) -> Iterator[Alteration]:
    """One flipped bit of each field is enough here, and of other bases what differs there."""
    for alteration in alterations(shown):
        path, what = alteration.path, alteration.what
        if path == () or what.startswith(("flipped in a first", "flipped in a last", "shortened at its beginning")):
            continue
        if any(isinstance(step, int) and step > 1 for step in path) or path[:2] == ("epoch", "key_due_ms"):
            continue
        if path[:2] == ("paytable", "multipliers") and path[2:3] not in ((), ("5",)):
            continue
        if not everything and (of == "bet" or path[0] not in ELSEWHERE or path[1:2] == ("countersignatures",)):
            continue
        if path[-1] != "countersignatures" or what not in ("first two swapped", "shortened at its end"):
            yield alteration


def _mutated(vectors: Document, case: Document, of: str, shown: Document, alteration: Alteration) -> Iterator[Document]:
    """Without signing again where the form is broken, or near the top; with it, where something else is noticed."""
    for how, altered in (("", alteration.apply(shown)), (", signed again", signed_again(shown, alteration))):
        if how and alteration.path[0] == "signed":
            continue
        name = f"{of}: {text_of(alteration.path)} {alteration.what}{how}"
        changes = list(_changes(shown, altered, [], of=of))
        said = verdict(vectors, case | {"changes": changes})
        broken = said["expect"] == "DocumentMalformed"
        if broken if how else not broken and len(alteration.path) > 2:
            continue
        yield {"name": name, "case": case["name"], "changes": changes, **said}


def _changes(old: Any, new: Any, path: list[str | int], *, of: str) -> Iterator[Document]:
    """What turns one JSON value into the other."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() - new.keys()):
            yield {"of": of, "path": [*path, name], "remove": True}
        for name in new:
            if name in old:
                yield from _changes(old[name], new[name], [*path, name], of=of)
            else:
                yield {"of": of, "path": [*path, name], "value": new[name]}
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _changes(before, after, [*path, place], of=of)
    elif old != new or type(old) is not type(new):
        yield {"of": of, "path": path, "value": new}


def _days(vectors: Document, house: House) -> Iterator[Document]:
    for name, tell in handmade.DAY_LIES.items():
        story = tell(house)
        early = story.now_ms == handmade.EARLY_MS
        known = {name: v for name, v in vectors["documents"].items() if name.endswith(", early") == early}
        lines = []
        for line in story.lines:
            told = {k: list(_changes(honest, line, [], of="document")) for k, honest in known.items()}
            nearest = min(told, key=lambda name: (len(as_bytes(told[name])), name))
            lines.append({"document": nearest, "changes": told[nearest]})
        day = {"name": name, "now_ms": story.now_ms, "lines": lines}
        day |= day_verdict(vectors, day)
        if day["expect"] != story.expect:
            raise ValueError(f"{name}: {day['expect']} instead of {story.expect}")
        yield day


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)


if __name__ == "__main__":
    main()
