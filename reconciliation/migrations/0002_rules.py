from django.db import migrations

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0001_initial"),
        ("audit", "0002_append_only"),
        ("rounds", "0001_initial"),
    ]
    operations = [run_file("reconciliation", "0002_rules.sql")]
