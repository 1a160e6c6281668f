"""`manage.py check_migrations`: what new migrations must not do to an installation that is being played on."""

from typing import Any

from django.core.management.base import BaseCommand

from operators.migrating.dangers import REASONS, accepted, find_dangers


class Command(BaseCommand):
    help = "Look for migrations that hold tables long, or take away what the version before uses. Exit 1 on any."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        dangers, known = find_dangers(), accepted()
        new = [one for one in dangers if one.migration not in known]
        for one in new:
            self.stdout.write(f"{one.migration}: {one.code}: {one.what}\n    {REASONS[one.code]}")
        stale = sorted(known.keys() - {one.migration for one in dangers})
        for name in stale:
            self.stdout.write(f"{name}: accepted, but there is nothing to accept")
        if new or stale:
            raise SystemExit(1)
        self.stdout.write(f"Nothing dangerous, apart from {len(known)} migrations that are accepted.")
