"""
Bringing schemas up to date: Django's own migrations, run by a runner that thinks about them once for all schemas.

Django works out the state of every model before and after every operation anew for each schema, which takes ten times
as long as the statements themselves. Here that is done once in a process and used for all schemas that stand alike.
"""

from operators.migrating.running import migrate_public, migrate_schema

__all__ = ["migrate_public", "migrate_schema"]
