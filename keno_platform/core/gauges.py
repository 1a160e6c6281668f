"""What is the case now, as a query that a scrape asks. Each room lists its own; see docs/observability.md."""

from dataclasses import dataclass

from keno_platform.core.invariants import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """
    One thing that is counted in the database whenever somebody looks.

    `query` selects the columns of `labels`, and last the value. In the scope of operators it is asked in the schema of
    each, all in one statement: it names its tables as `{schema}.table`, and `operator` is a first label by itself. It
    must be answered by an index, however large the tables are.
    """

    name: str
    meaning: str
    query: str
    labels: tuple[str, ...] = ()
    scope: Scope = Scope.INSTALLATION
