from django.db import migrations

from keno_platform.database.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("bets", "0003_seamless")]
    operations = [run_file("bets", "0004_hot_door.sql")]
