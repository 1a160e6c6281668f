"""
Everything of a small installation but the web, in one process: tables, demo, and then rounds and settlement for ever.

It calls what the commands and Celery's tasks call. The file that it writes with the demo says that it is ready.
"""

import sys
import time
from pathlib import Path

import django
from django.core.management import call_command


def main(demo: Path) -> None:
    django.setup()
    from bets.services.settlement import settle_round
    from rounds.selectors import unsettled
    from rounds.services.tick import run_due

    call_command("migrate_schemas", verbosity=0)
    unfinished = demo.with_suffix(".unfinished")
    call_command("load_demo", output=unfinished)
    unfinished.rename(demo)
    while True:
        run_due()
        for round_id, operator_id in unsettled():
            settle_round(operator_id=operator_id, round_id=round_id)
        time.sleep(0.05)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
