"""The rules. One more is a function here and a code in `flags.models.RuleCode`."""

from flags.findings import Rule
from flags.rules.crowds import find_crowds
from flags.rules.returns import find_returns
from flags.rules.tempo import find_tempo

RULES: tuple[Rule, ...] = (find_tempo, find_crowds, find_returns)
