from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("flags", "0902_changes")]
    operations = [
        AddIndexConcurrently("volume", models.Index(fields=["isbn"], name="flags_book_by_isbn")),
        AddConstraintNotValid(
            "shelf", models.CheckConstraint(condition=models.Q(height__lt=9), name="flags_shelf_low")
        ),
        ValidateConstraint("shelf", "flags_shelf_low"),
        migrations.RemoveConstraint("volume", "flags_book_pages"),
        migrations.RemoveField("volume", "follows"),
        migrations.CreateModel("Passing", [("id", models.BigAutoField(primary_key=True))]),
        migrations.DeleteModel("Passing"),
    ]
