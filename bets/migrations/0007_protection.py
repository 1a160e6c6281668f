from django.db import migrations

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("bets", "0006_archive"),
        ("wallet", "0005_protection"),
        ("players", "0003_protection"),
        ("operators", "0006_protection"),
    ]
    operations = [run_file("bets", "0006_protection.sql")]
