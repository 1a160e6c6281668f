from typing import Any

from django.db import migrations


def add_default(apps: Any, editor: Any) -> None:
    apps.get_model("operators", "Jurisdiction").objects.get_or_create(code="default", defaults={"name": "Default"})


class Migration(migrations.Migration):
    dependencies = [("operators", "0002_tenant_guard")]
    operations = [migrations.RunPython(add_default, migrations.RunPython.noop)]
