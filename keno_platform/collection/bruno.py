"""The collection as a folder for Bruno, with one file for each operation."""

import json
from collections import Counter
from urllib.parse import quote

from keno_platform.collection.examples import SECRET
from keno_platform.collection.operations import Operation, variables

_SAFE_IN_QUERY = "{}:,"


def files(found: list[Operation]) -> dict[str, str]:
    """Every file of the folder by its path."""
    made = {
        "bruno.json": json.dumps({"version": "1", "name": "Keno platform", "type": "collection"}, indent=2) + "\n",
        "environments/local.bru": _environment(found),
    }
    places: Counter[str] = Counter()
    for one in found:
        places[one.tag] += 1
        made[f"{one.tag}/{one.name}.bru"] = _request(one, places[one.tag])
    return made


def _environment(found: list[Operation]) -> str:
    known = variables(found)
    plain = _block("vars", [f"{name}: {default}" for name, (default, _) in known.items() if name not in SECRET])
    secret = ",\n".join(f"  {name}" for name in known if name in SECRET)
    return f"{plain}\nvars:secret [\n{secret}\n]\n"


def _request(one: Operation, place: int) -> str:
    blocks = [
        _block("meta", [f"name: {one.name}", "type: http", f"seq: {place}"]),
        _block(
            one.method.lower(),
            [
                f"url: {{{{base}}}}{one.path}{_query(one)}",
                f"body: {'json' if one.has_body else 'none'}",
                f"auth: {'bearer' if one.credential else 'none'}",
            ],
        ),
    ]
    if one.query:
        blocks.append(_block("params:query", [f"{name}: {value}" for name, value in one.query]))
    if one.needs_key:
        blocks.append(_block("headers", ["Idempotency-Key: {{$guid}}"]))
    if one.credential:
        blocks.append(_block("auth:bearer", [f"token: {{{{{one.credential}}}}}"]))
    if one.has_body:
        blocks.append(_block("body:json", json.dumps(one.body, indent=2, ensure_ascii=False).splitlines()))
    if one.text:
        blocks.append(_block("docs", [one.text]))
    return "\n".join(blocks)


def _query(one: Operation) -> str:
    pairs = [f"{name}={quote(value, safe=_SAFE_IN_QUERY)}" for name, value in one.query]
    return "?" + "&".join(pairs) if pairs else ""


def _block(name: str, lines: list[str]) -> str:
    return f"{name} {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"
