import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from keno_platform.database.sql_files import guard_tables, run_file


class Migration(migrations.Migration):
    dependencies = [("wallet", "0003_books")]

    operations = [
        migrations.CreateModel(
            name="ArchivedDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("upper", models.UUIDField(help_text="The first id after the day.", unique=True)),
                ("bets", models.BigIntegerField()),
                ("slips", models.BigIntegerField()),
                ("stakes", models.BigIntegerField()),
                ("winners", models.BigIntegerField()),
                ("payouts", models.BigIntegerField()),
                ("movements", models.BigIntegerField()),
                ("moved", models.BigIntegerField()),
                (
                    "last_at",
                    models.DateTimeField(help_text="When the last of its transactions became definite.", null=True),
                ),
                ("directory", models.CharField(help_text="Below the archive's root.", max_length=400)),
                ("manifest_sha256", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={"verbose_name": "archived day"},
        ),
        migrations.CreateModel(
            name="CarriedBalance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("movements", models.BigIntegerField()),
                ("amount", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="wallet.account",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("account", "day"), name="wallet_carried_once")],
            },
        ),
        migrations.CreateModel(
            name="CarriedKind",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("kind", models.PositiveSmallIntegerField()),
                ("movements", models.BigIntegerField()),
                ("amount", models.BigIntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("day", "kind"), name="wallet_kind_carried_once")],
            },
        ),
        run_file("wallet", "0004_archive.sql"),
        guard_tables("wallet_archivedday", "wallet_carriedbalance", "wallet_carriedkind", append_only=True),
    ]
