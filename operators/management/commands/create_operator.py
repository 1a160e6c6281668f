"""`manage.py create_operator`: a new operator with schema, partitions, paytable, domain and first key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from keno_platform.core.errors import Refusal
from keno_platform.core.money import exponent_of, parse_amount
from operators.services import OperatorTerms, create_operator


class Command(BaseCommand):
    help = "Create an operator. Prints its first API key, which is not shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="3 to 40 of a-z, 0-9 and -; names the schema")
        parser.add_argument("name", help="the brand, as players see it")
        parser.add_argument("currency", help="ISO 4217 code, such as KES")
        parser.add_argument("domain", help="host name of the brand's client")
        parser.add_argument("--min-bet", default="1", help="decimal, in the currency")
        parser.add_argument("--max-bet", default="1000")
        parser.add_argument("--max-win", default="10000000", help="the most that one bet may win")
        parser.add_argument("--language", default="en")
        parser.add_argument("--color", default="#1f6feb")
        parser.add_argument("--jurisdiction", default="default")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            exponent = exponent_of(options["currency"])
            terms = OperatorTerms(
                slug=options["slug"],
                name=options["name"],
                currency_code=options["currency"],
                domain=options["domain"],
                min_bet=parse_amount(options["min_bet"], exponent=exponent),
                max_bet=parse_amount(options["max_bet"], exponent=exponent),
                max_win_per_ticket=parse_amount(options["max_win"], exponent=exponent),
                default_language=options["language"],
                primary_color=options["color"],
                jurisdiction=options["jurisdiction"],
            )
            operator, key = create_operator(terms=terms, actor="command line")
        except (Refusal, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"Operator {operator.slug} is ready. Its API key, shown only now:")
        self.stdout.write(key)
