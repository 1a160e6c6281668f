"""`make sbom`: what an installation is made of and with, as CycloneDX 1.6, a file for each lock in build/sbom/."""

import sys
from base64 import b64decode
from collections.abc import Iterable
from pathlib import Path
from tomllib import loads

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from ops.supply.locks import DEPLOYED, ROOT, Package, packages_of

_ALGORITHMS = {"sha512": HashAlgorithm.SHA_512, "sha384": HashAlgorithm.SHA_384, "sha1": HashAlgorithm.SHA_1}


class Invalid(Exception):
    """What came out is not CycloneDX."""


def bom_of(lock: str, *, version: str, root: Path = ROOT) -> str:
    """
    The bill of materials of one lock, as JSON.

    :raises Invalid: it does not fit CycloneDX' own schema.
    """
    kind = "npm" if lock.endswith(".json") else "pypi"
    main = Component(name="keno-platform", version=version, type=ComponentType.APPLICATION, bom_ref="keno-platform")
    parts = [_component(one, kind) for one in packages_of(lock, root=root)]
    bom = Bom(components=parts)
    bom.metadata.component = main
    bom.register_dependency(main, parts)
    written = JsonV1Dot6(bom).output_as_string(indent=2)
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(written):
        raise Invalid(str(wrong))
    return written


def _component(one: Package, kind: str) -> Component:
    namespace, _, name = one.name.rpartition("/")
    address = PackageURL(type=kind, namespace=namespace or None, name=name, version=one.version)
    return Component(
        name=name,
        group=namespace or None,
        version=one.version,
        type=ComponentType.LIBRARY,
        purl=address,
        bom_ref=address.to_string(),
        hashes=_hashes(one) if kind == "npm" else (),  # of a Python package there are many files, each with its own
    )


def _hashes(one: Package) -> Iterable[HashType]:
    for integrity in one.integrity:
        algorithm, _, encoded = integrity.partition("-")
        if algorithm in _ALGORITHMS:
            yield HashType(alg=_ALGORITHMS[algorithm], content=_hex(encoded))


def _hex(encoded: str) -> str:
    return b64decode(encoded).hex()


def main(directory: str = "build/sbom") -> int:
    """Write all of them."""
    version = loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    place = ROOT / directory
    place.mkdir(parents=True, exist_ok=True)
    for lock in DEPLOYED:
        file = place / f"{lock.removesuffix('.lock').removesuffix('.json').replace('/', '-')}.cdx.json"
        file.write_text(bom_of(lock, version=version), encoding="utf-8")
        print(f"{file.relative_to(ROOT) if file.is_relative_to(ROOT) else file}: {len(packages_of(lock))} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
