"""The migrations of `flags`, and others after them that use every kind of operation; see MIGRATION_MODULES."""

from flags import migrations

__path__ = [*migrations.__path__, *__path__]
