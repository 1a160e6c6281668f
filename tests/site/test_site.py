"""The documentation site builds without a warning, is whole, and needs nobody else."""

import re
from pathlib import Path

import pytest
import yaml

from docs.site.links import anchor, redirect
from docs.site.reference import pages as reference_pages
from docs.site.structure import PROJECT, SECTIONS, pages, unlisted
from tests.docs.snippets import DOCUMENTS
from tests.site.building import build
from tests.site.html import broken_links, foreign_loads


def test_the_site_builds_without_a_warning_with_all_its_links_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    # One test for all: each worker that got one would build a site of its own.
    built = build(tmp_path)
    assert (built.returncode, built.stderr) == (0, "")
    html = tmp_path / "html"
    assert len(list(html.rglob("*.html"))) > len(pages())
    assert broken_links(html) == []
    assert foreign_loads(html) == []
    front = (html / "index.html").read_text(encoding="utf-8")
    assert [one.title for one in SECTIONS if f'"caption-text">{one.title}<' not in front] == []
    drawn = sum(page.read_text(encoding="utf-8").count('<svg class="diagram"') for page in html.rglob("*.html"))
    assert drawn == sum(one.read_text(encoding="utf-8").count("\n```mermaid\n") for one in DOCUMENTS)
    assert drawn >= 5


def test_every_page_of_the_documents_stands_in_a_section() -> None:
    assert unlisted() == []


def test_no_page_stands_in_two_sections() -> None:
    listed = [page for section in SECTIONS for page in section.pages]
    assert len(listed) == len(set(listed))


def test_broken_links_and_foreign_loads_are_found(tmp_path: Path) -> None:
    (tmp_path / "style.css").write_text("@import 'https://fonts.example/a.css'; a { background: url(//x.example/b) }")
    (tmp_path / "there.html").write_text('<h1 id="here">')
    (tmp_path / "page.html").write_text(
        '<a href="there.html#here">ok</a><a href="there.html#gone">no</a><a href="away.html">no</a><a href="#no">no</a>'
        '<a href="https://example.com">a reader may go</a><script src="https://cdn.example/x.js"></script>'
        '<link rel="stylesheet" href="style.css"><p style="background: url(http://x.example/y)">'
    )
    assert broken_links(tmp_path) == [f"page.html: {link}" for link in ("there.html#gone", "away.html", "#no")]
    assert sorted(one.partition(": ")[2] for one in foreign_loads(tmp_path)) == [
        "//x.example/b",
        "http://x.example/y",
        "https://cdn.example/x.js",
        "https://fonts.example/a.css",
    ]


def test_a_link_to_code_leads_to_a_page_of_that_code_and_one_to_a_page_stays() -> None:
    page = Path("docs/money.md")
    shown = redirect(
        "[a](locking.md#order) and [`b`](../wallet/models.py#L3)\n```\n[c](x.py)\n```\n",
        page=page,
        at=page,
        target_of=lambda named: named if named.suffix == ".md" else Path("code") / f"{named}.html",
    )
    code = '<a href="../code/wallet/models.py.html">`b`</a>'
    assert shown == f"[a](locking.md#order) and {code}\n```\n[c](x.py)\n```\n"


def test_anchors_are_those_of_code_hosts() -> None:
    assert anchor("What `make run` does, and why") == "what-make-run-does-and-why"


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return dict(reference_pages())


class TestReference:
    """What the code knows best is written by it, and nothing of it is left out."""

    def test_every_call_of_the_api_has_its_heading(self, texts: dict[str, str]) -> None:
        from drf_spectacular.generators import SchemaGenerator

        document = SchemaGenerator().get_schema(request=None, public=True)
        calls = {
            f"## {method.upper()} {path}"
            for path, methods in document["paths"].items()
            for method in methods
            if method != "parameters"
        }
        headings = {line for name, text in texts.items() if name.startswith("api/") for line in text.splitlines()}
        assert len(calls) > 100
        assert calls - headings == set()

    def test_every_refusal_verb_command_and_alert_is_there(self, texts: dict[str, str]) -> None:
        from django.core.management import get_commands

        from keno_platform.docs import all_refusals
        from keno_platform.keno.verbs import VERBS

        assert [one.code for one in all_refusals() if f"## {one.code}\n" not in texts["errors"]] == []
        assert [verb.name for verb in VERBS if f"`keno {verb.name}`" not in texts["keno"]] == []
        own = [name for name, app in get_commands().items() if (PROJECT / str(app)).is_dir()]
        assert [name for name in own if f"## {name}\n" not in texts["commands"]] == []
        rules = yaml.safe_load((PROJECT / "ops/prometheus/alerts.yml").read_text(encoding="utf-8"))["groups"]
        alerts = [rule["alert"] for group in rules for rule in group["rules"]]
        assert [name for name in alerts if f"[{name}](../docs/runbooks.md#" not in texts["alerts"]] == []

    def test_every_metric_is_there(self, texts: dict[str, str]) -> None:
        from keno_platform.monitoring.collecting import ALL
        from keno_platform.observability.instruments import REGISTRY

        counted = {family.name for family in REGISTRY.collect()} | {gauge.name for gauge in ALL}
        assert counted - set(re.findall(r"`(\w+)`", texts["metrics"])) == set()
