from django.db import migrations, models

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("operators", "0007_rate_limits"),
        ("configuration", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="operator",
            name="large_wager_from",
            field=models.BigIntegerField(
                blank=True,
                help_text="A ticket of this stake or more goes on record; empty: as the settings say.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="operator",
            name="large_win_from",
            field=models.BigIntegerField(
                blank=True,
                help_text="A bet that wins this or more goes on record; empty: as the settings say.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="operator",
            name="wager_recorded_from",
            field=models.BigIntegerField(
                editable=False,
                help_text="Its own, or by the settings; empty: none is. A trigger keeps it so.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="operator",
            name="win_recorded_from",
            field=models.BigIntegerField(
                editable=False,
                help_text="Its own, or by the settings; empty: none is. A trigger keeps it so.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="operator",
            constraint=models.CheckConstraint(
                condition=models.Q(("large_wager_from__isnull", True), ("large_wager_from__gt", 0), _connector="OR"),
                name="operators_large_wager",
            ),
        ),
        migrations.AddConstraint(
            model_name="operator",
            constraint=models.CheckConstraint(
                condition=models.Q(("large_win_from__isnull", True), ("large_win_from__gt", 0), _connector="OR"),
                name="operators_large_win",
            ),
        ),
        run_file("operators", "0003_large_amounts.sql"),
    ]
