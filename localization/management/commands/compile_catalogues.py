"""`manage.py compile_catalogues`: every `.mo` made anew from its `.po`."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from localization.compilation import compile_catalogue


class Command(BaseCommand):
    help = "Compile locale/*/LC_MESSAGES/*.po where the .mo is missing or differs. Needs no gettext tools."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in settings.LOCALE_PATHS:
            for source in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
                if compile_catalogue(source):
                    self.stdout.write(f"compiled {source.relative_to(folder)}")
