"""
Which events the source can put on record, read out of its text: every call that ends in the record is followed back to
the texts that are given as the event's type, through functions that pass them on or put a subject before them.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
OUTSIDE = {"tests", "bench", "examples", "contracts", "sdk", "build", "datasets", "docs", "fairness", "keno_kit"}
SLOT = "{}"
_IN_SQL = re.compile(r"INSERT INTO public\.audit_auditentry.*?'([a-z_]+\.[a-z_]+)'", re.DOTALL)
Key = tuple[str, str]
"""A module and the name of a function in it."""


@dataclass(frozen=True, slots=True)
class Recorder:
    """A function that records: its parameter at this place, by this name, is put into the template."""

    place: int
    name: str
    template: str = SLOT


SEED: dict[Key, Recorder] = {
    ("audit.services.recording", "record"): Recorder(0, "event_type"),
    ("audit.services", "record"): Recorder(0, "event_type"),
    ("audit.services.recording", "Event"): Recorder(99, "event_type"),
    ("audit.services", "Event"): Recorder(99, "event_type"),
}
"""Where all calls end."""


@dataclass(slots=True)
class Found:
    """Event types by the files that they come from, and calls of which the type could not be told."""

    events: dict[str, set[str]] = field(default_factory=dict)
    unclear: list[str] = field(default_factory=list)

    def add(self, event: str, place: str) -> None:
        self.events.setdefault(event, set()).add(place)


@cache
def found_in_source() -> Found:
    """All of them, in Python and in SQL."""
    found = Found()
    for path, events in _of_sql():
        for event in events:
            found.add(event, path)
    modules = [Module.read(path) for path in _files()]
    recorders = dict(SEED)
    while more := _passing_on(modules, recorders):
        recorders |= more
    for module in modules:
        if module.name not in ("audit.services.recording", "audit.services"):
            _collect(module, recorders, found)
    return found


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its name, its parameters in their order, all of their names, and the calls in it."""

    name: str
    parameters: list[str]
    names: set[str]
    calls: list[ast.Call]


@dataclass(frozen=True, slots=True)
class Module:
    """A module, with what its names stand for."""

    name: str
    place: str
    tree: ast.Module
    names: dict[str, str]
    functions: list[Function]
    calls: list[ast.Call]

    @classmethod
    def read(cls, path: Path) -> "Module":
        tree, name = ast.parse(path.read_text(encoding="utf-8")), _module_of(path)
        functions = [_function(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        return cls(name, str(path.relative_to(ROOT)), tree, _names(tree, name), functions, _calls(tree))


def _function(node: ast.FunctionDef) -> Function:
    parameters = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    names = {*parameters, *(one.arg for one in node.args.kwonlyargs)}
    return Function(node.name, parameters, names, _calls(node))


def _calls(node: ast.AST) -> list[ast.Call]:
    return [one for one in ast.walk(node) if isinstance(one, ast.Call)]


def _files() -> Iterator[Path]:
    for room in sorted(ROOT.iterdir()):
        if (room / "__init__.py").is_file() and room.name not in OUTSIDE:
            yield from (path for path in sorted(room.rglob("*.py")) if "migrations" not in path.parts)


def _module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _of_sql() -> Iterator[tuple[str, list[str]]]:
    for path in sorted(ROOT.glob("*/sql/*.sql")):
        yield str(path.relative_to(ROOT)), _IN_SQL.findall(path.read_text(encoding="utf-8"))


def _names(tree: ast.Module, module: str) -> dict[str, str]:
    """What names of a module stand for: dotted names of modules or of what is in them."""
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            known |= {alias.asname or alias.name: alias.name for alias in node.names}
    for own in tree.body:
        if isinstance(own, ast.FunctionDef | ast.ClassDef):
            known[own.name] = f"{module}.{own.name}"
    return known


def _recorder_of(call: ast.Call, names: dict[str, str], recorders: dict[Key, Recorder]) -> Recorder | None:
    parts: list[str] = []
    at: ast.expr = call.func
    while isinstance(at, ast.Attribute):
        parts.insert(0, at.attr)
        at = at.value
    if not isinstance(at, ast.Name):
        return None
    dotted = ".".join([names.get(at.id, at.id), *parts])
    module, _, name = dotted.rpartition(".")
    return recorders.get((module, name))


def _given(call: ast.Call, recorder: Recorder) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == recorder.name:
            return keyword.value
    return call.args[recorder.place] if recorder.place < len(call.args) else None


def _passing_on(modules: list[Module], recorders: dict[Key, Recorder]) -> dict[Key, Recorder]:
    """Functions, not known so far, that record under what one of their own parameters says."""
    more: dict[Key, Recorder] = {}
    for module in modules:
        for function in module.functions:
            if (module.name, function.name) in recorders:
                continue
            for call in function.calls:
                recorder = _recorder_of(call, module.names, recorders)
                given = _given(call, recorder) if recorder else None
                for template, name in _templates(given) if recorder and given is not None else ():
                    if name in function.names:
                        place = function.parameters.index(name) if name in function.parameters else 99
                        whole = recorder.template.replace(SLOT, template)
                        more[module.name, function.name] = Recorder(place, name, whole)
    return more


def _templates(given: ast.expr) -> Iterator[tuple[str, str]]:
    """(text with a slot, the name that fills it) of an expression with one name in it."""
    if isinstance(given, ast.Name):
        yield SLOT, given.id
    elif isinstance(given, ast.JoinedStr):
        parts = [one.value if isinstance(one, ast.Constant) else SLOT for one in given.values]
        filled = [one.value for one in given.values if isinstance(one, ast.FormattedValue)]
        if len(filled) == 1 and isinstance(filled[0], ast.Name):
            yield "".join(map(str, parts)), filled[0].id


def _collect(module: Module, recorders: dict[Key, Recorder], found: Found) -> None:
    for call in module.calls:
        recorder = _recorder_of(call, module.names, recorders)
        given = _given(call, recorder) if recorder else None
        if recorder is None or given is None:
            continue
        texts = list(_texts(given, module.tree))
        for text in texts:
            found.add(recorder.template.replace(SLOT, text), module.place)
        if not texts and not any(_is_parameter(module, call, name) for _, name in _templates(given)):
            found.unclear.append(f"{module.place}: {ast.unparse(given)}")


def _texts(given: ast.expr, tree: ast.Module) -> Iterator[str]:
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        yield given.value
    elif isinstance(given, ast.IfExp):
        yield from _texts(given.body, tree)
        yield from _texts(given.orelse, tree)
    elif isinstance(given, ast.Name):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == given.id for t in node.targets):
                yield from _texts(node.value, tree)


def _is_parameter(module: Module, call: ast.Call, name: str) -> bool:
    """Whether the function around a call has a parameter of this name: then its own callers say what it is."""
    return any(name in one.names for one in module.functions if any(own is call for own in one.calls))
