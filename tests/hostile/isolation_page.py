"""docs/isolation.md: what of one operator another may name, and what it gets; made of the tables that tests prove."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.acceptance.addresses import (
    CASES,
    FOR_ANYONE,
    OF_A_DAY,
    OF_A_REPORT,
    OF_ONESELF,
    OWN_NAMES,
    WITHOUT_IDS,
)
from tests.hostile.socket_table import CREDENTIALS, GAMES, SOCKETS
from tests.hostile.tasks import NAMING, PLAIN

PAGE = Path(__file__).resolve().parents[2] / "docs" / "isolation.md"
INTRODUCTION = """# Isolation

<!-- Written by `make isolation`: changes made here are lost. -->

Who names something of another operator gets the same answer as for something that nobody has: an operator cannot even
learn that it is there. How that is so, by what stands under what, is in [tenancy](tenancy.md). This page says it for
each address, socket and task. It is made of the tables that the tests go through, and a test fails when an address, a
socket or a task is in no table, or when this page is not what they say.

"""
PROVEN = {
    "addresses, with another operator's ids, by its backend, its players and another player": (
        "acceptance/test_isolation.py",
    ),
    "sockets, connections that a process shares, statements that are cancelled": ("hostile/test_isolation.py",),
    "tasks, forged and unreadable messages": ("hostile/test_tasks.py",),
    "poolers": ("hostile/test_pooling.py",),
    "any calls at all, by the thousand": ("hostile/test_stream.py", "hostile/test_schemathesis.py"),
}
BY_STATUS = {
    404: "as unknown: 404",
    403: "refused: 403, with any id",
    200: "as unknown: nothing in the answer",
}
MORE = {
    "The operator's own names": (
        OWN_NAMES,
        "a token is the operator's own name for a player",
    ),
    "A player's own": (OF_ONESELF, "the session says whose; a backend is refused"),
    "Named by a day": (OF_A_DAY, "nobody's; the rows are the caller's"),
    "Named by a report": (OF_A_REPORT, "nobody's; the rows are the caller's"),
    "Nothing is named": (WITHOUT_IDS, "the answer holds rows of the caller alone"),
    "For anyone": (FOR_ANYONE, "public: it holds nothing of any operator"),
}


def page() -> str:
    """The whole page."""
    made = (_proofs(), _addresses(), _sockets(), _tasks())
    return "\n".join((INTRODUCTION.rstrip() + "\n", *("\n".join(one) for one in made))) + "\n"


def _proofs() -> Iterator[str]:
    yield "| what | proven in |\n| --- | --- |"
    for what, files in PROVEN.items():
        yield f"| {what} | {', '.join(f'[`tests/{one}`](../tests/{one})' for one in files)} |"
    yield ""


def _addresses() -> Iterator[str]:
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for case in CASES:
        found[case.route, case.status].add(case.method)
    yield f"## Addresses\n\nBelow `/api/v1/`: {len(CASES)} calls with another operator's id in path, query or body.\n"
    yield "| address | calls | with another operator's id |\n| --- | --- | --- |"
    for (route, status), methods in sorted(found.items()):
        yield f"| `{_plain(route)}` | {', '.join(sorted(methods))} | {BY_STATUS[status]} |"
    for heading, (routes, why) in MORE.items():
        yield f"\n**{heading}** ({why}): {_list(routes)}."


def _sockets() -> Iterator[str]:
    yield "\n## Sockets\n\nBy the credential in the first message, on either operator's host. `ready`: frames of"
    yield "whoever the credential belongs to, and of nobody else. A number is the code of the close.\n"
    yield "| credential | " + " | ".join(f"`{path}`" for path in SOCKETS) + " |"
    yield "| --- |" + " --- |" * len(SOCKETS)
    for name in CREDENTIALS:
        yield f"| {name} | " + " | ".join(str(answers[name]) for answers in SOCKETS.values()) + " |"
    yield "\n`/ws/v1/games/{code}` takes no credential. On an operator's host, by whose game it is:\n"
    yield "| game | answer |\n| --- | --- |"
    yield from (f"| {whose} | {answer} |" for whose, answer in GAMES.items())


def _tasks() -> Iterator[str]:
    yield "\n## Tasks\n\nA message says which rows to look at; what there is to do stands in the rows. A tenant in a"
    yield "header is not read. An operator that has no part in a round has nothing to settle in it.\n"
    yield "| task | its message names |\n| --- | --- |"
    yield from (f"| `{name}` | {what} |" for name, what in sorted(NAMING.items()))
    yield f"\nWake-ups, whose messages name nothing: {_list(PLAIN)}."


def _plain(route: str) -> str:
    """As the documentation writes it."""
    for kind in ("uuid:", "int:", "str:", "slug:"):
        route = route.replace(f"<{kind}", "<")
    return route.replace("<", "{").replace(">", "}")


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{_plain(name)}`" for name in sorted(names))
