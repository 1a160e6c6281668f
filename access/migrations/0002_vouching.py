import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="staffmember",
            name="first_password",
            field=models.BooleanField(
                default=False,
                help_text="The password is one that was given, and is to be replaced by one of the member's own.",
            ),
        ),
        migrations.AddField(
            model_name="staffmember",
            name="let_in_by",
            field=models.ForeignKey(
                db_index=False,
                help_text="Who has seen the first password that was given last; empty: somebody on the server.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="staffmember",
            name="vouched_by",
            field=models.ForeignKey(
                db_index=False,
                help_text="Somebody else, who has said that this is a person of its own.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="staffmember",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("vouched_by__isnull", True),
                    models.Q(
                        ("vouched_by", models.F("let_in_by")),
                        ("vouched_by", models.F("user")),
                        _connector="OR",
                        _negated=True,
                    ),
                    _connector="OR",
                ),
                name="access_vouched_by_somebody_else",
            ),
        ),
    ]
