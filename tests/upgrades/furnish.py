"""
What an installation has before it is played on, made in one process: `python -m tests.upgrades.furnish JOB.json`, with
{"numbers", "players", "balance", "out", "games", "intervals"}; tables, operators, players with money, games, rounds.
"""

import json
import os
import sys
from pathlib import Path


def main() -> None:
    import django
    from django.core.management import call_command

    from bench.scaling import population

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keno_platform.settings")
    django.setup()
    job = json.loads(Path(sys.argv[1]).read_text())
    call_command("upgrade", verbosity=0)
    population.populate(job)
    population.make_games(count=job["games"], intervals=job["intervals"])
    call_command("prepare_ahead", verbosity=0)


if __name__ == "__main__":
    main()
