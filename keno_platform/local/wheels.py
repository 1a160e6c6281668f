"""Where a wheel's files are, without importing it: some wheels make directories when they are imported."""

from importlib.util import find_spec
from pathlib import Path


def find_package_directory(package: str) -> Path:
    """
    The installed directory of a package.

    :raises LookupError: it is not installed in this environment.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"{package} is not installed. `make run` installs it from requirements/run.lock.")
    return Path(next(iter(spec.submodule_search_locations)))
