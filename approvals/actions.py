"""
What can be asked for. A room registers each of its actions in `<room>/approvals.py`, which its AppConfig imports when
it is ready.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from approvals.shapes import Block, Case, Description, Parties
from keno_platform.core.errors import NotFound

Effect = Callable[[Case], tuple[Block, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """
    One kind of change under four eyes. `code` is `<room>.<verb>_<what>`; `permission` is what both people need, unless
    `permission_to_ask` is another one for the first of them.

    describe:    what changes, as it stands now. A refusal means that there is nothing to ask for.
    fingerprint: the facts that the change rests on, as JSON values. Approving fails when they are not what they were
                 when it was asked. It runs in the transaction that carries the change out, so it locks what it reads.
    carry_out:   does it, inside the caller's transaction; a refusal undoes it and fails the request. Returns what was
                 done, in words.
    effect:      the exact consequence, as tables and pictures.
    lifetime:    how long a request stays open, where that is not as for the others.
    """

    code: str
    title: str
    permission: str
    describe: Callable[[Case], Description]
    fingerprint: Callable[[Case], Mapping[str, Any]]
    carry_out: Callable[[Case, Parties], str]
    effect: Effect | None = None
    permission_to_ask: str = ""
    lifetime: timedelta | None = None


_actions: dict[str, Action] = {}
_more_effects: dict[str, list[Effect]] = {}


def register(action: Action) -> None:
    """
    Make an action known.

    :raises ValueError: there is one with this code.
    """
    if action.code in _actions:
        raise ValueError(f"there is an action {action.code} already")
    _actions[action.code] = action


def add_effect(code: str, effect: Effect) -> None:
    """Let a room above add to what an action's requests show, such as a simulation of what will be paid."""
    _more_effects.setdefault(code, []).append(effect)


def get_action(code: str) -> Action:
    """:raises NotFound: nothing of this code can be asked for."""
    try:
        return _actions[code]
    except KeyError as error:
        raise NotFound(f"There is no action {code[:64]!r}.") from error


def list_actions() -> list[Action]:
    """Everything that can be asked for, by its code."""
    return [_actions[code] for code in sorted(_actions)]


def effect_of(action: Action, case: Case) -> tuple[Block, ...]:
    """The whole effect, also what rooms above add."""
    parts = [action.effect] if action.effect else []
    return tuple(block for part in (*parts, *_more_effects.get(action.code, ())) for block in part(case))
