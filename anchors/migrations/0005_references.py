from django.db import migrations

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("anchors", "0004_transactions")]
    operations = [run_file("anchors", "0005_references.sql")]
