"""A scenario: a name, a rule in one sentence, the calls that it uses, and how it is tried."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from keno_kit.conformance.trial import Trial
from keno_kit.sandbox.asks import CALLS, Call

Try = Callable[[Trial], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """
    One rule. `section` is the heading of the wallet API's page that has it.

    `proves` is the call whose plain good case this is: when it is not even readable, nothing else that uses the call
    can be judged. A scenario of form is tried whatever happens to the others.
    """

    name: str
    rule: str
    section: str
    uses: frozenset[Call]
    run: Try
    proves: Call | None = None
    form: bool = False


_found: list[Scenario] = []


def scenario(section: str, *uses: Call, proves: Call | None = None, form: bool = False) -> Callable[[Try], Try]:
    """Make a scenario of a function: its name with hyphens, and its docstring as the rule."""

    def register(run: Try) -> Try:
        name = run.__name__.replace("_", "-")
        rule = " ".join((run.__doc__ or "").split())
        called = frozenset(uses or CALLS)
        _found.append(Scenario(name=name, rule=rule, section=section, uses=called, run=run, proves=proves, form=form))
        return run

    return register


def registered() -> tuple[Scenario, ...]:
    """All that were made so far, in their order."""
    return tuple(_found)
