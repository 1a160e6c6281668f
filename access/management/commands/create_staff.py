"""`manage.py create_staff`: a new member of staff, with a role."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from access.models import Role, StaffMember
from access.services import MemberTerms, appoint, create_member, invite_again
from keno_platform.core.errors import Refusal
from operators.selectors import get_operator

ACTOR = "command line"


class Command(BaseCommand):
    help = (
        "Add a member of staff. Prints the first password, which is not shown again: with it they log in within three "
        "days, and set up their second factor."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="user name of one person")
        parser.add_argument("role", choices=Role.values)
        parser.add_argument("--operator", help="slug; an operator's staff and a banker's admin need one")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            operator = get_operator(slug=options["operator"]) if options["operator"] else None
            terms = MemberTerms(
                name=options["name"], role=Role(options["role"]), operator_id=operator.pk if operator else None
            )
            member, password = self._make(terms)
        except Refusal as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"{member} may come in as {member.get_role_display()}. The first password, shown only now:")
        self.stdout.write(password)

    def _make(self, terms: MemberTerms) -> tuple[StaffMember, str]:
        """A user from before there were members of staff becomes one, with a new first password."""
        user = User.objects.filter(username=terms.name, member__isnull=True).first()
        if user is None:
            return create_member(terms=terms, actor=ACTOR)
        with transaction.atomic():
            member = appoint(user=user, role=terms.role, operator_id=terms.operator_id, actor=ACTOR)
            return member, invite_again(member=member, actor=ACTOR)
