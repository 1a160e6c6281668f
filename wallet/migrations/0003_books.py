from django.db import migrations

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("wallet", "0002_seamless")]
    operations = [run_file("wallet", "0003_books.sql")]
