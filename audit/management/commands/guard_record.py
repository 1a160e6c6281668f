"""`manage.py guard_record`: gives the record's tables to a role of its own. Run as a superuser, after migrations."""

from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from audit import services as audit
from audit.models import CheckpointRoot
from keno_platform.database import connecting, record_roles


class Command(BaseCommand):
    help = "Give the record's tables to a role of its own; with --release, back to the application's for migrations."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--application", default="keno", help="the role that the platform connects as")
        parser.add_argument("--owner", default=record_roles.OWNER, help="the role that is to own the record")
        parser.add_argument(
            "--release", action="store_true", help="the application's role owns it again, for migrations"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with psycopg.connect(**connecting.parameters("guard"), autocommit=True) as superuser:
            if options["release"]:
                record_roles.release(superuser, application=options["application"])
                _tell("released", f"{options['application']} owns the record, for migrations")
                self.stdout.write(f"{options['application']} owns the record, until guard_record is run again")
                return
            record_roles.guard(superuser, application=options["application"], owner=options["owner"])
            _tell("guarded", f"{options['owner']} owns the record")
        self.stdout.write(f"{options['owner']} owns the record, and {options['application']} may read it and add to it")


def _tell(verb: str, said: str) -> None:
    """On record, where there is one: before the first migrations there is none."""
    if CheckpointRoot._meta.db_table in connection.introspection.table_names():
        audit.record(f"record.{verb}", description=said, actor="command line")
