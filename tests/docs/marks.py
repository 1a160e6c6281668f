"""`python -m tests.docs.marks FILE ...`: ends with 1 where a block of commands neither runs nor says why not."""

import sys
from pathlib import Path

from tests.docs.snippets import unmarked

MARKS = "`<!-- run -->` nor `<!-- not run: the reason -->`"


def main(files: list[str]) -> int:
    """The exit code; what is wrong goes to standard error."""
    wrong = [(file, line) for file in files for line in unmarked(Path(file).read_text(encoding="utf-8"))]
    for file, line in wrong:
        print(f"{file}: `{line}` has neither {MARKS} above it", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
