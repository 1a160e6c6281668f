import django.contrib.postgres.fields
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("operators", "0004_signatures"),
    ]

    operations = [
        migrations.AddField(
            model_name="operator",
            name="languages",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=8),
                blank=True,
                default=list,
                help_text="The languages that players are offered; none: every language of the client.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="operator",
            name="second_language",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Shown in the place of texts on fairness, errors and responsible play that no native speaker "
                "has reviewed.",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="operator",
            name="board_order",
            field=models.CharField(
                choices=[
                    ("ltr", "from left to right, as on a keypad"),
                    ("mirrored", "mirrored where a language runs right to left"),
                ],
                default="ltr",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="operator",
            name="home_url",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Where the way home leads when a session names no lobby; empty: there is none.",
                max_length=1000,
            ),
        ),
        migrations.AddField(
            model_name="operator",
            name="cashier_url",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Where the way to the cashier leads when a session names none; empty: there is none.",
                max_length=1000,
            ),
        ),
        migrations.AddConstraint(
            model_name="operator",
            constraint=models.CheckConstraint(
                condition=models.Q(("board_order__in", ["ltr", "mirrored"])), name="operators_board_order_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="operator",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("languages__len", 0),
                    django.db.models.lookups.IsNull(
                        models.Func(
                            models.F("languages"),
                            models.F("default_language"),
                            function="array_position",
                            output_field=models.IntegerField(),
                        ),
                        False,
                    ),
                    _connector="OR",
                ),
                name="operators_default_language_offered",
            ),
        ),
    ]
