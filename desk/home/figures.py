"""What the home page shows: figures, each with how it is computed, in panels with at most one picture."""

from dataclasses import dataclass

from desk.charts import Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: its value, what it is of, and how it comes about; `address` leads to what it is made of."""

    title: str
    value: str
    note: str
    how: str
    alarming: bool = False
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Figures about one thing, and their picture."""

    title: str
    figures: tuple[Figure, ...]
    chart: Chart | None = None
