from django.db import migrations, models

from keno_platform.database.sql_files import run_file

KINDS = [
    (1, "stake"),
    (2, "payout"),
    (3, "refund"),
    (4, "deposit"),
    (5, "withdrawal"),
    (6, "debit"),
    (7, "credit"),
    (8, "rollback"),
    (9, "slip"),
    (10, "prize"),
    (11, "slip_refund"),
    (12, "credit_given"),
    (13, "credit_taken"),
    (14, "commission"),
    (15, "reversal"),
]


class Migration(migrations.Migration):
    dependencies = [("wallet", "0005_protection")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(model_name="transaction", name="wallet_kind_known"),
                migrations.RemoveConstraint(model_name="transaction", name="wallet_amount_has_its_sign"),
                migrations.AlterField(
                    model_name="transaction", name="kind", field=models.PositiveSmallIntegerField(choices=KINDS)
                ),
                migrations.AddConstraint(
                    model_name="transaction",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("kind__in", [kind for kind, _ in KINDS])), name="wallet_kind_known"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="transaction",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount__lt", 0), ("kind__in", (1, 5, 7, 8, 9, 13, 15))),
                            models.Q(("amount__gt", 0), ("kind__in", (2, 3, 4, 6, 10, 11, 12, 14))),
                            _connector="OR",
                        ),
                        name="wallet_amount_has_its_sign",
                    ),
                ),
            ]
        ),
        run_file("wallet", "0006_banker.sql"),
    ]
