"""What is to be run in a schema, with the models' states that each operation needs; thought about once, used often."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from django.conf import settings
from django.contrib.postgres import operations as postgres
from django.db import connection, router
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import fields, models, special
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import resolve_relation
from django_tenants.utils import get_public_schema_name

from keno_platform.database.sql_files import RunFile
from operators.tenancy import current_schema

Key: TypeAlias = tuple[str, str]
"""A migration: the app's label and its name."""
Models: TypeAlias = Mapping[tuple[str, str], ModelState]
"""By app's label and name in small letters."""

_OF_TABLES = (models.__name__, fields.__name__, postgres.__name__)
"""Django's own operations on tables: they look at the models that are related to theirs, and at no others."""
_NAMES = ("model_name", "name", "old_name", "new_name")
"""Where these operations have the names of their models; some have a field's there, which does no harm."""
_OF_ONE_TABLE = (
    models.CreateModel,
    fields.AddField,
    fields.RemoveField,
    models.AddIndex,
    models.RemoveIndex,
    models.AddConstraint,
    models.RemoveConstraint,
)
"""Those that do not look at the models that refer to theirs."""
_STATELESS = (special.RunPython, RunFile)
_KEPT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An operation, and the models as they are before and after it. They are rendered when it asks for them."""

    operation: Operation
    before: ProjectState
    after: ProjectState


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A migration. One without steps is only put on record: its app has no tables in this schema."""

    migration: Migration
    steps: tuple[Step, ...]
    keys: tuple[Key, ...]
    """What is put on record: with a squashed migration also those that it replaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is missing in a schema, and all models as they are before and after it."""

    stages: tuple[Stage, ...]
    before: ProjectState
    after: ProjectState

    @property
    def keys(self) -> list[Key]:
        return [key for stage in self.stages for key in stage.keys]


Standing: TypeAlias = tuple[frozenset[Key], bool, frozenset[tuple[str, str | None]]]
"""What is applied in a schema, whether it is public, and where the settings look for migrations."""

_idle: dict[Standing, list[Plan]] = defaultdict(list)
_lock = threading.Lock()


@contextmanager
def plan_after(applied: frozenset[Key]) -> Iterator[Plan]:
    """
    What is missing in the bound schema, which has `applied`.

    A plan is used by one thread at a time, because operations change the models that they are given; it is kept for
    the next schema that stands where this one stood. The bound schema decides which apps have tables in it.

    :raises InconsistentMigrationHistory: something is applied whose condition is not.
    """
    standing = (applied, current_schema() == get_public_schema_name(), frozenset(settings.MIGRATION_MODULES.items()))
    with _lock:
        idle = _idle.pop(standing, [])
        plan = idle.pop() if idle else _make(applied)
        _idle[standing] = idle
    try:
        yield plan
    finally:
        with _lock:
            _idle[standing].append(plan)
            while len(_idle) > _KEPT:
                del _idle[next(iter(_idle))]


def wanted() -> list[Key]:
    """Every migration that the code knows, in the order in which they are run in an empty schema."""
    loader = MigrationLoader(None)
    return ordered(loader)


def _make(applied: frozenset[Key]) -> Plan:
    loader = MigrationLoader(connection)
    loader.check_consistent_history(connection)
    nodes, done = loader.graph.nodes, loader.applied_migrations
    order = ordered(loader)
    state = ProjectState(real_apps=loader.unmigrated_apps)
    for key in order:
        if key in done:
            nodes[key].mutate_state(state, preserve=False)
    stages, before = [], state.clone()
    for key in order:
        if key not in done:
            stage, state = _stage(nodes[key], state)
            stages.append(stage)
    replaced = [key for key in loader.replacements if key in done and key not in applied]
    stages += [Stage(migration=loader.replacements[key], steps=(), keys=(key,)) for key in replaced]
    return Plan(stages=tuple(stages), before=before, after=state)


def ordered(loader: MigrationLoader) -> list[Key]:
    """All migrations, in the order in which Django runs them in an empty schema."""
    found: dict[Key, None] = {}
    for leaf in loader.graph.leaf_nodes():
        found.update(dict.fromkeys(loader.graph.forwards_plan(leaf)))
    return list(found)


def _stage(migration: Migration, state: ProjectState) -> tuple[Stage, ProjectState]:
    """This migration, and the state after it."""
    app = migration.app_label
    keys = (*((label, name) for label, name in migration.replaces), (app, migration.name))
    if not router.allow_migrate(connection.alias, app):
        return Stage(migration=migration, steps=(), keys=keys), migration.mutate_state(state, preserve=False)
    steps = []
    for operation in migration.operations:
        before = state
        if not isinstance(operation, _STATELESS):
            state = state.clone()
            operation.state_forwards(app, state)
        own = partial(_seen_by, operation, app)
        steps.append(Step(operation=operation, before=own(before), after=own(state)))
    return Stage(migration=migration, steps=tuple(steps), keys=keys), state.clone()


def _seen_by(operation: Operation, app: str, state: ProjectState) -> ProjectState:
    """The models that an operation looks at. To render all would take ten times as long as to run all."""
    if not type(operation).__module__.startswith(_OF_TABLES):
        return state
    known = state.models
    keys = {(app, str(getattr(operation, name, "")).lower()) for name in _NAMES} & set(known)
    if not isinstance(operation, _OF_ONE_TABLE):
        keys = _with_referring(known, keys)
    return ProjectState({key: known[key] for key in _with_referred(known, keys)}, state.real_apps)


def _with_referring(known: Models, keys: set[Key]) -> set[Key]:
    """These models, and all that refer to them, directly or by others."""
    referring = defaultdict(set)
    for key, model in known.items():
        for target in _referred(model):
            referring[target].add(key)
    found, open_ = set(keys), list(keys)
    while open_:
        new = referring[open_.pop()] - found
        found |= new
        open_ += new
    return found


def _with_referred(known: Models, keys: set[Key]) -> set[Key]:
    """These models, and all that they refer to, directly or by others."""
    found, open_ = set(keys), list(keys)
    while open_:
        new = {key for key in _referred(known[open_.pop()]) if key in known} - found
        found |= new
        open_ += new
    return found


def _referred(model: ModelState) -> Iterator[Key]:
    for field in model.fields.values():
        remote = getattr(field, "remote_field", None)
        for target in (getattr(remote, "model", None), getattr(remote, "through", None)):
            if target:
                yield resolve_relation(target, model.app_label, model.name_lower)
    for base in model.bases:
        if isinstance(base, str):
            yield resolve_relation(base, model.app_label)
