from django.db import migrations

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("bets", "0007_protection"),
        ("operators", "0008_large_amounts"),
        ("audit", "0003_sealing"),
    ]
    operations = [run_file("bets", "0007_large_amounts.sql")]
