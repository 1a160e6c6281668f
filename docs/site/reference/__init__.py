"""Pages that the code writes itself: the API, refusals, the command line, metrics and alerts. Needs Django set up."""

from collections.abc import Iterator

from docs.site.reference import api, commands, watching


def pages() -> Iterator[tuple[str, str]]:
    """Name below `reference/` and text of each."""
    yield from api.pages()
    yield "keno", commands.verbs_page()
    yield "commands", commands.commands_page()
    yield "metrics", watching.metrics_page()
    yield "alerts", watching.alerts_page()
