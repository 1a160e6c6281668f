import datetime

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operators", "0004_signatures"), ("rounds", "0005_fairness_rules")]

    operations = [
        migrations.CreateModel(
            name="GameClock",
            fields=[
                (
                    "game",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="clock",
                        serialize=False,
                        to="rounds.game",
                    ),
                ),
                ("lead", models.DurationField()),
                ("stopped_at", models.DateTimeField(help_text="The time of the game at which it stands.", null=True)),
                (
                    "resumes_at",
                    models.DateTimeField(help_text="The real time at which it goes on by itself.", null=True),
                ),
                ("changed_at", models.DateTimeField(help_text="The real time of the last change.")),
            ],
        ),
        migrations.AddField(
            model_name="game",
            name="sandbox",
            field=models.BooleanField(
                default=False, editable=False, help_text="Its owner, a sandbox operator, may stop and step its clock."
            ),
        ),
        migrations.AddField(
            model_name="round",
            name="sandbox",
            field=models.BooleanField(
                db_default=False,
                editable=False,
                help_text="Its game has a clock of its own. A trigger says so at its creation.",
            ),
        ),
        migrations.AddIndex(
            model_name="round",
            index=models.Index(
                condition=models.Q(("status", "scheduled")), fields=["game", "opens_at"], name="rounds_next_of_game"
            ),
        ),
        migrations.AddConstraint(
            model_name="game",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sandbox", False),
                    models.Q(
                        ("anchoring", "signed-only"),
                        ("code__startswith", "sandbox-"),
                        ("interval_seconds__gte", models.F("betting_seconds") + models.Value(2)),
                        ("interval_seconds__range", (5, 600)),
                        ("network", "none"),
                        ("owner__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="rounds_game_sandbox_terms",
            ),
        ),
        migrations.AddConstraint(
            model_name="gameclock",
            constraint=models.CheckConstraint(
                condition=models.Q(("lead__range", (datetime.timedelta(0), datetime.timedelta(hours=12)))),
                name="rounds_clock_not_behind",
            ),
        ),
        migrations.AddConstraint(
            model_name="gameclock",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("resumes_at__isnull", True), ("stopped_at__isnull", True)),
                    models.Q(("resumes_at__lte", models.F("stopped_at")), ("stopped_at__isnull", False)),
                    _connector="OR",
                ),
                name="rounds_clock_goes_on_in_time",
            ),
        ),
    ]
