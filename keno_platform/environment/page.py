"""The page docs/settings.md, made of the catalogue: what the environment may say, and what production refuses."""

from pathlib import Path
from typing import Any

from keno_platform.environment.catalogue import VARIABLES
from keno_platform.environment.production import RULES
from keno_platform.environment.reading import FILE
from keno_platform.environment.variables import Section, Variable

PLACE = Path("docs") / "settings.md"
_HEAD = """# Settings

<!-- Written by `manage.py write_settings_page`: changes made here are lost. -->

Everything that differs from one installation to the next comes from the environment, and is read once, when a process
starts. What is missing or malformed stops the start, all of it listed at once. An empty variable counts as not given.
`manage.py doctor` shows what is in force, warns of names that look like a slip, and never prints a secret. What may be
changed while the platform runs is not here but in the admin.

A **secret** may also stand in a file: `KENO_SEAL_KEY_FILE=/run/secrets/seal` is read in place of `KENO_SEAL_KEY`.
"""
_PRODUCTION = """## What production refuses

An installation is in production as soon as others can reach it by a name: when `KENO_BASE_URL` or `KENO_ALLOWED_HOSTS`
has a name that is not this machine's own. Nobody has to say so. Then the start is refused for each of these, and for
those marked *everywhere* on any machine:

| name | refused | because |
| --- | --- | --- |
"""
_ACCEPTED = """
A name in `KENO_ACCEPTED_RISKS` lets the start go on all the same, and `doctor` goes on telling of it.
"""


def page() -> str:
    """The whole page."""
    sections = [_section(one) for one in Section]
    rules = "".join(
        f"| `{rule.name}`{', *everywhere*' if rule.everywhere else ''} | {rule.what} | {rule.why} |\n" for rule in RULES
    )
    return _HEAD + "".join(sections) + "\n" + _PRODUCTION + rules + _ACCEPTED


def _section(section: Section) -> str:
    rows = "".join(_row(one) for one in VARIABLES if one.section is section)
    return f"\n## {section}\n\n| variable | meaning | what | default |\n| --- | --- | --- | --- |\n{rows}"


def _row(variable: Variable) -> str:
    kind = f"{variable.kind.name}, secret" if variable.secret and variable.kind.name != "secret" else variable.kind.name
    return f"| `{variable.name}` | {_sentence(variable)} | {kind} | {default_of(variable)} |\n"


def _sentence(variable: Variable) -> str:
    if not variable.secret:
        return variable.meaning
    return f"{variable.meaning}; or `{variable.name}{FILE}`"


def default_of(variable: Variable) -> str:
    """The default as the page says it."""
    if variable.is_required:
        return "required"
    if variable.shown:
        return variable.shown
    return _shown(variable.default)


def _shown(value: Any) -> str:
    if value is None or value == "" or value == ():
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"`{','.join(value)}`" if isinstance(value, tuple) else f"`{value}`"
