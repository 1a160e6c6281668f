"""`python -m docs.site`: put the sources together, let Sphinx build them, and end with 1 on any warning."""

import argparse
import os
import sys
from pathlib import Path

from docs.site.structure import PROJECT, unlisted


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 for a site without a warning."""
    parser = argparse.ArgumentParser(prog="python -m docs.site", description=__doc__)
    parser.add_argument("--output", type=Path, default=PROJECT / "build" / "site", help="sources, doctrees and html")
    options = parser.parse_args(arguments)
    if lost := unlisted():
        print(f"In no section of docs/site/structure.py: {', '.join(map(str, lost))}", file=sys.stderr)
        return 1
    return build(options.output)


def build(output: Path) -> int:
    """Everything below `output`; the pages are in `output/html`."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keno_platform.settings")
    django.setup()
    from sphinx.cmd.build import build_main

    from docs.site import reference
    from docs.site.assembling import assemble

    assemble(output / "source", code=output / "extra", reference=reference.pages())
    extra = ["-D", f"html_extra_path={output / 'extra'}"]
    configured = ["-c", str(Path(__file__).parent), "-d", str(output / "doctrees"), *extra]
    strict = ["-W", "--keep-going", "-n", "-q", "-E"]
    return build_main([*strict, "-b", "html", *configured, str(output / "source"), str(output / "html")])


if __name__ == "__main__":
    sys.exit(main())
