from django.db import migrations

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0003_closures"),
        ("audit", "0002_append_only"),
        ("operators", "0008_large_amounts"),
    ]
    operations = [run_file("reconciliation", "0004_closures.sql")]
