"""The picture of a study: six panels that show what the tests put into a number."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy import special

from fairness.draw import DRAW_SIZE, POOL_SIZE
from reports.statistics import distributions
from reports.statistics.significance import ALPHA, COLLECTION_CHANCES, Verdict, pair_residuals, planned_collections
from reports.statistics.tally import Tally

INK, QUIET, ALARM, BAND = "#1d3557", "#8d99ae", "#c1121f", "#dfe7ef"
DIVERGING = "RdBu_r"
SIZE_INCHES, DOTS_PER_INCH = (19.0, 11.0), 110
WITHIN = 0.99
BAND_HALF = float(special.ndtri((1 + WITHIN) / 2))
SMALLEST_P = 1e-12


def draw_picture(path: Path, *, tally: Tally, verdict: Verdict, parameters: dict[str, Any], at: datetime) -> None:
    """Write the picture as PNG."""
    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(f"{_title(tally, parameters, at)}\n{verdict.words}", fontsize=13, wrap=True)
    panels = figure.subplots(2, 3)
    _numbers(panels[0, 0], tally)
    _first_ball(panels[0, 1], tally)
    _p_values(panels[0, 2], verdict)
    _pairs(panels[1, 0], tally)
    _overlaps(panels[1, 1], tally)
    _collections(panels[1, 2], tally)
    figure.savefig(path, metadata={"Title": "Statistics of draws"})


def _title(tally: Tally, parameters: dict[str, Any], at: datetime) -> str:
    if parameters["source"] == "protocol":
        source = f"made by KPS-1 from the seed {parameters['seed'][:64]!r}"
    else:
        source = f"of the rounds of {parameters['game'] or 'all games'}"
        source += f", ids {parameters['first_round_id']} to {parameters['last_round_id']}"
    return f"{tally.draws:,} draws {source}, tested {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _deviations(axes: Axes, z: Any, title: str) -> None:
    """80 deviations in standard deviations, with the band that each of them leaves once in a hundred."""
    places = np.arange(1, POOL_SIZE + 1)
    outside = np.abs(z) > BAND_HALF
    axes.axhspan(-BAND_HALF, BAND_HALF, color=BAND, zorder=0)
    axes.axhline(0, color=QUIET, linewidth=0.8)
    axes.vlines(places, 0, z, color=np.where(outside, ALARM, INK).tolist(), linewidth=1.2)
    axes.scatter(places, z, c=np.where(outside, ALARM, INK), s=14, zorder=3)
    reach = max(4.0, float(np.abs(z).max()) * 1.1)
    axes.set(xlim=(0, POOL_SIZE + 1), ylim=(-reach, reach), xlabel="number", ylabel="standard deviations")
    axes.set_xticks([1, *range(10, POOL_SIZE + 1, 10)])
    expected = POOL_SIZE * (1 - WITHIN)
    axes.set_title(
        f"{title}\n{outside.sum()} of 80 outside the 99 % band; {expected:.1f} are expected to be", fontsize=10
    )


def _numbers(axes: Axes, tally: Tally) -> None:
    z = (tally.numbers - tally.draws / 4) / np.sqrt(tally.draws * 3 / 16)
    _deviations(axes, z, f"How often each number was drawn, against {tally.draws / 4:,.0f} expected")


def _first_ball(axes: Axes, tally: Tally) -> None:
    expected = tally.draws / POOL_SIZE
    z = (tally.first_ball - expected) / np.sqrt(expected * (1 - 1 / POOL_SIZE))
    _deviations(axes, z, f"How often each number was the first ball, against {expected:,.0f} expected")


def _pairs(axes: Axes, tally: Tally) -> None:
    chance = float(distributions.all_drawn(2))
    share = 1 - POOL_SIZE / distributions.PAIRS  # of a pair's variance, what its two numbers do not take
    z = pair_residuals(tally) / np.sqrt(tally.draws * float(distributions.PAIR_VARIANCE) * share)
    largest = float(np.abs(z).max())
    np.fill_diagonal(z, np.nan)
    edges = (0.5, POOL_SIZE + 0.5, 0.5, POOL_SIZE + 0.5)
    reach = max(4.0, largest)
    image = axes.imshow(z, cmap=DIVERGING, vmin=-reach, vmax=reach, origin="lower", extent=edges, interpolation="none")
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.8)
    bar.set_label("standard deviations")
    axes.set(xlabel="number", ylabel="number")
    typical = float(special.ndtri((1 + 0.5 ** (1 / distributions.PAIRS)) / 2))  # half of all largest are below
    axes.set_title(
        f"The 3,160 pairs, beyond their numbers, against {tally.draws * chance:,.0f} expected of each\n"
        f"the farthest is {largest:.1f} standard deviations away; about {typical:.1f} is usual",
        fontsize=10,
    )


def _overlaps(axes: Axes, tally: Tally) -> None:
    chances = np.array([float(p) for p in distributions.overlap_probabilities()])
    expected = chances * (tally.draws - 1)
    shown = np.flatnonzero((expected >= 0.05) | (tally.overlaps > 0))
    axes.bar(shown, tally.overlaps[shown], color=BAND, edgecolor=QUIET, label="observed")
    spread = BAND_HALF * np.sqrt(expected * (1 - chances))[shown]
    lower = np.minimum(spread, expected[shown] - np.minimum(0.5, expected[shown] / 2))  # a logarithmic axis has no zero
    axes.errorbar(
        shown, expected[shown], yerr=[lower, spread], fmt="o", color=INK, markersize=4, capsize=3,
        label="expected, with 99 % of chance",
    )  # fmt: skip
    axes.set_yscale("log")
    axes.set(xlabel="numbers shared with the draw before", ylabel="draws", ylim=(0.4, 30 * tally.draws / 4))
    axes.set_xticks(range(0, int(shown[-1]) + 1, 2))
    axes.legend(frameon=False)
    mean = float((tally.overlaps * np.arange(DRAW_SIZE + 1)).sum() / max(1, tally.draws - 1))
    axes.set_title(f"Numbers repeated from the draw before\n{mean:.4f} on average; 5 are expected", fontsize=10)


def _collections(axes: Axes, tally: Tally) -> None:
    taken = tally.collections[: planned_collections(tally.draws)]
    lengths = np.arange(len(COLLECTION_CHANCES))
    if taken.size:
        observed = np.bincount(np.minimum(taken, lengths[-1]), minlength=len(lengths)).cumsum() / taken.size
        axes.step(lengths, observed, where="post", color=QUIET, linewidth=1.5, label="observed")
    axes.plot(lengths, np.cumsum(COLLECTION_CHANCES), "o", color=INK, markersize=4, label="expected")
    mean = float((lengths * np.array(COLLECTION_CHANCES)).sum())
    axes.set(xlim=(0, 60), ylim=(0, 1.02), xlabel="draws", ylabel="share of collections that are complete")
    axes.legend(frameon=False, loc="lower right")
    found = f"{taken.mean():.3f} on average" if taken.size else "none complete"
    axes.set_title(
        f"Draws until all 80 numbers have been seen, {taken.size:,} times\n{found}; {mean:.3f} are expected",
        fontsize=10,
    )


def _p_values(axes: Axes, verdict: Verdict) -> None:
    outcomes = list(reversed(verdict.outcomes))
    places = np.arange(len(outcomes))
    plain = np.maximum([one.p_value for one in outcomes], SMALLEST_P)
    adjusted = np.maximum([one.p_holm for one in outcomes], SMALLEST_P)
    colors = [ALARM if one.is_odd else INK for one in outcomes]
    axes.axvspan(SMALLEST_P / 10, ALPHA, color="#fbe3e4", zorder=0)
    axes.hlines(places, plain, adjusted, color=QUIET, linewidth=1)
    axes.scatter(plain, places, facecolors="none", edgecolors=colors, s=36, label="by itself", zorder=3)
    axes.scatter(adjusted, places, c=colors, s=36, label="with their number taken into account (Holm)", zorder=3)
    axes.set_xscale("log")
    axes.set_yticks(places, [f"{one.code}\np = {one.p_value:.2g}" for one in outcomes])
    axes.set(xlim=(min(1e-4, plain.min(initial=1) / 2), 1.5), ylim=(-0.6, len(outcomes) - 0.4), xlabel="p-value")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.45, -0.1), ncols=2)
    axes.set_title(f"p-values\nshaded: below {ALPHA}, too rare for a fair draw", fontsize=10)
