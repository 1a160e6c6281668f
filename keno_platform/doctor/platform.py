"""What the platform has to do: whether rounds, money, messages and the record go on, and the keys that they need."""

from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import Error, run_checks
from django.db.models import Q

from anchors.selectors import chain_status
from bets.selectors import has_active_paytable
from keno_platform.doctor.checks import Area, Fault, Notice, Register
from keno_platform.monitoring.collecting import StateCollector
from operators.models import OperatorStatus, WalletMode
from operators.selectors import list_domains, list_operators
from operators.tenancy import tenant_context
from rounds import custody
from rounds.models import NetworkName
from rounds.selectors import count_overdue, list_games
from rounds.watching import list_signing_keys, networks_in_use, relays
from webhooks.selectors import disabled_endpoints

check = Register(Area.PLATFORM)
LATE_MAX_S, SETTLE_MAX_S, OUTBOX_MAX_S, SEAL_MAX_S = 15, 30, 120, 60
AHEAD_MIN_S = 60
CHAIN_MAX_S = 900
RELAY_MAX_S = 120
SHOWN_MAX = 5
NEVER_SERVED = ".invalid"
"""The end of names that lead nowhere, such as that of the house of demo play."""
_WORKER = "Start a worker for the queue `{}`, and look into its log; docs/operations.md has the command"


@cache
def _values() -> Mapping[str, Mapping[tuple[str, ...], float]]:
    """By gauge and labels, as a scrape would see it."""
    return {
        family.name: {tuple(one.labels.values()): one.value for one in family.samples}
        for family in StateCollector().collect()
    }


def _largest(name: str) -> tuple[str, float]:
    """Whose value is largest, and the value."""
    found = _values().get(name, {})
    labels = max(found, key=lambda one: found[one], default=())
    return ("/".join(labels), found.get(labels, 0.0))


@check(mend="Look at docs/runbooks.md#gauges-cannot-be-asked")
def state_can_be_asked() -> str:
    failed = ["/".join(labels) for labels in _values().get("keno_gauge_failed", {})]
    if failed:
        raise Fault(f"not answered: {', '.join(failed)}")
    return f"{len(_values())} gauges"


@check(mend="Correct what it says; the same is said by: manage.py check")
def django_finds_nothing_wrong() -> str:
    wrong = [str(one.msg) for one in run_checks() if isinstance(one, Error)]
    if wrong:
        raise Fault("; ".join(wrong))
    return "manage.py check"


@check(mend="manage.py create_operator SLUG NAME CURRENCY DOMAIN")
def there_is_an_operator() -> str:
    active = list_operators().filter(status=OperatorStatus.ACTIVE).count()
    if not active:
        raise Notice("no operator is active")
    return f"{active} active"


@check(mend="keno game create CODE NAME, or in the admin: Games")
def there_is_a_game() -> str:
    active = list_games().filter(active=True).count()
    if not active:
        raise Notice("no game has rounds")
    return f"{active} active"


@check(mend="In the admin, Paytables: activate one for the operator")
def operators_have_paytables() -> str:
    without = []
    for operator in list_operators():
        with tenant_context(operator):
            if not has_active_paytable():
                without.append(operator.slug)
    if without:
        raise Fault(f"no active paytable: {', '.join(without[:SHOWN_MAX])}")
    return "all"


@check(mend="Add the names to KENO_ALLOWED_HOSTS (a leading dot covers all below), and restart the web")
def operators_domains_are_answered() -> str:
    found = [str(one) for one in list_domains().exclude(domain__endswith=NEVER_SERVED).values_list("domain", flat=True)]
    wrong = [one for one in found if not _is_allowed(one)]
    if wrong:
        raise Fault(f"not in KENO_ALLOWED_HOSTS: {', '.join(wrong[:SHOWN_MAX])}")
    return f"{len(found)} domains"


def _is_allowed(domain: str) -> bool:
    allowed = settings.ALLOWED_HOSTS
    return any(one in ("*", domain) or (one.startswith(".") and f".{domain}".endswith(one)) for one in allowed)


@check(mend=_WORKER.format("rounds") + "; is beat running?")
def rounds_are_on_time() -> str:
    late = count_overdue(by_s=LATE_MAX_S)
    if late:
        raise Fault(f"{late} rounds are {LATE_MAX_S} s late or more")
    return "all"


@check(mend="Is the beacon answering? See the relays in the admin, and docs/beacons.md")
def rounds_are_drawn() -> str:
    _, lag_s = _largest("keno_draw_lag_seconds")
    if lag_s > LATE_MAX_S:
        raise Fault(f"a round has waited {lag_s:.0f} s for its draw")
    return f"{lag_s:.0f} s at most"


@check(mend=_WORKER.format("settlement"))
def rounds_are_settled() -> str:
    _, lag_s = _largest("keno_settlement_lag_seconds")
    if lag_s > SETTLE_MAX_S:
        raise Fault(f"an operator has waited {lag_s:.0f} s for the settlement of a round")
    return f"{lag_s:.0f} s at most"


@check(mend="manage.py prepare_ahead, and look whether a worker serves the queue `default`")
def rounds_stand_ahead() -> str:
    if not list_games().filter(active=True, sandbox=False).exists():
        return "there is no game"
    _, ahead_s = _largest("keno_rounds_ahead_seconds")
    if ahead_s < AHEAD_MIN_S:
        raise Fault(f"some game has committed rounds for {ahead_s:.0f} s only")
    return f"for {ahead_s / 60:.0f} min at least"


@check(mend="Give all processes the KENO_SEAL_KEY that sealed them, or the old one in KENO_SEAL_KEYS_OLD")
def seal_key_opens_what_is_sealed() -> str:
    own = custody.own_public_keys()
    closed = [row.key_id for row in list_signing_keys() if bytes(row.public_key) not in own]
    if closed:
        raise Fault(f"no key that is given opens signing key {', '.join(closed[:SHOWN_MAX])}")
    return f"{len(own)} signing keys"


@check(mend=_WORKER.format("default") + "; then manage.py verify_audit")
def record_is_sealed() -> str:
    _, age_s = _largest("keno_audit_unsealed_seconds")
    if age_s > SEAL_MAX_S:
        raise Fault(f"an entry of the record has waited {age_s:.0f} s for its seal")
    return f"{age_s:.0f} s at most"


@check(mend=_WORKER.format("wallet") + "; docs/operations.md#an-operators-wallet-is-down-or-slow")
def wallets_get_their_calls() -> str:
    whose, age_s = _largest("keno_wallet_outbox_age_seconds")
    if age_s > OUTBOX_MAX_S:
        raise Fault(f"{whose}: the oldest credit or rollback has waited {age_s:.0f} s")
    return f"{age_s:.0f} s at most"


@check(mend="In the admin, Wallet calls, state dead letter: docs/operations.md#dead-letters")
def no_credit_is_a_dead_letter() -> str:
    found = {labels[0]: value for labels, value in _values()["keno_wallet_calls_open"].items() if labels[1] == "dead"}
    if found:
        raise Fault(", ".join(f"{whose}: {value:.0f}" for whose, value in found.items()))
    return "none"


@check(mend="In the admin, Wallets of operators: connect it again; its credits and rollbacks wait")
def wallets_are_connected() -> str:
    seamless = list_operators().filter(wallet_mode=WalletMode.SEAMLESS)
    without = [one.slug for one in seamless.filter(Q(wallet_connection=None) | Q(wallet_connection__active=False))]
    if without:
        raise Notice(f"paused or not connected: {', '.join(without[:SHOWN_MAX])}")
    return f"{seamless.count()} wallets"


@check(mend=_WORKER.format("webhooks"))
def events_get_their_numbers() -> str:
    _, age_s = _largest("keno_webhook_outbox_age_seconds")
    if age_s > SEAL_MAX_S:
        raise Fault(f"an event has waited {age_s:.0f} s for its number")
    return f"{age_s:.0f} s at most"


@check(mend="docs/operations.md#a-webhook-endpoint-is-disabled")
def webhook_endpoints_answer() -> str:
    disabled = disabled_endpoints().count()
    if disabled:
        raise Notice(f"{disabled} are disabled")
    return "all that are active"


@check(mend="manage.py chain_status; docs/anchoring.md has each alarm")
def roots_reach_the_chain() -> str:
    status = chain_status()
    if not status.configured:
        return "there is no chain: roots are signed, and wait"
    if status.alarms:
        raise Fault(", ".join(status.alarms))
    if status.oldest_waiting_s > CHAIN_MAX_S:
        raise Fault(f"a root has waited {status.oldest_waiting_s} s")
    return f"{status.waiting} roots wait"


@check(mend="Let the rounds worker reach the addresses in KENO_DRAND_URLS; docs/beacons.md")
def beacon_relays_answer() -> str:
    if not networks_in_use() - {NetworkName.LOCAL, NetworkName.NONE}:
        return "no game uses a public beacon"
    ages = {labels[0]: value for labels, value in _values()["keno_beacon_silence_seconds"].items()}
    answering = [url for url, age_s in ages.items() if age_s < RELAY_MAX_S]
    if not answering:
        raise Fault(f"none of {relays().count()} relays has answered within {RELAY_MAX_S} s")
    if len(answering) == 1:
        raise Notice("only one relay answers")
    return f"{len(answering)} relays"


@check(mend="manage.py create_staff NAME ROLE")
def somebody_can_log_in() -> str:
    found = get_user_model().objects.filter(is_staff=True, is_active=True).count()
    if not found:
        raise Notice("there is no member of staff")
    return f"{found} members of staff"
