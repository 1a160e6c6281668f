"""`manage.py chain_status`: how the way to the chain is; exits 1 when something is wrong."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from anchors.models import AlarmCode
from anchors.selectors import ChainStatus, chain_status, list_alarms
from keno_platform.core.clock import to_text


class Command(BaseCommand):
    help = "Show what waits for the chain and what is wrong. Asks the database only. Exits 1 when there is an alarm."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        status = chain_status()
        if options["json"]:
            heard = to_text(status.heard_at) if status.heard_at else None
            self.stdout.write(json.dumps({**asdict(status), "heard_at": heard}))
        else:
            self._show(status)
        if status.alarms:
            sys.exit(1)

    def _show(self, status: ChainStatus) -> None:
        chain = f"{status.chain_id}, block {status.block_number}" if status.chain_id else "none yet"
        balance = "unknown" if status.balance_gwei is None else f"{status.balance_gwei / 10**9:.6f} ether"
        rows = (
            ("chain", chain if status.configured else "not configured: roots are registered, and wait"),
            ("node answered", to_text(status.heard_at) if status.heard_at else "never"),
            ("contract", status.contract or "none yet"),
            ("publisher", f"{status.publisher or 'none yet'}, balance {balance}"),
            ("final up to", str(status.last_final_seq)),
            ("waiting", f"{status.waiting}, the oldest for {status.oldest_waiting_s} s"),
            ("on their way", str(status.underway)),
            ("alarms", str(len(status.alarms))),
        )
        for name, value in rows:
            self.stdout.write(f"{name:<14} {value}")
        details = {alarm.code: alarm for alarm in list_alarms()}
        for code in status.alarms:
            since = f" since {to_text(details[code].began_at)}: {details[code].detail}" if code in details else ""
            self.stdout.write(f"  {code}: {AlarmCode(code).label}{since}")
