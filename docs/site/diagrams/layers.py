"""
Where boxes stand: each in a layer behind those that lead to it, layers ordered so that arrows cross seldom.

An arrow over several layers gets a place of its own in each between, so that it passes boxes instead of crossing them.
Arrows that lead back are turned round for the order, and drawn as they are.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MARGIN_PX, BESIDE_PX, SWEEPS = 16.0, 26.0, 6


@dataclass(frozen=True, slots=True)
class Place:
    """A point; of a box its middle."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where everything is; `ways` has the points of each arrow in the order in which they were given."""

    places: Mapping[str, Place]
    ways: Sequence[Sequence[Place]]
    width: float
    height: float


def arrange(
    sizes: Mapping[str, tuple[float, float]], arrows: Sequence[tuple[str, str]], *, across: bool, apart_px: float
) -> Plan:
    """`across` puts layers side by side, otherwise they lie below each other; `apart_px` is between two layers."""
    depth = _depths(list(sizes), arrows)
    chains = [_chain(number, *arrow, depth) for number, arrow in enumerate(arrows)]
    rank = dict(depth) | {name: at for chain in chains for name, at in chain}
    turned = {name: (size if across else size[::-1]) for name, size in sizes.items()}
    order = _order(rank, [[name for name, _ in chain] for chain in chains])
    along, deep = _along(order, turned, apart_px)
    beside, wide = _beside(order, turned)
    flat = {name: (along[rank[name]], beside[name]) for name in rank}
    points = {name: Place(*(one if across else one[::-1])) for name, one in flat.items()}
    ways = [_way(chain, flat, turned, across=across) for chain in chains]
    width, height = (deep, wide) if across else (wide, deep)
    return Plan(places={name: points[name] for name in sizes}, ways=ways, width=width, height=height)


def _depths(names: Sequence[str], arrows: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The layer of each: one behind the last that leads to it, arrows that lead back not counted."""
    onward: dict[str, list[str]] = defaultdict(list)
    for start, end in arrows:
        onward[start].append(end)
    depth = dict.fromkeys(names, 0)
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        for other in onward[name]:
            if other not in way and depth[other] < depth[name] + 1:
                depth[other] = depth[name] + 1
                visit(other, (*way, other))
        done.add(name)

    for name in names:
        if name not in done:
            visit(name, (name,))
    return depth


def _chain(number: int, start: str, end: str, depth: Mapping[str, int]) -> list[tuple[str, int]]:
    """An arrow's stations with their layers, its own places between included."""
    first, last = depth[start], depth[end]
    step = 1 if last >= first else -1
    between = [(f"{number}/{at}", at) for at in range(first + step, last, step)]
    return [(start, first), *between, (end, last)]


def _order(rank: Mapping[str, int], chains: Iterable[Sequence[str]]) -> list[list[str]]:
    """The layers, each in an order in which neighbours stand near each other."""
    near: dict[str, list[str]] = defaultdict(list)
    for chain in chains:
        for one, other in itertools.pairwise(chain):
            near[one].append(other)
            near[other].append(one)
    layers: list[list[str]] = [[] for _ in range(max(rank.values()) + 1)]
    for name, at in rank.items():
        layers[at].append(name)
    for sweep in range(SWEEPS):
        onward = sweep % 2 == 0
        for at in range(len(layers)) if onward else range(len(layers) - 1, -1, -1):
            place = {name: index / max(1, len(layer) - 1) for layer in layers for index, name in enumerate(layer)}
            beside = at - 1 if onward else at + 1
            layers[at].sort(key={name: _pull(name, near, rank, beside, place) for name in layers[at]}.__getitem__)
    return layers


def _pull(
    name: str, near: Mapping[str, Sequence[str]], rank: Mapping[str, int], other: int, place: Mapping[str, float]
) -> float:
    """Where a box's neighbours in the other layer stand on average; its own place when it has none."""
    pulled = [place[one] for one in near[name] if rank[one] == other] if name in near else []
    return sum(pulled) / len(pulled) if pulled else place[name]


def _along(
    order: Sequence[Sequence[str]], sizes: Mapping[str, tuple[float, float]], apart_px: float
) -> tuple[list[float], float]:
    """The middle of each layer in the direction of the arrows, and the length of all."""
    middles, at = list[float](), MARGIN_PX
    for layer in order:
        thick = max(sizes.get(name, (0.0, 0.0))[0] for name in layer)
        middles.append(at + thick / 2)
        at += thick + apart_px
    return middles, at - apart_px + MARGIN_PX


def _beside(order: Sequence[Sequence[str]], sizes: Mapping[str, tuple[float, float]]) -> tuple[dict[str, float], float]:
    """The middle of each box within its layer, layers centred; and how much the widest needs."""
    needs = [sum(sizes.get(name, (0, 8.0))[1] + BESIDE_PX for name in layer) - BESIDE_PX for layer in order]
    widest = max(needs)
    found = {}
    for layer, need in zip(order, needs, strict=True):
        at = MARGIN_PX + (widest - need) / 2
        for name in layer:
            size = sizes.get(name, (0.0, 8.0))[1]
            found[name] = at + size / 2
            at += size + BESIDE_PX
    return found, widest + 2 * MARGIN_PX


def _way(
    chain: Sequence[tuple[str, int]],
    flat: Mapping[str, tuple[float, float]],
    sizes: Mapping[str, tuple[float, float]],
    *,
    across: bool,
) -> list[Place]:
    """The points of an arrow, from the border of its first box to the border of its last."""
    (start, first), (end, last) = chain[0], chain[-1]
    sign = 1 if last >= first else -1
    points = [flat[name] for name, _ in chain]
    points[0] = (points[0][0] + sign * sizes[start][0] / 2, points[0][1])
    points[-1] = (points[-1][0] - sign * sizes[end][0] / 2, points[-1][1])
    return [Place(*(one if across else one[::-1])) for one in points]
