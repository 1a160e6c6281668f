from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rounds", "0002_rules")]
    operations = [
        migrations.AddConstraint(
            model_name="round",
            constraint=models.CheckConstraint(
                condition=models.Q(("network__in", ["local", "none"])), name="rounds_network_known"
            ),
        )
    ]
