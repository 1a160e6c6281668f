from django.db import migrations

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("reports", "0004_reports_that_are_made"), ("audit", "0002_append_only")]
    operations = [run_file("reports", "0004_reports.sql")]
