"""How each process is started, by each of the three ways of running the platform, in words that can be compared."""

import shlex
from pathlib import Path
from typing import Any

import yaml

from tests.docs.snippets import ROOT
from tests.packaging import composing, dockerfile

COMPOSE = ROOT / "compose.yaml"
KUBERNETES = ROOT / "ops" / "kubernetes"
SYSTEMD = ROOT / "ops" / "systemd"
SECRETS = {
    "POSTGRES_PASSWORD": "5b8e2f" * 8,
    "REDIS_PASSWORD": "77aa10" * 8,
    "KENO_SECRET_KEY": "q8Zr2mVw5KcT1yXb7NdG4hJs9PfL0uAe3RoQ",
    "KENO_SEAL_KEY": "8f" * 4 + "0123456789abcdef" * 3 + "1c2d3e4f",
}
WHERE = ("--host", "--port")


def of_compose() -> dict[str, list[str]]:
    """By service, the image's own command where a service names none."""
    services = composing.services(composing.read(COMPOSE, SECRETS))
    return {name: _plain(one.command or of_image()) for name, one in services.items() if one.is_ours}


def of_image() -> list[str]:
    last = dockerfile.stages(ROOT / "Dockerfile")[-1]
    return next(one.command for one in last.instructions if one.word == "CMD")


def of_kubernetes() -> dict[str, list[str]]:
    """By Deployment, without `keno-`; the image's own command where a container names none."""
    return {
        one["metadata"]["name"].removeprefix("keno-"): _plain(container.get("command", of_image()))
        for one in documents()
        if one["kind"] == "Deployment"
        for container in one["spec"]["template"]["spec"]["containers"]
    }


def of_systemd() -> dict[str, list[str]]:
    """By unit, without `keno-` and what follows an @."""
    found = {}
    for unit in SYSTEMD.glob("keno-*.service"):
        [line] = [line for line in unit.read_text().splitlines() if line.startswith("ExecStart=")][:1]
        name = unit.stem.removeprefix("keno-").removesuffix("@")
        words = shlex.split(line.removeprefix("ExecStart=").replace("%%", "%").replace("-%i@", "@"))
        found[name] = _plain([Path(words[0]).name, *words[1:]])
    return found


def documents() -> list[dict[str, Any]]:
    """Every object of the base and of the components, as it is written."""
    files = [*(KUBERNETES / "base").glob("*.yaml"), *(KUBERNETES / "components").glob("*/*.yaml")]
    found = [one for file in sorted(files) for one in yaml.safe_load_all(file.read_text()) if isinstance(one, dict)]
    return [one for one in found if one["kind"] not in ("Kustomization", "Component", "not-used")]


def _plain(command: list[str]) -> list[str]:
    """Without where it listens, which differs: in a container everywhere, beside a proxy on this machine alone."""
    left = iter(command)
    plain = []
    for word in left:
        if word in WHERE:
            next(left)
        else:
            plain.append(word)
    return plain
