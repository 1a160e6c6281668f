"""Migrations that would hold up play, or take away what the version before uses, are found before they are released."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.core.management import call_command
from django.db import migrations as m
from django.db import models
from django.db.migrations.state import ModelState, ProjectState

from keno_platform.database.sql_files import guard_tables
from operators.migrating.dangers import dangers_of

INDEX = models.Index(fields=["size"], name="by_size")
POSITIVE = models.CheckConstraint(condition=models.Q(size__gt=0), name="size_positive")
KEY = ("id", models.BigAutoField(primary_key=True))

DANGEROUS = [
    ("needs-default", m.AddField("box", "note", models.CharField(max_length=9))),
    ("needs-default", m.AddField("box", "note", models.CharField(max_length=9, default="none"))),
    ("needs-default", m.RunSQL("ALTER TABLE shop_box ADD COLUMN note text NOT NULL")),
    ("takes-away", m.RemoveField("box", "size")),
    ("takes-away", m.RenameField("box", "size", "width")),
    ("takes-away", m.RenameModel("Box", "Crate")),
    ("takes-away", m.DeleteModel("Box")),
    ("takes-away", m.AlterModelTable("box", "crates")),
    ("takes-away", m.RunSQL("ALTER TABLE shop_box DROP COLUMN size")),
    ("takes-away", m.RunSQL("ALTER TABLE shop_box RENAME TO crate")),
    ("takes-away", m.RunSQL("DROP FUNCTION place_bets(uuid)")),
    ("rewrites", m.AlterField("box", "size", models.BigIntegerField(null=True))),
    ("rewrites", m.AlterField("box", "label", models.CharField(max_length=4))),
    ("rewrites", m.RunSQL("ALTER TABLE shop_box ALTER COLUMN size TYPE bigint")),
    ("reads-through", m.AlterField("box", "size", models.IntegerField())),
    ("reads-through", m.AddConstraint("box", POSITIVE)),
    (
        "reads-through",
        m.AddField("box", "in_box", models.ForeignKey("self", models.PROTECT, null=True, db_index=False)),
    ),
    ("reads-through", m.RunSQL("ALTER TABLE shop_box ADD CONSTRAINT positive CHECK (size > 0)")),
    ("locks-for-index", m.AddIndex("box", INDEX)),
    ("locks-for-index", m.AddField("box", "code", models.IntegerField(null=True, unique=True))),
    ("locks-for-index", m.AlterField("box", "size", models.IntegerField(null=True, db_index=True))),
    ("locks-for-index", m.AlterUniqueTogether("box", {("size", "label")})),
    ("locks-for-index", m.RunSQL("CREATE INDEX by_size ON shop_box (size)")),
    ("moves-data", m.RunSQL("UPDATE shop_box SET size = 1")),
    ("moves-data", m.RunPython(print)),
]
HARMLESS = [
    m.AddField("box", "note", models.CharField(max_length=9, null=True)),
    m.AddField("box", "note", models.CharField(max_length=9, db_default="none")),
    m.AlterField("box", "label", models.CharField(max_length=90, help_text="said anew")),
    m.AlterField("box", "label", models.TextField()),
    AddConstraintNotValid("box", POSITIVE),
    ValidateConstraint("box", "size_positive"),
    m.CreateModel("Lid", [KEY, ("box", models.ForeignKey("shop.Box", models.PROTECT))]),
    m.RunSQL("CREATE TABLE lid (id int PRIMARY KEY); CREATE INDEX by_id ON lid (id); INSERT INTO lid VALUES (1)"),
    m.RunSQL("CREATE OR REPLACE FUNCTION f() RETURNS void LANGUAGE sql AS $$ UPDATE shop_box SET size = 2; $$"),
    m.RunSQL("COMMENT ON TABLE shop_box IS 'it does not DROP TABLE anything' -- RENAME"),
    m.RunSQL("ALTER TABLE shop_box ADD CONSTRAINT positive CHECK (size > 0) NOT VALID"),
    guard_tables("shop_box"),
]


def codes(*operations: Any, atomic: bool = True) -> list[str]:
    box = ModelState(
        "shop", "Box", [KEY, ("size", models.IntegerField(null=True)), ("label", models.CharField(max_length=8))]
    )
    migration = m.Migration("0002_next", "shop")
    migration.operations, migration.atomic = list(operations), atomic
    return [one.code for one in dangers_of(migration, ProjectState({("shop", "box"): box}))]


@pytest.mark.parametrize(("code", "operation"), DANGEROUS)
def test_what_would_hold_up_play_is_found(code: str, operation: Any) -> None:
    assert code in codes(operation)


@pytest.mark.parametrize("operation", HARMLESS)
def test_what_holds_nothing_up_is_not(operation: Any) -> None:
    assert codes(operation) == []


def test_an_index_built_concurrently_is_harmless_when_it_is_alone_in_its_migration() -> None:
    assert codes(AddIndexConcurrently("box", INDEX), atomic=False) == []
    more = m.AddField("box", "note", models.IntegerField(null=True))
    assert codes(AddIndexConcurrently("box", INDEX), more, atomic=False) == ["not-alone"]


def test_what_is_done_to_a_table_that_the_migration_itself_has_made_is_harmless() -> None:
    make = m.CreateModel("Lid", [KEY, ("size", models.IntegerField())])
    assert codes(make, m.AddIndex("lid", INDEX), m.AddConstraint("lid", POSITIVE), m.RemoveField("lid", "size")) == []


def test_the_projects_own_migrations_have_nothing_that_is_not_accepted() -> None:
    out = StringIO()
    call_command("check_migrations", stdout=out)
    assert "Nothing dangerous" in out.getvalue()


def test_a_dangerous_one_fails_the_check_and_is_named_with_what_to_do_instead(settings: Any) -> None:
    settings.MIGRATION_MODULES = {"flags": "tests.upgrades.every_operation"}
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("check_migrations", stdout=out)
    assert end.value.code == 1
    assert "flags.0902_changes: takes-away: Rename field title on book to name" in out.getvalue()
    assert "first a release that does not" in out.getvalue()
