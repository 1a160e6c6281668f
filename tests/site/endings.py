"""
Which alerts the commands of their runbook end in `make runbooks`, and which no command can end, with the reason.

Those in ENDED_BY_OTHERS are provoked there too, and go quiet when somebody else has done what the page says.
"""

from collections.abc import Mapping

ENDED: tuple[str, ...] = (
    *("KenoRoundsLate", "KenoDrawsWait", "KenoSettlementLate", "KenoRoundsRunOut", "KenoSweeperBusy"),
    *("KenoPlacementSlow", "KenoPlacementFails", "KenoRefusedByUs", "KenoWalletBehind", "KenoInvariantsUnchecked"),
    *("KenoWebhooksLate", "KenoWebhookEndpointDisabled", "KenoQueueLong", "KenoChainAlarm", "KenoRootsWait"),
    *("KenoRecordUnsealed", "KenoDatabaseDown", "KenoBrokerDown", "KenoMetricsMissing", "KenoConnectionsScarce"),
    "KenoTransactionOpen",
)
ENDED_BY_OTHERS: Mapping[str, str] = {
    "KenoInvariantBroken": "people repair the books; the page's check then says that nothing is broken",
    "KenoMoneyInDoubt": "the operator's wallet has to answer again",
    "KenoBreakerOpen": "the operator's wallet has to answer again",
    "KenoTasksFail": "ends with its cause, here the database that was away",
}
NOT_PROVOKED: Mapping[str, str] = {
    "KenoRoundsVoid": "ends an hour after the last void round, and nothing has to be done; fires in tests/ops",
    "KenoRoundStepFails": "a fault of our own code, which is mended by a new version; fires in tests/ops",
    "KenoBeaconSilent": "only the public network can sign the value that ends the silence; fires in tests/ops",
    "KenoDeadLetter": "two members of staff decide in the admin: tests/wallet has their steps; fires in tests/ops",
    "KenoGaugeFailed": "needs a database of an older version, which tests/upgrades has; fires in tests/ops",
    "KenoWraparoundNear": "sixteen hundred million transactions cannot be made in a test; fires in tests/ops",
}
