"""What is counted and what wakes somebody."""

import yaml

from docs.site.reference.markdown import prose, table
from docs.site.structure import PROJECT


def metrics_page() -> str:
    """Every metric, of processes and of the database."""
    from keno_platform.monitoring.collecting import ALL, OTHERS
    from keno_platform.observability.instruments import REGISTRY

    counted = sorted((family.name, family.type, family.documentation) for family in REGISTRY.collect())
    asked = sorted({**{gauge.name: gauge.meaning for gauge in ALL}, **OTHERS}.items())
    own = table(("metric", "kind", "meaning"), [(f"`{name}`", kind, prose(what)) for name, kind, what in counted])
    state = table(("metric", "meaning"), [(f"`{name}`", prose(what)) for name, what in asked])
    return (
        "# Metrics\n\nHow they are served and read: [observability](../docs/observability.md).\n\n"
        f"## What processes count\n\n{own}\n## What is asked of the database and the broker\n\n{state}"
    )


def alerts_page() -> str:
    """Every alert with its runbook."""
    groups = yaml.safe_load((PROJECT / "ops" / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    parts = ["# Alerts\n\nFrom the rules for Prometheus, each with the runbook that ends it.\n"]
    for group in groups:
        rows = [
            (
                f"[{rule['alert']}](../{rule['annotations']['runbook']})",
                rule["labels"]["severity"],
                f"`{rule['expr']}`".replace("|", "\\|"),
                rule["for"],
            )
            for rule in group["rules"]
        ]
        parts.append(f"## {group['name']}\n\n{table(('alert', 'severity', 'when', 'for'), rows)}")
    return "\n".join(parts)
