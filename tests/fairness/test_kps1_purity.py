"""A stranger can run it: nothing but Python is needed, until a beacon's signature is checked."""

import subprocess
import sys
from pathlib import Path

import fairness

ROOT = Path(fairness.__file__).parents[1]
LIBRARY_MODULES = {"fairness.bls_blst", "fairness.bls_python", "fairness.ed25519_cryptography"}
MODULES = sorted(
    {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "fairness").rglob("*.py")
    }
    - LIBRARY_MODULES
)


def run_bare(program: str) -> str:
    """Run a program in a Python that has no installed packages at all."""
    prelude = f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.dont_write_bytecode = True\n"
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", prelude + program],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_importing_everything_needs_the_standard_library_only() -> None:
    assert "fairness.verify" in MODULES
    assert "fairness.messages.commit" in MODULES
    program = f"""
import importlib
for name in {MODULES!r}:
    importlib.import_module(name)
tops = {{name.partition(".")[0] for name in sys.modules}}
print(sorted(tops - set(sys.stdlib_module_names) - {{"fairness", "__main__"}}))
"""
    assert run_bare(program) == "[]"


def test_without_a_library_draws_are_checked_and_beacons_are_refused_by_name() -> None:
    program = """
import json
from pathlib import Path
import fairness
from fairness import errors
from fairness.messages import CommitLeaf
from fairness.networks import NONE, QUICKNET
from fairness.verify import verify_draw
cases = json.loads((Path(fairness.__file__).parent / "vectors/kps1.json").read_text("ascii"))["rounds"]
for network in (NONE, QUICKNET):
    case = next(c for c in cases if c["expect"] == "accept" and c["network"]["name"] == network.name)
    try:
        verify_draw(
            commit=CommitLeaf.decode(bytes.fromhex(case["commit_leaf"])),
            seed=bytes.fromhex(case["seed"]),
            beacon_signature=bytes.fromhex(case["beacon_signature"]) if case["beacon_signature"] else None,
            network=network,
            numbers=tuple(case["numbers"]),
        )
        print("accepted")
    except errors.FairnessError as refusal:
        print(type(refusal).__name__)
"""
    assert run_bare(program).split() == ["accepted", "BlsBackendMissing"]
