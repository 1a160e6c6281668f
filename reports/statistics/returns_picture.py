"""The picture of simulated returns: how far each is from the exact one, and what rounding takes at the edges."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from reports.statistics.edges import Edge
from reports.statistics.returns import Return

INK, QUIET, ALARM = "#1d3557", "#8d99ae", "#c1121f"
MARKERS = "osD^vPX*<>"


def draw_picture(path: Path, found: Sequence[Return], at_edges: Sequence[Edge], title: str) -> None:
    """Write the picture as PNG."""
    figure = Figure(figsize=(9.0, 8.5), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=11)
    upper, lower = figure.subplots(2, 1)
    _deviations(upper, found)
    _edges(lower, found, at_edges)
    figure.savefig(path, metadata={"Title": "Simulated returns"})


def _deviations(axes: Axes, found: Sequence[Return]) -> None:
    axes.axhline(0, color=QUIET, linewidth=0.8)
    for one in found:
        exact = float(one.exact.rtp)
        color = INK if one.holds else ALARM
        place = one.played.pick_count
        axes.vlines(place, 100 * (one.low - exact), 100 * (one.high - exact), color=color, linewidth=1.4)
        axes.scatter([place], [100 * (one.simulated - exact)], color=color, s=18, zorder=3)
    axes.set(title="Simulated less exact return", xlabel="pick count", ylabel="percentage points")
    axes.set_xticks([one.played.pick_count for one in found])


def _edges(axes: Axes, found: Sequence[Return], at_edges: Sequence[Edge]) -> None:
    """The exact return at each stake, with the table's own as a line; what was simulated lies on top as a cross."""
    picks = [one.played.pick_count for one in found]
    axes.step(picks, [100 * float(one.exact.rtp) for one in found], where="mid", color=QUIET, label="the paytable")
    names = list(dict.fromkeys(one.name for one in at_edges))
    for place, name in enumerate(names):
        own = [one for one in at_edges if one.name == name]
        shift = (place + 1) / (len(names) + 1) - 0.5
        where = [one.pick_count + 0.8 * shift for one in own]
        marker = MARKERS[place % len(MARKERS)]
        axes.scatter(where, [100 * float(one.exact) for one in own], s=24, marker=marker, label=name, zorder=3)
        axes.scatter(where, [100 * float(one.simulated) for one in own], s=16, marker="x", color=INK, zorder=4)
    axes.set(
        title="Exact return at the edges, with prizes rounded down (crosses: simulated)",
        xlabel="pick count",
        ylabel="percent of the stake",
    )
    axes.set_xticks(picks)
    axes.legend(frameon=False, fontsize=8, ncols=2)
