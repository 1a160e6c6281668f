"""
The version that comes after this code: a copy of it in which models have more fields, and migrations that bring them,
as a release would have them that is played on while it is rolled out.
"""

import shutil
from pathlib import Path

from keno_platform.local.programs import PROJECT

LEFT_OUT = shutil.ignore_patterns(
    ".*", "node_modules", "__pycache__", "build", "staticfiles", "docs", "tests", "sdk", "dist", "*.md"
)

MIGRATIONS = {
    "operators": {
        "0901_motto": """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("operators", "{last}")]
    operations = [migrations.AddField("operator", "motto", models.CharField(max_length=40, default="", db_default=""))]
""",
    },
    "players": {
        "0901_segment": """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("players", "{last}")]
    operations = [migrations.AddField("player", "segment", models.CharField(max_length=9, default="", db_default=""))]
""",
        "0902_segment_known": """
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("players", "0901_segment")]
    operations = [
        AddConstraintNotValid("player", models.CheckConstraint(
            condition=models.Q(segment__in=["", "new", "old"]), name="players_segment_known")),
    ]
""",
        "0903_segment_validated": """
from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("players", "0902_segment_known")]
    operations = [ValidateConstraint("player", "players_segment_known")]
""",
    },
    "bets": {
        "0901_channel": """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("bets", "{last}")]
    operations = [migrations.AddField("bet", "channel", models.CharField(max_length=12, null=True))]
""",
    },
    "wallet": {
        "0901_by_balance": """
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("wallet", "{last}")]
    operations = [AddIndexConcurrently("account", models.Index(fields=["balance"], name="wallet_by_balance"))]
""",
    },
    "flags": {
        "0901_notes": """
from django.db import migrations, models

from keno_platform.database.sql_files import guard_tables

class Migration(migrations.Migration):
    dependencies = [("flags", "{last}"), ("players", "0901_segment")]
    operations = [
        migrations.CreateModel("Note", [
            ("id", models.BigAutoField(primary_key=True)),
            ("player", models.ForeignKey("players.Player", models.PROTECT)),
            ("text", models.TextField()),
        ]),
        guard_tables("flags_note"),
    ]
""",
    },
}
FIELDS = {
    "operators/models.py": (
        "    slug = models.SlugField(max_length=40, unique=True)\n    name = models.CharField(max_length=80)\n",
        '    motto = models.CharField(max_length=40, blank=True, default="", db_default="")\n',
    ),
    "players/models.py": (
        "    token = models.CharField(max_length=64, unique=True)\n",
        '    segment = models.CharField(max_length=9, blank=True, default="", db_default="")\n',
    ),
}
"""After these lines of the models come these."""
TENANT_MIGRATIONS = sum(len(own) for own in MIGRATIONS.values())
"""Each is put on record in every schema, whether its app has tables there or not."""


def make_next_version(directory: Path) -> Path:
    """The copy, ready to run."""
    new = directory / "next"
    shutil.copytree(PROJECT, new, ignore=LEFT_OUT)
    for app, migrations in MIGRATIONS.items():
        there = new / app / "migrations"
        last = max(one.stem for one in there.glob("0*.py"))
        for name, text in migrations.items():
            (there / f"{name}.py").write_text(text.replace("{last}", last))
    for name, (after, line) in FIELDS.items():
        file = new / name
        text = file.read_text()
        assert text.count(after) == 1, f"{name} has no such lines (any more)"
        file.write_text(text.replace(after, after + line))
    return new
