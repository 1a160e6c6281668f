from django.db import migrations

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("operators", "0001_initial")]
    operations = [run_file("operators", "0001_tenant_guard.sql")]
