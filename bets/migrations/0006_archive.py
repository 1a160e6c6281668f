from django.db import migrations, models

from keno_platform.database.sql_files import guard_tables


class Migration(migrations.Migration):
    dependencies = [
        ("bets", "0005_settlement"),
        ("wallet", "0004_archive"),
    ]

    operations = [
        migrations.CreateModel(
            name="CarriedRound",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("round_id", models.BigIntegerField()),
                ("bets", models.BigIntegerField()),
                ("stakes", models.BigIntegerField()),
                ("winners", models.BigIntegerField()),
                ("payouts", models.BigIntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("round_id", "day"), name="bets_round_carried_once")],
            },
        ),
        migrations.CreateModel(
            name="CarriedCancellation",
            fields=[
                ("bet_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("stake", models.BigIntegerField()),
            ],
        ),
        guard_tables("bets_carriedround", "bets_carriedcancellation", append_only=True),
    ]
