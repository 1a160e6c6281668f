"""All scenarios, in the order in which they are tried and told."""

from keno_kit.conformance.scenario import Scenario, registered
from keno_kit.conformance.scenarios import (
    amounts,
    credits,
    form,
    plain,
    refusals,
    repetition,
    rollbacks,
    signatures,
    tolerance,
)

ORDER = (plain, form, amounts, refusals, repetition, rollbacks, credits, tolerance, signatures)
SCENARIOS: tuple[Scenario, ...] = tuple(
    one for module in ORDER for one in registered() if one.run.__module__ == module.__name__
)
BY_NAME = {one.name: one for one in SCENARIOS}
