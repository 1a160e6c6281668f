"""
What a migration must not do to an installation that is being played on: hold a table while it is read through or
rewritten, or take away what the version before still uses. Both versions run side by side while an upgrade goes on.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED

from keno_platform.database.sql_files import RunFile
from operators.migrating.plans import ordered

REASONS = {
    "needs-default": "a column that may not be null has no db_default: rows that the version before adds are refused",
    "takes-away": "the version before still uses it: first a release that does not, then one that takes it away",
    "rewrites": "the type changes: the table is rewritten while nobody can read it. Add a new column instead",
    "reads-through": "read through while nobody can write: add it NOT VALID, and VALIDATE it in another migration",
    "locks-for-index": "writers wait while the index is built: AddIndexConcurrently, in a migration that is not atomic",
    "moves-data": "rows are changed inside the migration, and stay locked until its end: a task in steps instead",
    "not-alone": "a migration that is not atomic cannot be taken back: one operation in each",
}
"""Why each is dangerous, and what to do instead."""


@dataclass(frozen=True, slots=True, order=True)
class Danger:
    """Something that a migration does."""

    migration: str
    code: str
    what: str


def accepted() -> dict[str, str]:
    """The migrations whose dangers somebody has looked at, and why they may stay."""
    path = Path(__file__).with_name("accepted.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def find_dangers() -> list[Danger]:
    """Those of all migrations of this project, in the order in which they run."""
    loader = MigrationLoader(None)
    state, found = ProjectState(real_apps=loader.unmigrated_apps), list[Danger]()
    for key in ordered(loader):
        migration = loader.graph.nodes[key]
        if _is_ours(migration.app_label):
            found += dangers_of(migration, state)
        state = migration.mutate_state(state, preserve=False)
    return found


def _is_ours(app: str) -> bool:
    path = Path(apps.get_app_config(app).path)
    return path.is_relative_to(settings.BASE_DIR) and "site-packages" not in path.parts


def dangers_of(migration: Any, state: ProjectState) -> Iterator[Danger]:
    """Those of one migration; `state` is how the models are before it."""
    name, state = str(migration), state.clone()
    made = set[str]()
    if not migration.atomic and len(migration.operations) > 1:
        yield Danger(name, "not-alone", f"{len(migration.operations)} operations")
    for operation in migration.operations:
        before = state.clone()
        operation.state_forwards(migration.app_label, state)
        for one in _on_the_database(operation):
            looked_at = _Look(app=migration.app_label, operation=one, before=before, after=state, made=made)
            yield from (Danger(name, code, what) for code, what in looked_at.find())


def _on_the_database(operation: Any) -> Iterable[Any]:
    return operation.database_operations if isinstance(operation, migrations.SeparateDatabaseAndState) else [operation]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One operation, the models before and after it, and the tables that its migration has made by then."""

    app: str
    operation: Any
    before: ProjectState
    after: ProjectState
    made: set[str]

    def find(self) -> Iterator[tuple[str, str]]:
        """Codes, and what they are about."""
        own = self.operation
        match own:
            case migrations.CreateModel():
                self.made.update({own.name_lower, f"{self.app}_{own.name_lower}"})
            case migrations.RunSQL() | RunFile():
                yield from _of_sql(_text_of(own), self.made)
            case migrations.RunPython():
                yield "moves-data", getattr(own.code, "__name__", "a function")
            case migrations.DeleteModel() | migrations.RenameModel() | migrations.AlterModelTable():
                yield "takes-away", own.describe()
            case _ if getattr(own, "model_name_lower", getattr(own, "name_lower", "")) not in self.made:
                yield from self._of_table()

    def _of_table(self) -> Iterator[tuple[str, str]]:
        own = self.operation
        match own:
            case AddIndexConcurrently() | RemoveIndexConcurrently() | AddConstraintNotValid():
                return
            case migrations.AddIndex() | migrations.RemoveIndex() | migrations.AlterUniqueTogether():
                yield "locks-for-index", own.describe()
            case migrations.AddConstraint():
                yield "reads-through", own.describe()
            case migrations.RemoveField() | migrations.RenameField():
                yield "takes-away", own.describe()
            case migrations.AddField():
                yield from _of_new_field(own)
            case migrations.AlterField():
                yield from self._of_changed_field()

    def _of_changed_field(self) -> Iterator[tuple[str, str]]:
        own, key = self.operation, (self.app, self.operation.model_name_lower)
        old, new = self.before.models[key].fields[own.name], self.after.models[key].fields[own.name]
        if old.null and not new.null:
            yield "reads-through", f"{own.describe()}: not null"
        if old.unique != new.unique or old.db_index != new.db_index:
            yield "locks-for-index", own.describe()
        if _type_of(old) != _type_of(new) and not _is_wider(old, new):
            yield "rewrites", own.describe()


def _of_new_field(own: migrations.AddField) -> Iterator[tuple[str, str]]:
    field: Any = own.field
    if field.many_to_many:
        return
    if not field.null and field.db_default is NOT_PROVIDED:
        yield "needs-default", own.describe()
    if field.unique or field.db_index:
        yield "locks-for-index", own.describe()
    if field.is_relation and field.db_constraint:
        yield "reads-through", f"{own.describe()}: a foreign key"


def _type_of(field: Any) -> tuple[str, Any]:
    return field.get_internal_type(), getattr(field, "max_length", None)


def _is_wider(old: Any, new: Any) -> bool:
    """PostgreSQL changes these without touching a row."""
    texts = {"CharField", "SlugField", "TextField"}
    lengths = (old.max_length or 0, new.max_length or float("inf"))
    return {old.get_internal_type(), new.get_internal_type()} <= texts and lengths[0] <= lengths[1]


_IN_SQL: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("locks-for-index", lambda one: bool(re.match(r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)", one))),
    (
        "takes-away",
        lambda one: bool(re.search(r"\bDROP (TABLE|COLUMN|FUNCTION|PROCEDURE|TYPE|VIEW)\b|\bRENAME\b", one)),
    ),
    ("rewrites", lambda one: bool(re.search(r"\bALTER COLUMN \S+ (SET DATA )?TYPE\b", one))),
    ("reads-through", lambda one: "SET NOT NULL" in one or _adds_valid_constraint(one)),
    ("needs-default", lambda one: "ADD COLUMN" in one and "NOT NULL" in one and "DEFAULT" not in one),
    ("moves-data", lambda one: bool(re.match(r"(UPDATE|DELETE FROM|INSERT INTO|WITH)\b", one))),
)


def _adds_valid_constraint(statement: str) -> bool:
    return bool(re.search(r"\bADD (CONSTRAINT|CHECK|FOREIGN KEY)\b", statement)) and "NOT VALID" not in statement


def _text_of(operation: Any) -> str:
    if isinstance(operation, RunFile):
        return operation.path.read_text(encoding="utf-8")
    given = operation.sql
    return given if isinstance(given, str) else ";".join(one if isinstance(one, str) else one[0] for one in given)


def _of_sql(text: str, made: set[str]) -> Iterator[tuple[str, str]]:
    """What plain statements do; the bodies of functions are left out: they run later."""
    text = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"\$(\w*)\$.*?\$\1\$", "body", text, flags=re.S)
    for statement in (" ".join(one.split()) for one in text.split(";")):
        table = _table_of(statement)
        if statement.upper().startswith("CREATE TABLE"):
            made.add(table)
        elif table not in made:
            plain = re.sub(r"'[^']*'", "''", statement).upper()
            yield from ((code, statement[:80]) for code, holds in _IN_SQL if holds(plain))


def _table_of(statement: str) -> str:
    found = re.match(
        r"(?:CREATE TABLE(?: IF NOT EXISTS)?|ALTER TABLE(?: IF EXISTS)?(?: ONLY)?"
        r"|CREATE (?:UNIQUE )?INDEX.*? ON(?: ONLY)?|UPDATE|INSERT INTO|DELETE FROM) (\S+)",
        statement,
        re.I,
    )
    return found[1].split(".")[-1].split("(")[0].strip('"').lower() if found else ""
