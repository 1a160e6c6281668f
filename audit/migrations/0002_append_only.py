from django.db import migrations

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [run_file("audit", "0001_append_only.sql")]
