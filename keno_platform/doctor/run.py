"""All checks in their order. Where one area cannot be reached, those that need it are skipped, and say why."""

import os
from collections.abc import Iterator, Sequence
from importlib import import_module

from keno_platform import environment
from keno_platform.doctor import environment as environment_checks
from keno_platform.doctor import machine
from keno_platform.doctor.checks import Area, Check, Finding, State, examine, look, skip

_WITH_DJANGO = (
    (Area.DATABASE, "keno_platform.doctor.database"),
    (Area.BROKER, "keno_platform.doctor.broker"),
    (Area.PLATFORM, "keno_platform.doctor.platform"),
    (Area.WEB, "keno_platform.doctor.web"),
)


def run() -> Iterator[Finding]:
    """Findings as they are made, area by area."""
    yield from examine(machine.check.checks)
    yield from examine(environment_checks.check.checks)
    try:
        environment.read(os.environ)
        _set_up()
    except Exception:
        for area, _ in _WITH_DJANGO:
            yield Finding(
                name=f"all-of-{area}", area=area, state=State.SKIPPED, says="the platform cannot start like this"
            )
        return
    yield from _with_django()


def _set_up() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keno_platform.settings")
    django.setup()


def _with_django() -> Iterator[Finding]:
    reachable = True
    for area, module in _WITH_DJANGO:
        checks: Sequence[Check] = import_module(module).check.checks
        if area is Area.PLATFORM and not reachable:
            yield from skip(checks, "the database or the broker cannot be asked")
            continue
        first = look(checks[0])
        yield first
        if first.state is State.FAULT and area in (Area.DATABASE, Area.BROKER):
            reachable = False
            yield from skip(checks[1:], f"the {area} does not answer")
            continue
        yield from examine(checks[1:])
