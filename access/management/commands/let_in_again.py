"""`manage.py let_in_again`: a new password and a new second factor for a member of staff who lost theirs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from access import selectors, services


class Command(BaseCommand):
    help = (
        "Take a member's password, second factor and sessions away, lift a lock-out, and print a new first password. "
        "For the day on which no super-admin can get in to do it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="user name")

    def handle(self, *args: Any, **options: Any) -> None:
        member = selectors.find_member_by_name(options["name"])
        if member is None:
            raise CommandError(f"There is no member of staff {options['name']!r}.")
        with transaction.atomic():
            services.reset_second_factor(member, reason="from the command line", actor="command line")
            password = services.invite_again(member=member, actor="command line")
            services.lift_lock_out(member, actor="command line")
        self.stderr.write(f"{member} may come in again within three days. The first password, shown only now:")
        self.stdout.write(password)
