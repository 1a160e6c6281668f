"""
What each role may do, table by table: V sees, A adds, C changes, which is also what most steps ask for. What stands
in no line nobody may but the super-admin. Nothing is inherited and nothing is granted by a row of the database: a
member's own list can only take away.
"""

from collections.abc import Iterator, Mapping

from access.models import Role
from access.scopes import is_own_schemas, is_within_an_operator

_RIGHTS = {"V": "view", "A": "add", "C": "change"}
_COLUMNS = (Role.COMPLIANCE, Role.SUPPORT, Role.OPERATOR_STAFF, Role.REGULATOR, Role.BANKER_ADMIN)
"""The super-admin has no column: there is nothing that it may not."""

# Each line: a table, and in the columns' order what compliance, support, an operator's own staff, the regulator and a
# banker's admin may. A dash: nothing.
_TABLE = """
access.rolenetwork               V    -    -    V    -
access.staffmember               V    -    -    V    -
access.staffsession              V    -    -    V    -
anchors.alarm                    V    V    -    V    -
anchors.contract                 V    V    V    V    -
anchors.root                     V    V    V    V    -
anchors.transaction              V    V    V    V    -
approvals.request                V    V    V    V    V
audit.auditentry                 V    V    V    V    -
banker.correction                V    -    V    V    V
banker.member                    V    V    V    V    VC
banker.numberlimit               V    V    V    V    V
banker.phase                     V    V    V    V    VC
banker.resultentry               V    -    V    V    V
banker.settlement                V    V    V    V    V
banker.slip                      V    V    V    V    V
banker.statement                 V    -    V    V    V
bets.attempt                     V    V    V    V    -
bets.betstate                    V    V    V    V    -
bets.cancellation                V    V    V    V    -
bets.payout                      V    V    V    V    -
bets.paytable                    VC   V    V    V    -
bets.settlement                  V    V    V    V    -
bets.slip                        V    V    V    V    -
calls.call                       V    V    V    V    -
configuration.change             VAC  -    -    V    -
flags.flag                       VC   V    VC   V    -
localization.text                V    V    V    V    -
operators.apikey                 V    V    V    V    -
operators.callerkey              V    V    V    V    -
operators.callsigningkey         V    V    -    V    -
operators.jurisdiction           VC   V    V    V    V
operators.operator               VC   V    V    V    V
operators.walletconnection       V    V    V    V    -
players.exclusion                VC   V    VC   V    -
players.player                   VC   VC   VC   V    -
players.playerlimit              V    V    V    V    -
players.realitycheck             V    V    V    V    -
players.session                  VC   VC   VC   V    -
reconciliation.dailyfile         V    V    V    V    -
reconciliation.difference        VC   V    V    V    -
reconciliation.reconciliationrun V    V    V    V    -
reports.reportrun                VA   V    VA   V    -
reports.reportschedule           VA   V    VA   V    -
reports.revenueterm              V    -    V    V    -
reports.simulationrun            V    V    -    V    -
rounds.epoch                     VC   V    V    V    -
rounds.game                      V    V    V    V    -
rounds.relay                     V    V    -    V    -
rounds.resultstree               V    V    V    V    -
rounds.round                     VC   V    V    V    -
rounds.signingkey                V    V    V    V    -
wallet.account                   V    V    V    V    -
wallet.archivedday               V    V    V    V    -
wallet.resolution                VAC  VA   V    V    -
wallet.transaction               V    V    V    V    -
wallet.walletcall                V    V    V    V    -
webhooks.attempt                 V    V    V    V    -
webhooks.delivery                V    V    V    V    -
webhooks.endpoint                V    V    V    V    -
webhooks.event                   V    V    V    V    -
"""


ADDED_WITHIN = frozenset({"reports.reportrun", "reports.reportschedule"})
"""Shared tables whose pages let members within an operator add rows of that operator's, and of no other."""


def permissions_of(role: Role, *, within_an_operator: bool) -> frozenset[str]:
    """
    What a role may, as Django names it (`players.change_player`). Within an operator there is nothing of shared tables
    whose rows cannot be told apart by operator, and the others are only seen: a change there could concern others.
    """
    return frozenset(
        f"{label.partition('.')[0]}.{right}_{label.partition('.')[2]}"
        for label, rights in _LINES[role].items()
        for right in rights
        if not within_an_operator or _is_open_within(label, right)
    )


def _is_open_within(label: str, right: str) -> bool:
    """Whether members within an operator may have this right at all."""
    if is_own_schemas(label):
        return True
    return is_within_an_operator(label) and (right == "view" or (right == "add" and label in ADDED_WITHIN))


def rights_of(role: Role) -> Mapping[str, tuple[str, ...]]:
    """The same by table, for people to read: `players.player` gives `view, change`."""
    return _LINES[role]


def tables() -> frozenset[str]:
    """Every table that has a line."""
    return frozenset(label for lines in _LINES.values() for label in lines)


def _read() -> Iterator[tuple[Role, str, tuple[str, ...]]]:
    for line in _TABLE.strip().splitlines():
        label, *columns = line.split()
        for role, letters in zip(_COLUMNS, columns, strict=True):
            yield role, label, tuple(_RIGHTS[letter] for letter in letters if letter != "-")


_LINES: dict[Role, dict[str, tuple[str, ...]]] = {role: {} for role in Role}
for _role, _label, _rights in _read():
    if _label in _LINES[_role]:
        raise ValueError(f"two lines for {_label}")
    if _rights:
        _LINES[_role][_label] = _rights
