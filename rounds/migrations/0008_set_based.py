import django.db.models.deletion
from django.db import migrations, models

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("rounds", "0007_clock_rules")]

    operations = [
        # By name: Django would look for "the index on this column" and take the one that allows one open round as well.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="round",
                    name="game",
                    field=models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="rounds.game"
                    ),
                ),
                migrations.AlterField(
                    model_name="round",
                    name="epoch",
                    field=models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="rounds.epoch"
                    ),
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX public.rounds_round_game_id_a5f1fb29, public.rounds_round_epoch_id_458eef78",
                    migrations.RunSQL.noop,
                )
            ],
        ),
        migrations.RemoveConstraint(model_name="round", name="rounds_result_once"),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.UniqueConstraint(
                condition=models.Q(("results_tree__isnull", False)),
                fields=("results_tree", "results_index"),
                name="rounds_result_once",
            ),
        ),
        migrations.RemoveIndex(model_name="round", name="rounds_to_close"),
        migrations.RemoveIndex(model_name="round", name="rounds_to_open"),
        migrations.AddIndex(
            model_name="round",
            index=models.Index(
                condition=models.Q(("sandbox", False), ("status", "scheduled")),
                fields=["opens_at"],
                name="rounds_to_open",
            ),
        ),
        migrations.AddIndex(
            model_name="round",
            index=models.Index(
                condition=models.Q(("sandbox", True), ("status", "scheduled")),
                fields=["game", "opens_at"],
                name="rounds_next_in_sandbox",
            ),
        ),
        run_file("rounds", "0008_set_based.sql"),
    ]
