"""
Makes the fonts of this directory again from the full ones of the Noto project:

    python keno_platform/documents/fonts/subset.py /usr/share/fonts/truetype/noto

The full fonts are in Debian's package fonts-noto-core; `pip install fonttools` is needed. Hints for screens are left
out, and so are scripts that no language of this platform uses. `coverage.json` says which characters can be printed.
"""

import json
import sys
from itertools import groupby
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]  # has none
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # has none

HERE = Path(__file__).resolve().parent
PUNCTUATION = "U+0020-007E,U+00A0,U+2000-206F"
RANGES = {
    "NotoSans": "U+0020-024F,U+0259,U+02B0-02FF,U+0300-036F,U+0370-03FF,U+0400-04FF,U+1E00-1EFF,U+2000-206F,"
    "U+2070-209F,U+20A0-20BF,U+2100-214F,U+2190-2193,U+2212,U+2260-2265,U+FFFD",
    "NotoSansArabic": f"{PUNCTUATION},U+00AB,U+00BB,U+0600-06FF,U+0750-077F,U+08A0-08FF,U+FB50-FDFF,U+FE70-FEFF",
    "NotoSansEthiopic": f"{PUNCTUATION},U+1200-137F,U+1380-139F,U+2D80-2DDF,U+AB00-AB2F",
}
WEIGHTS = ("Regular", "Bold")


def main(source: Path) -> None:
    """Write the fonts and what they cover."""
    covered: set[int] = set()
    for family, ranges in RANGES.items():
        for weight in WEIGHTS:
            name = f"{family}-{weight}.ttf"
            options = [f"--unicodes={ranges}", "--layout-features=*", "--no-hinting", "--notdef-outline"]
            subset.main([str(source / name), f"--output-file={HERE / name}", "--name-IDs=*", *options])
            covered |= set(TTFont(HERE / name).getBestCmap())
    (HERE / "coverage.json").write_text(json.dumps(ranges_of(sorted(covered))) + "\n")


def ranges_of(points: list[int]) -> list[tuple[int, int]]:
    """First and last of each run of neighbours."""
    runs = groupby(enumerate(points), key=lambda pair: pair[1] - pair[0])
    return [(own[0], own[-1]) for own in ([point for _, point in run] for _, run in runs)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
