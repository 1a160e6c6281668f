"""`manage.py database_roles`: who may do what in the database. Run as a superuser, once there are tables."""

from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandParser

from audit import services as audit
from keno_platform.database import connecting, roles


class Command(BaseCommand):
    help = (
        "Make the roles keno_app, keno_reader and keno_auditor where they are missing, and give each its rights in"
        " every schema, all others taken away. As often as one likes."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="only say what is missing; exit code 1 where anything is"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = roles.Roles()
        with psycopg.connect(**connecting.parameters("roles"), autocommit=True) as session:
            if options["check"]:
                self._check(session, wanted)
                return
            made = roles.make(session, wanted)
            count = roles.grant(session, wanted)
        audit.record("rights.granted", description=f"rights in {count} tables and views", actor="command line")
        self.stdout.write(f"{', '.join(wanted.names)} have their rights in {count} tables and views.")
        if made:
            self.stdout.write(f"New, and without a password: {', '.join(made)}. Give each one: psql, \\password NAME")

    def _check(self, session: roles.Session, wanted: roles.Roles) -> None:
        wrong = roles.missing(session, wanted)
        for one in wrong:
            self.stderr.write(one)
        if wrong:
            raise SystemExit(1)
        self.stdout.write("Every table and view is as it should be.")
