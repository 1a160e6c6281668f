from typing import Any

from django.db import migrations, models

from keno_platform.database.sql_files import guard_tables


def write_shelves(apps: Any, editor: Any) -> None:
    shelf = apps.get_model("flags", "Shelf").objects.create(
        name=f"of {apps.get_model('operators', 'Operator').__name__}"
    )
    apps.get_model("flags", "Book").objects.create(shelf=shelf, title="first", pages=3)


class Migration(migrations.Migration):
    dependencies = [("flags", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Shelf",
            fields=[("id", models.AutoField(primary_key=True)), ("name", models.CharField(max_length=40))],
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("word", models.CharField(max_length=40, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name="Book",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("shelf", models.ForeignKey("flags.Shelf", models.CASCADE)),
                ("follows", models.ForeignKey("self", models.CASCADE, null=True)),
                ("player", models.ForeignKey("players.Player", models.PROTECT, null=True)),
                ("title", models.CharField(max_length=40)),
                ("pages", models.IntegerField(default=0)),
                ("tags", models.ManyToManyField("flags.Tag")),
            ],
        ),
        guard_tables("flags_shelf", "flags_book"),
        migrations.RunPython(write_shelves, migrations.RunPython.noop),
    ]
