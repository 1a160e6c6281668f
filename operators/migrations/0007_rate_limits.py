from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("operators", "0006_protection"),
    ]

    operations = [
        migrations.AddField(
            model_name="operator",
            name="rate_limits",
            field=models.JSONField(
                blank=True,
                default=dict,
                editable=False,
                help_text="Rates that differ from the installation's, such as {player_bets: 5/50}; see docs/abuse.md.",
            ),
        ),
    ]
