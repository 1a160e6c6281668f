from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flags", "0901_tables")]
    operations = [
        # The columns of those that refer to it follow.
        migrations.AlterField("shelf", "id", models.BigAutoField(primary_key=True)),
        migrations.AddField("book", "isbn", models.CharField(default="none", max_length=20), preserve_default=False),
        migrations.AddField("book", "shelves", models.ManyToManyField("flags.Shelf", related_name="+")),
        migrations.AlterField("book", "pages", models.BigIntegerField(null=True)),
        migrations.RenameField("book", "title", "name"),
        migrations.AddIndex("book", models.Index(fields=["name", "-pages"], name="flags_book_by_name")),
        migrations.RenameIndex("book", new_name="flags_book_named", old_name="flags_book_by_name"),
        migrations.AddConstraint(
            "book", models.CheckConstraint(condition=models.Q(pages__gte=0), name="flags_book_pages")
        ),
        migrations.AlterUniqueTogether("book", {("shelf", "name")}),
        migrations.RenameModel("Book", "Volume"),
        migrations.AlterModelTable("tag", "flags_word"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AddField("shelf", "height", models.IntegerField(null=True))],
            state_operations=[migrations.AddField("shelf", "height", models.IntegerField(null=True))],
        ),
        migrations.RunSQL("UPDATE flags_shelf SET height = 1", migrations.RunSQL.noop),
    ]
