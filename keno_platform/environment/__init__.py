"""
What an installation is told by its environment: every variable in one table, read and judged at once.

`catalogue` lists the variables, `kinds` says how a text becomes a value, `reading` finds everything that is wrong
before anything starts, `production` refuses what only a machine of one's own may have, and `page` writes
docs/settings.md. There is no Django in here: the settings are made of it.
"""

from keno_platform.environment.reading import Environment, EnvironmentInvalid, read

__all__ = ["Environment", "EnvironmentInvalid", "read"]
