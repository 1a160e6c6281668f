"""`manage.py write_settings_page`: docs/settings.md anew, after a change of the catalogue of variables."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from keno_platform.environment.page import PLACE, page


class Command(BaseCommand):
    help = "Write docs/settings.md from the catalogue of environment variables."

    def handle(self, *args: Any, **options: Any) -> None:
        place = settings.BASE_DIR / PLACE
        place.write_text(page(), encoding="utf-8")
        self.stdout.write(f"{place.relative_to(settings.BASE_DIR)} is written.")
