"""Which page of the project stands in which section of the site, in the order of its side bar."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
INDEX = Path("docs/site/index.md")
"""The front page; it lies beside this file and stands at the root of the site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading of the side bar, and its pages as paths in the project."""

    title: str
    pages: Sequence[str]
    made: Sequence[str] = ()
    """Pages below `reference/` that are written from the code."""


SECTIONS: tuple[Section, ...] = (
    Section(
        title="Start",
        pages=("README.md", "docs/concepts.md", "docs/glossary.md", "docs/architecture.md"),
    ),
    Section(
        title="Integration",
        pages=(
            *("docs/integration.md", "docs/wallet-api.md", "docs/signatures.md", "docs/launch.md", "docs/embedding.md"),
            *("docs/webhooks.md", "docs/reconciliation.md", "docs/request-log.md", "docs/sandbox.md"),
            *("docs/conformance.md", "docs/sdk.md", "sdk/python/README.md", "examples/operator/README.md"),
        ),
    ),
    Section(
        title="Fairness",
        pages=("docs/fairness.md", "docs/beacons.md", "docs/anchoring.md", "docs/statistics.md"),
    ),
    Section(
        title="Players",
        pages=(
            *("docs/client.md", "docs/languages.md", "docs/protection.md"),
            *("docs/banker.md", "docs/banker-slips.md", "docs/lottery-app.md"),
        ),
    ),
    Section(
        title="Operations",
        pages=(
            *("docs/deployment.md", "docs/operations.md", "docs/runbooks.md", "docs/observability.md"),
            *("docs/configuration.md", "docs/upgrades.md", "docs/backup.md", "docs/reliability.md", "docs/chaos.md"),
        ),
    ),
    Section(
        title="Scaling",
        pages=(
            *("docs/scaling.md", "docs/performance.md", "docs/partitions.md", "docs/archive.md"),
            *("bench/results/README.md", "bench/results/rooms/README.md"),
            *("bench/results/scale.md", "bench/results/reports-month.md"),
        ),
    ),
    Section(
        title="Security",
        pages=(
            *(
                "docs/security.md",
                "docs/threats.md",
                "docs/tenancy.md",
                "docs/isolation.md",
                "docs/hostile-input.md",
                "docs/abuse.md",
            ),
            *("docs/money.md", "docs/locking.md"),
        ),
    ),
    Section(
        title="Compliance",
        pages=("docs/compliance.md", "docs/access.md", "docs/four-eyes.md", "docs/reports.md", "docs/audit.md"),
    ),
    Section(
        title="Reference",
        pages=("docs/settings.md",),
        made=("api/index", "errors", "keno", "commands", "metrics", "alerts"),
    ),
    Section(
        title="House",
        pages=("CONTRIBUTING.md", "docs/decisions/README.md", "CHANGELOG.md"),
    ),
)
NOT_PAGES = ("docs/site",)
"""What lies in docs/ and is part of the site's own making."""


def listed_pages() -> Iterator[Path]:
    """Every page that the structure names, there or not."""
    for section in SECTIONS:
        yield from map(Path, section.pages)


def pages() -> list[Path]:
    """Every page of the site that lies in the project, decisions included."""
    return [page for page in listed_pages() if (PROJECT / page).exists()] + decisions()


def decisions() -> list[Path]:
    """The decisions in their order."""
    return sorted(path.relative_to(PROJECT) for path in (PROJECT / "docs" / "decisions").glob("0*.md"))


def unlisted() -> list[Path]:
    """Pages of docs/ that stand in no section: nobody would find them."""
    known = {*pages(), INDEX}
    lying = (path.relative_to(PROJECT) for path in (PROJECT / "docs").rglob("*.md"))
    return sorted(path for path in lying if path not in known and not str(path).startswith(NOT_PAGES))
