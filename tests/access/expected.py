"""
Who may what on the staff's site: the one table that the tests compare the site with. It is written by hand, beside
`access.roles` and not from it. An address that stands in none of its parts fails a test, so whoever adds one says here
whom it is for.

Letters: C compliance, S support, O an operator's own staff, R regulator, B banker's admin. The super-admin may open
everything that anybody may, and what has no letter; a dash is nobody, the super-admin neither.
"""

from access.models import Role

LETTERS = {
    "C": Role.COMPLIANCE,
    "S": Role.SUPPORT,
    "O": Role.OPERATOR_STAFF,
    "R": Role.REGULATOR,
    "B": Role.BANKER_ADMIN,
}

SEE_ADD_CHANGE = """
access.rolenetwork                  CR     A      -
access.staffmember                  CR     A      -
access.staffsession                 CR     -      -
anchors.alarm                       CSR    -      -
anchors.contract                    CSOR   -      -
anchors.root                        CSOR   -      -
anchors.transaction                 CSOR   -      -
approvals.request                   CSORB  -      -
audit.auditentry                    CSOR   -      -
banker.correction                   CORB   -      -
banker.member                       CSORB  -      -
banker.numberlimit                  CSORB  -      -
banker.phase                        CSORB  -      -
banker.resultentry                  CORB   -      -
banker.settlement                   CSORB  -      -
banker.slip                         CSORB  -      -
banker.statement                    CORB   -      -
bets.attempt                        CSOR   -      -
bets.betstate                       CSOR   -      -
bets.cancellation                   CSOR   -      -
bets.payout                         CSOR   -      -
bets.paytable                       CSOR   A      -
bets.settlement                     CSOR   -      -
bets.slip                           CSOR   -      -
calls.call                          CSOR   -      -
configuration.change                CR     -      -
flags.flag                          CSOR   -      -
localization.text                   CSOR   A      -
operators.apikey                    CSOR   A      -
operators.callerkey                 CSOR   A      -
operators.callsigningkey            CSR    -      -
operators.jurisdiction              CSORB  A      C
operators.operator                  CSORB  A      C
operators.walletconnection          CSOR   -      -
players.exclusion                   CSOR   -      -
players.player                      CSOR   -      -
players.playerlimit                 CSOR   -      -
players.realitycheck                CSOR   -      -
players.session                     CSOR   -      -
reconciliation.dailyfile            CSOR   -      -
reconciliation.difference           CSOR   -      -
reconciliation.reconciliationrun    CSOR   -      -
reports.reportrun                   CSOR   CO     -
reports.reportschedule              CSOR   CO     -
reports.revenueterm                 COR    A      -
reports.simulationrun               CSR    -      -
rounds.epoch                        CSOR   -      -
rounds.game                         CSOR   A      A
rounds.relay                        CSR    -      -
rounds.resultstree                  CSOR   -      -
rounds.round                        CSOR   -      -
rounds.signingkey                   CSOR   -      -
wallet.account                      CSOR   -      -
wallet.archivedday                  CSOR   -      -
wallet.resolution                   CSOR   -      -
wallet.transaction                  CSOR   -      -
wallet.walletcall                   CSOR   -      -
webhooks.attempt                    CSOR   -      -
webhooks.delivery                   CSOR   -      -
webhooks.endpoint                   CSOR   A      -
webhooks.event                      CSOR   -      -
"""

STEPS = """
access.rolenetwork remove           A
access.staffmember change_role      A
access.staffmember let_in_again     A
access.staffmember log_out          A
access.staffmember narrow           A
access.staffmember send_away        A
access.staffmember take_back        A
access.staffmember vouch            A
approvals.request approve           CSORB
approvals.request reject            CSORB
approvals.request withdraw          CSORB
banker.member keep_out              B
banker.member let_in                B
banker.phase close                  B
banker.phase open                   B
bets.betstate proof                 CSOR
bets.paytable activate              C
calls.call errors                   CSOR
flags.flag acknowledge              CO
flags.flag dismiss                  CO
localization.text edit              A
localization.text remove            A
operators.apikey revoke             A
operators.apikey rotate             A
operators.callerkey revoke          A
operators.callerkey rotate          A
operators.callsigningkey rotate     A
operators.operator connect          A
operators.operator dress            C
operators.operator integrate        C
operators.operator limit            C
operators.operator resume           C
operators.operator suspend          C
operators.walletconnection pause    A
operators.walletconnection ping     A
operators.walletconnection resume   A
operators.walletconnection rotate   A
players.exclusion lift              CO
players.player block                CSO
players.player limit                CSO
players.player shut_out             CSO
players.player unblock              CSO
players.session revoke              CSO
reconciliation.difference resolve   C
reports.reportrun download          CSOR
reports.reportschedule end          CO
reports.simulationrun plot          CSR
rounds.epoch publish                C
rounds.game pause_clock             A
rounds.game run_clock               A
rounds.game step_clock              A
rounds.round void                   C
wallet.walletcall propose           CS
webhooks.delivery replay            A
webhooks.endpoint change_it         A
webhooks.endpoint pause             A
webhooks.endpoint remove            A
webhooks.endpoint replay            A
webhooks.endpoint resume            A
webhooks.endpoint rotate            A
webhooks.endpoint test              A
"""

OTHER_PAGES = """
app_list                            CSORB
autocomplete                        -
backup_codes                        CSORB
configuration_setting               C
configuration_settings              CR
confirm                             CSORB
desk-bet                            CSOR
desk-inbox                          CSORB
desk-player                         CSOR
desk-round                          CSOR
desk-search                         CSORB
index                               CSORB
jsi18n                              CSORB
log_out_elsewhere                   CSORB
logout                              CSORB
my_access                           CSORB
new_phone                           CSORB
operators_pick                      CSORB
password_change                     CSORB
password_change_done                CSORB
search                              CSORB
"""

OUTSIDE = {"login", "second_factor", "enrol"}
"""The pages of getting in."""

Who = frozenset[Role]
_NOBODY, _EVERYBODY_ELSE = "-", frozenset({Role.SUPER_ADMIN})


def _who(letters: str) -> Who:
    if letters == _NOBODY:
        return frozenset()
    return _EVERYBODY_ELSE | {LETTERS[letter] for letter in letters if letter != "A"}


def tables() -> dict[str, tuple[Who, Who, Who]]:
    """Who sees, who adds and who changes, by table. What a line leaves out is the super-admin's alone."""
    found = {}
    for line in SEE_ADD_CHANGE.strip().splitlines():
        label, *columns = line.split()
        see, add, change = (*columns, *["A"] * (3 - len(columns)))
        found[label] = (_who(see), _who(add), _who(change))
    return found


def steps() -> dict[tuple[str, str], Who]:
    """Who may take a step, by table and step."""
    rows = (line.split() for line in STEPS.strip().splitlines())
    return {(label, step): _who(letters) for label, step, letters in rows}


def others() -> dict[str, Who]:
    """Who may open the pages that belong to no table, by their names."""
    rows = (line.split() for line in OTHER_PAGES.strip().splitlines())
    return {name: _who(letters) for name, letters in rows}
