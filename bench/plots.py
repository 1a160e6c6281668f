"""Pictures of the results page."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

Points = Sequence[tuple[float, float]]
SIZE, DOTS = (8.0, 4.5), 110


def fit_exponent(xs: Sequence[float], ys: Sequence[float]) -> float:
    """The k of the best y = a * x^k through these points: 0 does not grow, 1 grows in proportion."""
    import numpy as np

    slope, _ = np.polyfit(np.log(np.asarray(xs, float)), np.log(np.asarray(ys, float)), 1)
    return float(slope)


def line(
    path: Path, *, title: str, x: str, y: str, series: Mapping[str, Points], log: str = "", growth: bool = False
) -> None:
    """
    Lines through points, written as a PNG. `log` names the axes with a logarithmic scale: "", "x", "y", "xy". With
    `growth`, the legend has each line's fitted exponent.
    """
    figure, axes = _canvas(title, x, y)
    for name, points in series.items():
        xs, ys = [point[0] for point in points], [point[1] for point in points]
        label = f"{name} (exponent {fit_exponent(xs, ys):+.2f})" if growth else name
        axes.plot(xs, ys, marker="o" if len(xs) <= 40 else "", label=label)
    if "x" in log:
        axes.set_xscale("log")
    if "y" in log:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    axes.legend()
    _write(figure, path)


def latencies(path: Path, *, title: str, series: Mapping[str, Sequence[float]], target_ms: float | None = None) -> None:
    """Which share of the answers took longer than so many milliseconds."""
    figure, axes = _canvas(title, "milliseconds", "share that took longer")
    for name, times in series.items():
        ordered = sorted(times)
        axes.plot(ordered, [1 - place / len(ordered) for place in range(len(ordered))], label=name)
    if target_ms is not None:
        axes.axvline(target_ms, color="gray", linestyle="--", label=f"target of the p99: {target_ms:g} ms")
        axes.axhline(0.01, color="gray", linewidth=0.5)
    axes.set_yscale("log")
    axes.set_xlim(left=0)
    axes.legend()
    _write(figure, path)


def bars(path: Path, *, title: str, scores: Mapping[str, float]) -> None:
    """How far each row is from its target: 1 just meets it, above 1 is better."""
    figure, axes = _canvas(title, "times better than the target (1 meets it)", "")
    names = list(scores)[::-1]
    values = [scores[name] for name in names]
    colours = ["tab:green" if value >= 1 else "tab:red" for value in values]
    figure.set_size_inches(SIZE[0], max(2.0, 0.32 * len(names) + 1.2))
    axes.barh([_short(name) for name in names], values, color=colours)
    axes.axvline(1, color="black", linewidth=1)
    if max(values, default=1) / max(min(values, default=1), 1e-9) > 20:
        axes.set_xscale("log")
    _write(figure, path)


def _short(name: str) -> str:
    return name if len(name) <= 58 else f"{name[:57]}…"


def _canvas(title: str, x: str, y: str):  # type: ignore[no-untyped-def]  # pyplot's own types
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=SIZE)
    axes.set_title(title)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    return figure, axes


def _write(figure, path: Path) -> None:  # type: ignore[no-untyped-def]
    from matplotlib import pyplot

    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DOTS, bbox_inches="tight", metadata={"Software": ""})
    pyplot.close(figure)


def nearest(ordered: Sequence[float], share: float) -> float:
    """The quantile of ordered figures: the smallest that `share` of them do not exceed."""
    return ordered[min(len(ordered) - 1, max(0, math.ceil(len(ordered) * share) - 1))]
