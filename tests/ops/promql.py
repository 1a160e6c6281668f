"""
As much of Prometheus' query language as the alerts use, evaluated over scrapes that were taken some seconds apart.

Vectors are maps from labels to values. It knows no more than what stands in ops/prometheus/alerts.yml; anything else is
an error, so that an alert which cannot be tested cannot be written.
"""

import math
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.ops.scraping import Scrape

Labels = tuple[tuple[str, str], ...]
Vector = dict[Labels, float]
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<word>[a-zA-Z_:][\w:]*)|(?P<text>\"[^\"]*\")|(?P<range>\[\d+[smh]\])"
    r"|(?P<sign>=~|!=|==|>=|<=|[-+*/><=(){},]))"
)
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    ">=": operator.ge,
}
_AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {"sum": sum, "max": max, "min": min}


@dataclass(frozen=True, slots=True)
class Moment:
    """The scrapes of one target, oldest first, `seconds` between the first and the last, and the time of the last."""

    scrapes: Sequence[Scrape]
    seconds: float = 60.0
    now: float = 0.0


def fires(expression: str, moment: Moment) -> list[dict[str, str]]:
    """The labels of every alert that the expression raises; none when all is well."""
    return [dict(labels) for labels in _Reader(expression, moment).whole()]


class _Reader:
    """One expression, read from left to right: comparison, then quotient and difference, then what is in brackets."""

    def __init__(self, expression: str, moment: Moment) -> None:
        self._moment = moment
        self._tokens: list[str] = []
        at = 0
        while at < len(expression.rstrip()):
            found = _TOKEN.match(expression, at)
            if found is None:
                raise ValueError(f"{expression!r}: nobody understands {expression[at:]!r}")
            self._tokens.append(found[0].strip())
            at = found.end()

    def whole(self) -> Vector:
        left = self._arithmetic()
        sign = self._take()
        bound = float(self._take())
        if self._tokens or not isinstance(left, dict):
            raise ValueError(f"unread: {self._tokens}")
        return {labels: value for labels, value in left.items() if _COMPARE[sign](value, bound)}

    def _take(self, wanted: str = "") -> str:
        token = self._tokens.pop(0)
        if wanted and token != wanted:
            raise ValueError(f"{token!r} stands where {wanted!r} should")
        return token

    def _peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _arithmetic(self) -> "Vector | float":
        left = self._value()
        while self._peek() in ("/", "-"):
            left = _combine(left, self._take(), self._value())
        return left

    def _value(self) -> "Vector | float":
        token = self._take()
        if token in _AGGREGATES:
            return self._aggregate(_AGGREGATES[token])
        if token == "time":
            self._take("("), self._take(")")
            return self._moment.now
        if token == "absent":
            return {} if self._in_brackets() else {(): 1.0}
        if token == "histogram_quantile":
            self._take("(")
            part = float(self._take())
            self._take(",")
            buckets = self._value()
            self._take(")")
            assert isinstance(buckets, dict)
            return _quantile(part, buckets)
        if token in ("rate", "increase"):
            return self._growth(per_second=token == "rate")
        return self._selected(token, self._moment.scrapes[-1], self._conditions())

    def _in_brackets(self) -> "Vector | float":
        self._take("(")
        found = self._arithmetic()
        self._take(")")
        return found

    def _aggregate(self, merge: Callable[[Sequence[float]], float]) -> Vector:
        by: list[str] = []
        if self._peek() == "by":
            self._take(), self._take("(")
            while (token := self._take()) != ")":
                if token != ",":
                    by.append(token)
        vector = self._in_brackets()
        assert isinstance(vector, dict)
        groups: dict[Labels, list[float]] = defaultdict(list)
        for labels, value in vector.items():
            groups[tuple((name, value_) for name, value_ in labels if name in by)].append(value)
        return {labels: merge(values) for labels, values in groups.items()}

    def _growth(self, *, per_second: bool) -> Vector:
        self._take("(")
        name = self._take()
        conditions = self._conditions()
        if not self._take().startswith("["):
            raise ValueError("a growth needs a range")
        self._take(")")
        first = self._selected(name, self._moment.scrapes[0], conditions)
        last = self._selected(name, self._moment.scrapes[-1], conditions)
        over = self._moment.seconds if per_second else 1.0
        return {labels: (value - first.get(labels, 0.0)) / over for labels, value in last.items()}

    def _conditions(self) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        if self._peek() != "{":
            return found
        self._take()
        while (token := self._take()) != "}":
            if token != ",":
                found.append((token, self._take(), self._take().strip('"')))
        return found

    def _selected(self, name: str, scrape: Scrape, conditions: list[tuple[str, str, str]]) -> Vector:
        return {
            tuple(sorted(has.items())): value
            for has, value in scrape.matching(name, {})
            if all(_meets(has.get(label, ""), sign, wanted) for label, sign, wanted in conditions)
        }


def _meets(value: str, sign: str, wanted: str) -> bool:
    match sign:
        case "=":
            return value == wanted
        case "!=":
            return value != wanted
        case "=~":
            return re.fullmatch(wanted, value) is not None
    raise ValueError(f"nobody understands {sign}")


def _combine(left: "Vector | float", sign: str, right: "Vector | float") -> Vector:
    """Number with vector, or two vectors by their labels."""
    work: Callable[[float, float], float] = _divide if sign == "/" else operator.sub
    if isinstance(left, dict) and isinstance(right, dict):
        return {labels: work(value, right[labels]) for labels, value in left.items() if labels in right}
    if isinstance(right, dict):
        assert not isinstance(left, dict)
        return {labels: work(left, value) for labels, value in right.items()}
    assert isinstance(left, dict)
    return {labels: work(value, right) for labels, value in left.items()}


def _divide(one: float, other: float) -> float:
    return one / other if other else math.nan


def _quantile(part: float, buckets: Vector) -> Vector:
    """Of each group of buckets the bound below which that part of all lies, as upper bound of its bucket."""
    groups: dict[Labels, list[tuple[float, float]]] = defaultdict(list)
    for labels, value in buckets.items():
        bound = float(dict(labels)["le"])
        groups[tuple(one for one in labels if one[0] != "le")].append((bound, value))
    found: Vector = {}
    for labels, counts in groups.items():
        counts.sort()
        total = counts[-1][1]
        if total:
            found[labels] = next(bound for bound, count in counts if count >= part * total)
    return found
