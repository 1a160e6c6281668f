from django.db import migrations

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("rounds", "0001_initial")]
    operations = [run_file("rounds", "0002_rules.sql")]
