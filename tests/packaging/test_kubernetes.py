"""What the manifests say, each as it is written and, where Kustomize is, as the overlays make it of them."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from keno_platform.environment import read
from keno_platform.environment.catalogue import BY_NAME
from keno_platform.monitoring.collecting import OTHERS, QUEUES
from tests.packaging import commands
from tests.packaging.commands import KUBERNETES, SECRETS

OVERLAYS = ("staging", "production")
OF_OTHERS = frozenset({"keda.sh/v1alpha1"})
"""Kinds that a cluster does not bring: their fields are looked at here."""
KUSTOMIZE = next((one for one in (["kustomize", "build"], ["kubectl", "kustomize"]) if shutil.which(one[0])), None)
needs_kustomize = pytest.mark.skipif(KUSTOMIZE is None, reason="needs kustomize or kubectl on this machine")
FILES = {
    "secret-key": SECRETS["KENO_SECRET_KEY"],
    "seal-key": SECRETS["KENO_SEAL_KEY"],
    "database-url": "postgresql://keno:secret@db.example:5432/keno?sslmode=verify-full&sslrootcert=system",
    "redis-url": "rediss://:secret@redis.example:6380/0",
    "key": "0x" + "1f" * 32,
}


@cache
def rendered(overlay: str) -> list[dict[str, Any]]:
    """Every object that this overlay makes."""
    assert KUSTOMIZE
    ended = subprocess.run(
        [*KUSTOMIZE, str(KUBERNETES / "overlays" / overlay)], capture_output=True, text=True, check=True
    )
    return list(yaml.safe_load_all(ended.stdout))


def pods(overlay: str) -> dict[str, dict[str, Any]]:
    """Templates of pods by the name of their Deployment or Job, without `keno-`."""
    return {
        one["metadata"]["name"].removeprefix("keno-"): one["spec"]["template"]
        for one in rendered(overlay)
        if one["kind"] in ("Deployment", "Job")
    }


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]


def settings(overlay: str) -> dict[str, str]:
    [found] = [one["data"] for one in rendered(overlay) if one["kind"] == "ConfigMap"]
    return found


def validate(one: dict[str, Any]) -> None:
    kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)


def test_every_object_is_one_that_kubernetes_knows() -> None:
    ours = [one for one in commands.documents() if one["apiVersion"] not in OF_OTHERS]
    assert len(ours) > 20
    for one in ours:
        validate(one)


def test_a_field_that_kubernetes_does_not_know_is_found() -> None:
    wrong = next(one for one in commands.documents() if one["kind"] == "Deployment")
    wrong["spec"]["replica"] = 3
    with pytest.raises(kubernetes_validate.ValidationError):
        validate(wrong)


def test_workers_are_scaled_by_a_metric_that_is_told_of_queues_that_there_are() -> None:
    scaled = [one for one in commands.documents() if one["kind"] == "ScaledObject"]
    deployments = {one["metadata"]["name"] for one in commands.documents() if one["kind"] == "Deployment"}
    assert len(scaled) == 4
    for one in scaled:
        spec = one["spec"]
        assert spec["scaleTargetRef"]["name"] in deployments
        assert spec["fallback"]["replicas"] == spec["minReplicaCount"] <= spec["maxReplicaCount"]
        [trigger] = spec["triggers"]
        metric, queue = re.fullmatch(r'max\((\w+)\{queue="(\w+)"\}\)', trigger["metadata"]["query"]).groups()  # type: ignore[union-attr]
        assert metric in OTHERS
        assert queue in QUEUES
        assert one["metadata"]["name"] == f"keno-{queue}"


def test_an_object_is_named_once() -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in commands.documents()]
    assert len(names) == len(set(names))


@needs_kustomize
@pytest.mark.parametrize("overlay", OVERLAYS)
class TestAnOverlay:
    def test_makes_objects_that_kubernetes_knows_and_all_in_its_own_namespace(self, overlay: str) -> None:
        for one in rendered(overlay):
            if one["apiVersion"] not in OF_OTHERS:
                validate(one)
        assert len({one["metadata"]["namespace"] for one in rendered(overlay)}) == 1

    def test_gives_no_pod_rights_or_a_system_to_write_to(self, overlay: str) -> None:
        for name, pod in pods(overlay).items():
            spec = pod["spec"]
            assert spec["securityContext"]["runAsNonRoot"], name
            assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
            assert spec["automountServiceAccountToken"] is False, name
            for one in containers(pod):
                of_one = one["securityContext"]
                assert of_one["readOnlyRootFilesystem"], name
                assert of_one["allowPrivilegeEscalation"] is False, name
                assert of_one["capabilities"] == {"drop": ["ALL"]}, name
                assert one["resources"]["limits"]["memory"], name
                assert one["resources"]["requests"]["cpu"], name

    def test_hands_secrets_over_as_files_alone(self, overlay: str, tmp_path: Path) -> None:
        assert [one for one in rendered(overlay) if one["kind"] == "Secret"] == []
        for name, text in FILES.items():
            (tmp_path / name).write_text(text)
        for name, pod in pods(overlay).items():
            environment = settings(overlay) | {one["name"]: one["value"] for one in pod["spec"]["containers"][0]["env"]}
            files = {key: value for key, value in environment.items() if key.endswith("_FILE")}
            mounts = [one["mountPath"] for one in pod["spec"]["containers"][0]["volumeMounts"]]
            assert all(any(file.startswith(f"{mount}/") for mount in mounts) for file in files.values()), name
            secret = {one.name for one in BY_NAME.values() if one.secret}
            assert secret.isdisjoint(environment), name
            environment |= {key: str(tmp_path / Path(file).name) for key, file in files.items()}
            assert read(environment).is_production, name

    def test_looks_after_every_process_that_stays(self, overlay: str) -> None:
        for name, pod in pods(overlay).items():
            if name == "migrate":
                continue
            [one] = pod["spec"]["containers"]
            for probe in ("startupProbe", "livenessProbe"):
                assert one[probe]["exec"]["command"][:4] == ["python", "-I", "-S", "ops/image/alive.py"], name
                assert one[probe]["timeoutSeconds"] >= 5, name

    def test_lets_nothing_start_before_the_database_is_of_its_version(self, overlay: str) -> None:
        for name, pod in pods(overlay).items():
            waits = [one["command"][-1] for one in pod["spec"].get("initContainers", [])]
            assert waits == ([] if name == "migrate" else ["until python manage.py upgrade --check; do sleep 3; done"])

    def test_lets_out_only_who_calls_somebody(self, overlay: str) -> None:
        outside = {name for name, pod in pods(overlay).items() if pod["metadata"]["labels"].get("keno/calls")}
        assert outside - {"anchors"} == {"web", "rounds", "wallet", "webhooks"}
        policies = {one["metadata"]["name"]: one["spec"] for one in rendered(overlay) if one["kind"] == "NetworkPolicy"}
        nothing = policies["keno-nothing"]
        assert nothing["policyTypes"] == ["Ingress", "Egress"]
        assert "ingress" not in nothing
        assert "egress" not in nothing
        labels = [pod["metadata"]["labels"].items() for pod in pods(overlay).values()]
        for name, policy in policies.items():
            chosen = policy["podSelector"]["matchLabels"].items()
            assert any(chosen <= one for one in labels), name
        assert all(nothing["podSelector"]["matchLabels"].items() <= one for one in labels)

    def test_keeps_one_of_each_while_nodes_are_drained(self, overlay: str) -> None:
        kept = {
            one["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"]
            for one in rendered(overlay)
            if one["kind"] == "PodDisruptionBudget"
        }
        assert kept == {"web", "rounds", "settlement", "wallet", "webhooks", "beat"}

    def test_leaves_how_many_there_are_to_whoever_scales_them(self, overlay: str) -> None:
        scaled = {
            one["spec"]["scaleTargetRef"]["name"]
            for one in rendered(overlay)
            if one["kind"] in ("ScaledObject", "HorizontalPodAutoscaler")
        }
        assert "keno-web" in scaled
        for one in rendered(overlay):
            if one["kind"] == "Deployment":
                assert ("replicas" in one["spec"]) == (one["metadata"]["name"] not in scaled), one["metadata"]["name"]

    def test_gives_the_publishers_key_to_one_pod(self, overlay: str) -> None:
        holders = [name for name, pod in pods(overlay).items() if "keno-chain" in str(pod["spec"].get("volumes"))]
        assert holders == (["anchors"] if overlay == "production" else [])
