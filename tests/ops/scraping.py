"""Reading what a scrape says, as Prometheus does."""

from collections.abc import Iterator

from prometheus_client.parser import text_string_to_metric_families


class Scrape:
    """The samples of one text."""

    def __init__(self, text: str) -> None:
        self._families = list(text_string_to_metric_families(text))
        self.samples = [
            (sample.name, dict(sample.labels), float(sample.value))
            for family in self._families
            for sample in family.samples
        ]

    def families(self) -> set[str]:
        """The names of what is told, without the endings of counters."""
        return {family.name for family in self._families}

    def matching(self, name: str, labels: dict[str, str]) -> Iterator[tuple[dict[str, str], float]]:
        """The samples with this name, and these among their labels."""
        for own, has, value in self.samples:
            if own == name and labels.items() <= has.items():
                yield has, value

    def value(self, name: str, **labels: str) -> float:
        """The one sample with exactly these labels; 0 when there is none yet."""
        return next((value for has, value in self.matching(name, labels) if has == labels), 0.0)

    def total(self, name: str, **labels: str) -> float:
        """The sum of all with these among their labels."""
        return sum(value for _, value in self.matching(name, labels))

    def labels(self, name: str) -> list[dict[str, str]]:
        """The labels of every sample with this name."""
        return [has for has, _ in self.matching(name, {})]
