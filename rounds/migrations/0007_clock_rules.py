from django.db import migrations

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("rounds", "0006_sandbox"), ("operators", "0004_signatures")]
    operations = [run_file("rounds", "0007_clock.sql")]
