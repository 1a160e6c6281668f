"""
`python -m bench [--rooms] [--quick] [--only NAME ...] [--out DIR]`: every row of the target table, each against its
yardstick; with --rooms instead what single rooms promise beside it.

Starts a durable PostgreSQL and a Valkey in a temporary home, unless DATABASE_URL and REDIS_URL name some; what is in
that database stays there, so it should be one to throw away. Writes latest.json and README.md with pictures to --out
(bench/results, bench/results/rooms); with --only, which looks in both, and without --out it prints only.
"""

import argparse
import importlib
import os
import pkgutil
import secrets
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType

from bench import report, rooms, rows
from bench.harness import Bench, Row

FAILED = "Failed:"
RESULTS = Path(__file__).parent / "results"


def main() -> int:
    arguments = _parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # or servers' homes would stay behind
    table, home = (rooms, RESULTS / "rooms") if arguments.rooms else (rows, RESULTS)
    modules = _choose(arguments.only, (rows, rooms) if arguments.only else (table,))
    with ExitStack() as stack:
        kept = arguments.out or (None if arguments.only else home)
        out = kept or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        out.mkdir(parents=True, exist_ok=True)
        began, bench = time.time(), prepare(stack, quick=arguments.quick, pictures=out)
        measured = [row for module in modules for row in _run(module, bench)]
        report.write(out, measured, quick=arguments.quick, began=began, command=_command(arguments))
        print(f"\nIn {time.time() - began:.0f} s. {report.verdict(measured)}")
        if kept == home:
            _remove_stale(home, began)
        if kept:
            print(f"Written: {kept / 'README.md'}, {kept / 'latest.json'}")
    return 1 if any(row.note.startswith(FAILED) for row in measured) else 0


def _command(arguments: argparse.Namespace) -> str:
    target = "bench-rooms" if arguments.rooms else "bench"
    only = f" ONLY='{' '.join(arguments.only)}'" if arguments.only else ""
    return f"make {target}{' QUICK=1' if arguments.quick else ''}{only}"


def _remove_stale(folder: Path, began: float) -> None:
    """Pictures of an earlier run: the page no longer shows them."""
    for picture in (one for one in folder.glob("*.png") if not one.name.startswith("scale-")):  # another's page
        if picture.stat().st_mtime < began - 1:
            picture.unlink()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="under a minute: fewer repeats, smaller sizes, and without the longest rows",
    )
    parser.add_argument("--rooms", action="store_true", help="what single rooms promise: bench/rooms")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="modules of bench/rows and bench/rooms, or patterns"
    )
    parser.add_argument("--out", type=Path, help="where latest.json, README.md and pictures go")
    return parser.parse_args()


def _choose(only: Sequence[str], tables: Sequence[ModuleType]) -> list[ModuleType]:
    homes = {one.name: table.__name__ for table in tables for one in pkgutil.iter_modules(table.__path__)}
    for pattern in only:
        if not any(fnmatch(name, pattern) for name in homes):
            raise SystemExit(f"There is no row {pattern}; there are: {', '.join(sorted(homes))}.")
    chosen = [name for name in homes if not only or any(fnmatch(name, pattern) for pattern in only)]
    modules = [importlib.import_module(f"{homes[name]}.{name}") for name in chosen]
    return sorted((one for one in modules if hasattr(one, "ORDER")), key=lambda one: (one.ORDER, one.__name__))


def prepare(stack: ExitStack, *, quick: bool, pictures: Path) -> Bench:
    """Servers, Django, an empty and migrated database."""
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        print("Starting PostgreSQL and Valkey ...", flush=True)
        from keno_platform.local.testing import start_session_servers

        servers = start_session_servers(durable=True)
        stack.callback(servers.stop)
        os.environ.update(servers.environment)
    os.environ.setdefault("KENO_SECRET_KEY", secrets.token_urlsafe(48))
    os.environ.setdefault("KENO_SEAL_KEY", secrets.token_hex(32))
    os.environ.setdefault("KENO_LOG_LEVEL", "WARNING")
    os.environ.setdefault("KENO_DRAND_URLS", "")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keno_platform.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate_schemas", verbosity=0)
    return Bench(
        quick=quick,
        database_url=os.environ["DATABASE_URL"],
        redis_url=os.environ["REDIS_URL"],
        pictures=pictures,
        until_the_end=stack,
    )


def _run(module: ModuleType, bench: Bench) -> Iterator[Row]:
    """The module's rows, printed as they come; one that says so when it fails."""
    from django.db import connections

    name = module.__name__.rpartition(".")[2]
    if bench.quick and not getattr(module, "QUICK", True):
        yield Row(name=name, value=None, unit="", target="", met=None, note="left out: too long for a quick run")
        return
    print(f"\n{name} (about {module.SECONDS} s in a whole run)", flush=True)
    began = time.monotonic()
    try:
        for row in module.run(bench):
            print(report.as_line(row), flush=True)
            yield row
    except Exception as error:
        traceback.print_exc()
        yield Row(name=name, value=None, unit="", target="", met=None, note=f"{FAILED} {type(error).__name__}: {error}")
    finally:
        connections.close_all()
    bench.progress(f"took {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
