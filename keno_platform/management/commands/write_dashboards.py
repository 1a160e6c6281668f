"""`manage.py write_dashboards`: the dashboards of ops/grafana anew, after a change of what is counted."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from keno_platform.monitoring.dashboards import ALL, as_json


class Command(BaseCommand):
    help = "Write the dashboards of ops/grafana from keno_platform.monitoring.dashboards."

    def handle(self, *args: Any, **options: Any) -> None:
        for dashboard in ALL:
            place = settings.BASE_DIR / "ops" / "grafana" / "dashboards" / f"{dashboard.name}.json"
            place.write_text(json.dumps(as_json(dashboard), indent=2) + "\n", encoding="utf-8")
            self.stdout.write(str(place.relative_to(settings.BASE_DIR)))
