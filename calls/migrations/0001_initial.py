import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

import keno_platform.core.ids
from calls.partitions import make_partitions
from keno_platform.core import clock
from keno_platform.database.sql_files import run_file


def first_partitions(apps, editor):
    with editor.connection.cursor() as cursor:
        make_partitions(cursor, today=clock.now())


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        # Partitioned, so made by the .sql file; Django only learns of it here.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Call",
                    fields=[
                        ("id", models.UUIDField(default=keno_platform.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ("direction", models.CharField(choices=[("in", "in: an operator or a player called us"), ("out", "out: we called an operator")], max_length=3)),
                        ("operator_id", models.UUIDField(null=True)),
                        ("key_hint", models.TextField(help_text="The first characters of the key, or how else the caller showed who it is.")),
                        ("method", models.TextField()),
                        ("path", models.TextField(help_text="With the query; outgoing calls with scheme and host.")),
                        ("endpoint", models.TextField(help_text="The path with its ids left out: what errors are grouped by.")),
                        ("status", models.SmallIntegerField(help_text="Nothing when no answer came.", null=True)),
                        ("code", models.TextField(help_text="The code of the refusal, or why a call of ours failed; empty when it went well.")),
                        ("duration_us", models.BigIntegerField(help_text="Microseconds.")),
                        ("request_id", models.TextField()),
                        ("ids", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                        ("headers", models.JSONField(help_text="Those of the request that a repetition needs.")),
                        ("request", models.TextField()),
                        ("response", models.TextField()),
                        ("request_bytes", models.BigIntegerField(help_text="The length of the whole body, of which the beginning is kept.")),
                        ("response_bytes", models.BigIntegerField()),
                        ("error", models.TextField(help_text="What went wrong, for an engineer.")),
                        ("started_at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["operator_id", "-id"], name="calls_by_operator"),
                            models.Index(condition=models.Q(("code", ""), _negated=True), fields=["operator_id", "-id"], name="calls_errors"),
                            django.contrib.postgres.indexes.GinIndex(fields=["ids"], name="calls_by_ids"),
                        ],
                        "constraints": [models.CheckConstraint(condition=models.Q(("direction__in", ["in", "out"])), name="calls_direction_known")],
                    },
                ),
            ],
        ),
        run_file("calls", "0001_calls.sql"),
        migrations.RunPython(first_partitions, migrations.RunPython.noop),
    ]
