"""
Writes the clients and the types of `keno_operator` from the platform's OpenAPI document.

    python manage.py spectacular --format openapi-json | python sdk/python/generate.py -

The argument is a file, an address such as `http://localhost:8000/api/v1/schema`, or `-` for standard input. A test of
the platform makes the same texts from its document and compares: what is checked in cannot differ from what is served.
Needs `ruff` beside the SDK's own packages.
"""

import json
import subprocess
import sys
import textwrap
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openapi_document import Document, Operation, Parameter, docstring

PACKAGE = Path(__file__).parent / "keno_operator"
NOTE = "# Written by sdk/python/generate.py from the platform's OpenAPI document. Change that, not this.\n"


def method(operation: Operation, *, is_async: bool) -> str:
    """One method of a client, and with pages the one that goes through them."""
    kept = operation.placed("path")
    named = [parameter for parameter in operation.parameters if parameter.place != "path"]
    arguments = ["self", *(parameter.declared for parameter in kept)]
    keyed = ["idempotency_key: str | None = None"] if operation.takes_key else []
    if named or keyed:
        arguments += ["*", *(parameter.declared for parameter in named), *keyed]
    start, wait = ("async def", "await ") if is_async else ("def", "")
    called = f"self._call({', '.join(_call_arguments(operation, kept))})"
    lines = [
        f"{start} {operation.name}({', '.join(arguments)}) -> {operation.answer}:",
        textwrap.indent(docstring(operation.description), "    "),
        f"    {'return ' if operation.answer != 'None' else ''}{wait}{called}",
    ]
    text = "\n".join(lines) + "\n"
    if operation.item:
        text += "\n" + _rows(operation, named, is_async=is_async)
    if operation.place:
        text += "\n" + _following(operation, named, is_async=is_async)
    return text


def _call_arguments(operation: Operation, kept: list[Parameter]) -> Iterator[str]:
    yield {"Any": "object", "None": "NoneType"}.get(operation.answer, operation.answer)
    yield f'"{operation.method}"'
    address = operation.path
    for parameter in kept:
        address = address.replace(f"{{{parameter.name}}}", f"{{escaped({parameter.python})}}")
    yield f'{"f" if kept else ""}"{address}"'
    query = operation.placed("query")
    if query:
        yield f"query={{{', '.join(_pair(parameter) for parameter in query)}}}"
    if operation.has_body:
        yield f"body={{{', '.join(_pair(parameter) for parameter in operation.placed('body'))}}}"
    if operation.takes_key:
        yield "key=idempotency_key or new_key()"


def _pair(parameter: Parameter) -> str:
    return f'"{parameter.name}": {parameter.python}'


def _rows(operation: Operation, named: list[Parameter], *, is_async: bool) -> str:
    kept = operation.placed("path")
    filters = [parameter for parameter in named if parameter.name != "cursor"]
    passed_on = [*(one.python for one in kept), "cursor=cursor", *(f"{one.python}={one.python}" for one in filters)]
    given = ", ".join(passed_on)
    arguments = ", ".join(["self", *(one.declared for one in kept), "*", *(one.declared for one in filters)])
    kind = "AsyncIterator" if is_async else "Iterator"
    return (
        f"def iter_{operation.plain}({arguments}) -> {kind}[{operation.item}]:\n"
        f'    """Every row of `{operation.name}`, page by page; `limit` is the size of a page."""\n'
        f"    return self._rows(lambda cursor: self.{operation.name}({given}))\n"
    )


def _following(operation: Operation, named: list[Parameter], *, is_async: bool) -> str:
    given = ", ".join(f"{parameter.python}={parameter.python}" for parameter in named)
    arguments = ", ".join(["self", "*", *(parameter.declared for parameter in named)])
    kind = "AsyncIterator" if is_async else "Iterator"
    told = f"Every answer of `{operation.name}` until there is no more for now; keep the `{operation.place}` of each."
    return (
        f"def follow_{operation.plain}({arguments}) -> {kind}[{operation.answer}]:\n"
        f'    """{told}"""\n'
        f'    return self._answers(lambda after: self.{operation.name}({given}), after, "{operation.place}")\n'
    )


def client(document: Document, *, is_async: bool) -> str:
    """The module of one client."""
    operations = document.operations()
    methods = "\n".join(method(operation, is_async=is_async) for operation in operations)
    name, base, kind = (
        ("AsyncKenoClient", "AsyncTransport", "AsyncIterator")
        if is_async
        else ("KenoClient", "SyncTransport", "Iterator")
    )
    using = (
        "async with AsyncKenoClient(base_url, key) as keno" if is_async else "with KenoClient(base_url, key) as keno"
    )
    head = f'''"""Every call of the platform for an operator's backend{", for asyncio" if is_async else ""}."""

{NOTE}
from collections.abc import {kind}
from datetime import datetime
from types import NoneType
from typing import Any, Literal
from uuid import UUID

from keno_operator.calls import escaped, new_key
from keno_operator.paging import Page
from keno_operator.transport import {base}
from keno_operator.types import {", ".join(document.structs(operations))}


class {name}({base}):
    """
    The platform's API: `{using}: ...`

    Every method raises `KenoError` when its call does not succeed. Arguments that are None are not sent.
    """

'''
    return formatted(head + textwrap.indent(methods, "    "), f"{'async_' if is_async else ''}client.py")


def types(document: Document) -> str:
    """The module of the types."""
    structs = "\n\n".join(document.struct(name) for name in document.structs(document.operations()))
    head = f'''"""What calls take and answer. Amounts are decimal strings; times are RFC 3339 in UTC."""

{NOTE}
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec


'''
    return formatted(head + structs, "types.py")


def formatted(text: str, name: str) -> str:
    """The text as ruff writes it, without imports that nothing uses."""
    at = ["--stdin-filename", str(PACKAGE / name), "-"]
    for command in (["check", "--quiet", "--select", "F401,I", "--fix-only"], ["format", "--quiet"]):
        done = subprocess.run(  # noqa: S603 - ruff itself, over text of our own
            [sys.executable, "-m", "ruff", *command, *at], input=text, capture_output=True, text=True, check=True
        )
        text = done.stdout
    return text


def write(document: dict[str, Any]) -> dict[str, str]:
    """The texts of the generated modules, by their file names."""
    read = Document(document)
    return {
        "types.py": types(read),
        "client.py": client(read, is_async=False),
        "async_client.py": client(read, is_async=True),
    }


def main(source: str) -> None:
    if source == "-":
        text = sys.stdin.read()
    elif source.startswith(("http://", "https://")):
        with urllib.request.urlopen(source) as answer:  # noqa: S310 - its scheme was looked at
            text = answer.read().decode()
    else:
        text = Path(source).read_text(encoding="utf-8")
    for name, content in write(json.loads(text)).items():
        (PACKAGE / name).write_text(content, encoding="utf-8")
        print(f"wrote {PACKAGE / name}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) == 2 else "-")
