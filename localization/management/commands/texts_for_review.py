"""`manage.py texts_for_review`: what native speakers of Amharic, Tigrinya and Oromo have yet to read."""

import argparse
import csv
from typing import Any

from django.core.management.base import BaseCommand

from localization.review import UNREVIEWED
from localization.review_list import COLUMNS, Waiting, waiting


class Command(BaseCommand):
    help = "List the texts that wait for a native reviewer: of low confidence, or with --all every unread one."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--locale", choices=UNREVIEWED, action="append", help="only this language")
        parser.add_argument("--all", action="store_true", help="also what is in no particular doubt")
        parser.add_argument("--csv", action="store_true", help="as a table for the reviewer to fill in")

    def handle(self, *args: Any, **options: Any) -> None:
        for locale in options["locale"] or UNREVIEWED:
            found = waiting(locale)
            shown = [one for one in found if one.doubt or options["all"]]
            if options["csv"]:
                self._table(shown)
            else:
                self._lines(locale, found, shown)

    def _lines(self, locale: str, found: list[Waiting], shown: list[Waiting]) -> None:
        low = sum(1 for one in found if one.doubt)
        self.stdout.write(f"{locale}: {len(found)} texts wait for a native reviewer, {low} of them of low confidence")
        for one in shown:
            doubt = f"  ({one.doubt})" if one.doubt else ""
            self.stdout.write(f"  {one.where}: {one.source}\n    {one.translation}{doubt}")

    def _table(self, shown: list[Waiting]) -> None:
        rows = csv.writer(self.stdout, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows((one.source, one.translation, one.doubt, one.where, "", "") for one in shown)
