"""`manage.py show_settings`: every setting with its value, bounds and default."""

from typing import Any

from django.core.management.base import BaseCommand

from configuration import selectors
from configuration.approvals import shown
from configuration.registry import list_settings


class Command(BaseCommand):
    help = "Print every setting: its value, what it may be, its default, and what it is for."

    def handle(self, *args: Any, **options: Any) -> None:
        for setting in list_settings():
            mark = ", sensitive" if setting.sensitive else ""
            now, default = shown(selectors.value(setting)), shown(setting.default)
            self.stdout.write(f"{setting.key} = {now}  ({setting.allowed}; default {default}{mark})")
            self.stdout.write(f"    {setting.description}")
