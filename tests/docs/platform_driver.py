"""
Everything of a small installation but the web and the chain's node, in one process: tables, demo, the first rounds on
the chain, and then rounds, settlement, results and anchors for ever.

It calls what the commands and Celery's tasks call. The file that it writes with the demo says that it is ready.
"""

import sys
import threading
import time
from pathlib import Path

import django
from django.core.management import call_command


def main(demo: Path) -> None:
    django.setup()
    from anchors.services.sending import anchor_until_done
    from bets.services.settlement import settle_round
    from rounds.selectors import unsettled
    from rounds.services.tick import run_due

    call_command("migrate_schemas", verbosity=0)
    unfinished = demo.with_suffix(".unfinished")
    call_command("load_demo", output=unfinished)
    anchor_until_done(seconds=20)
    unfinished.rename(demo)
    for work in (publish_for_ever, deliver_for_ever, tell_for_ever):
        threading.Thread(target=work, daemon=True).start()
    while True:
        run_due()
        for round_id, operator_id in unsettled():
            settle_round(operator_id=operator_id, round_id=round_id)
        time.sleep(0.05)


def publish_for_ever() -> None:
    """What the slower tasks do."""
    from anchors.services.sending import send_when_due
    from rounds.services.results import make_tree, publish_epoch_keys

    while True:
        make_tree()
        publish_epoch_keys()
        send_when_due()
        time.sleep(1)


def deliver_for_ever() -> None:
    """Credits and rollbacks to operators' wallets."""
    from wallet.services.delivery import deliver

    while True:
        deliver(seconds=5)


def tell_for_ever() -> None:
    """Webhooks; a call returns when nothing is due."""
    from webhooks.services.delivery import deliver

    while True:
        deliver()
        time.sleep(0.3)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
