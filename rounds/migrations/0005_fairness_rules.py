from django.db import migrations

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("rounds", "0004_fairness"), ("anchors", "0005_references"), ("audit", "0002_append_only")]
    operations = [run_file("rounds", "0005_fairness.sql")]
