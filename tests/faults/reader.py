"""
Whoever looks on while it hurts, as a process of its own: `python -m tests.faults.reader FILE`. It goes to the database
past all proxies and asks, again and again, for everything that must be so at every moment, not only in the end. Each
pass is a line of FILE: {"at", "took_s", "broken": {code: [count, examples]}}; one that the database did not answer is
{"at", "away"}. Ends by SIGTERM.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

PAUSE_S = 5.0
IN_THE_END = {
    "I10-nothing-is-forgotten",
    "I17-rounds-come-to-an-end",
    "I19-paid-within-a-minute",
    "I28-events-get-numbers",
    "I28-what-is-due-is-tried",
    "I32-roots-are-registered",
    "I36-partitions-stand-ahead",
}
"""What has a time to become so; faults may take that time. The check at the end asks for these too."""


def look_on(file: Path) -> None:
    """Until stopped."""
    from django.db import InterfaceError, OperationalError, connection

    from keno_platform.core.invariants import Scope
    from reports.invariants import ALL, _finding, _in_operators, _run

    always = [one for one in ALL if one.code not in IN_THE_END]
    while not _Stop.asked:
        began, seen = time.time(), dict[str, Any](at=time.time())
        try:
            found = [
                _finding(one.code, one.claim, list(_in_operators(one) if one.scope is Scope.OPERATOR else _run(one)))
                for one in always
            ]
            seen["broken"] = {one.code: [one.count, one.examples] for one in found if one.count}
            seen["took_s"] = round(time.time() - began, 2)
        except (OperationalError, InterfaceError) as error:
            seen["away"] = type(error).__name__
            connection.close()
        with file.open("a") as output:
            output.write(json.dumps(seen) + "\n")
        time.sleep(PAUSE_S)


class _Stop:
    asked = False


def _stop(*_: object) -> None:
    _Stop.asked = True


if __name__ == "__main__":
    import django

    signal.signal(signal.SIGTERM, _stop)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keno_platform.settings")
    django.setup()
    look_on(Path(sys.argv[1]))
