"""Figures of the whole installation: rounds, chain, beacon, record, and what waits for a decision."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from anchors.selectors import ChainStatus, chain_status
from approvals.selectors import may_decide, open_requests
from audit.standing import sealing
from configuration.catalogue import ROUNDS_OVERDUE_SECONDS, SEALING_STALLED_SECONDS
from configuration.selectors import value
from desk.charts import Chart, line
from desk.home.figures import Figure, Panel
from desk.sight import Sight
from keno_platform.core.clock import to_text
from rounds.admin.rounds import count_finished_lately
from rounds.models import NetworkName
from rounds.selectors import count_overdue
from rounds.watching import lateness, networks_in_use, relays

HOUR = timedelta(hours=1)
MINUTES = 60
BEACON_SILENT = timedelta(minutes=2)
LATE_S = 30.0
"""How long after its close a round should have ended, for the picture; nothing is enforced by it."""


def panels(sight: Sight, now: datetime) -> Iterator[Panel]:
    """What this member may see of it."""
    if sight.sees("rounds.round"):
        yield Panel(title="Rounds", figures=(*_operators(sight), *_rounds()), chart=_lateness(now))
    outside = tuple(_outside(sight, now))
    if outside:
        yield Panel(title="Chain, beacon, record and decisions", figures=outside)


def _operators(sight: Sight) -> Iterator[Figure]:
    if not sight.sees("operators.operator"):
        return
    active = [operator.is_active for operator in sight.operators()]
    yield Figure(
        title="Operators",
        value=f"{active.count(True)} active",
        note=f"{active.count(False)} suspended",
        how="Operators with a domain, by their status.",
        address=reverse("admin:operators_operator_changelist"),
    )


def _rounds() -> Iterator[Figure]:
    overdue_s = value(ROUNDS_OVERDUE_SECONDS)
    overdue = count_overdue(by_s=overdue_s)
    rounds = reverse("admin:rounds_round_changelist")
    yield Figure(
        title="Rounds finished",
        value=str(count_finished_lately()),
        note="closed in the last hour, and revealed or void",
        how="Rounds of all games whose close was in the last 60 minutes and whose seed is public, or that are void.",
        address=rounds,
    )
    yield Figure(
        title="Rounds overdue",
        value=str(overdue),
        note=f"should have opened or closed more than {overdue_s} s ago",
        how="Open rounds past their close and scheduled rounds past their opening, by their game's clock.",
        alarming=overdue > 0,
        address=f"{rounds}?status__exact=open",
    )


def _lateness(now: datetime) -> Chart | None:
    """The slowest end of each minute: how long after its close a round was over."""
    slowest: dict[datetime, float] = {}
    for closes_at, seconds in lateness(now - HOUR):
        minute = closes_at.replace(second=0, microsecond=0)
        slowest[minute] = max(slowest.get(minute, 0.0), seconds)
    if not slowest:
        return None
    minutes = sorted(slowest)
    title = "Seconds from the close of a round to its end, the slowest of each minute of the last hour"
    picture = line(
        [min(slowest[minute], 10 * LATE_S) for minute in minutes],
        [f"{minute:%H:%M}" for minute in minutes],
        title=title,
        bound=LATE_S,
    )
    rows = tuple((f"{minute:%H:%M} UTC", f"{slowest[minute]:.1f} s") for minute in minutes)
    return Chart(title=title, picture=picture, headings=("Minute", "Slowest"), rows=rows)


def _outside(sight: Sight, now: datetime) -> Iterator[Figure]:
    if sight.sees("anchors.root"):
        yield _chain(chain_status())
    if sight.sees("rounds.relay"):
        yield _beacon(now)
    if sight.sees("audit.checkpoint"):
        yield _record()
    if sight.sees("approvals.request"):
        yield _approvals(sight)


def _chain(status: ChainStatus) -> Figure:
    """How far the roots are on their way to the chain."""
    note = "no chain is configured"
    if status.configured:
        note = ", ".join(status.alarms) or f"for the chain; the last final one is number {status.last_final_seq}"
    return Figure(
        title="Roots waiting",
        value=str(status.waiting),
        note=note,
        how="Roots of epochs, results and the record that are registered and not final on the chain.",
        alarming=bool(status.alarms),
        address=reverse("admin:anchors_root_changelist"),
    )


def _beacon(now: datetime) -> Figure:
    public = networks_in_use() - {NetworkName.LOCAL, NetworkName.NONE}
    how = "The relays of public beacons that running games draw by: when one answered last, as the engine met it."
    if not public:
        return Figure(title="Beacon", value="own", note="no running game draws by a public beacon", how=how)
    answered = max((one.answered_at for one in relays() if one.answered_at), default=None)
    silent = answered is None or now - answered > BEACON_SILENT
    return Figure(
        title="Beacon",
        value="silent" if silent else "answers",
        note=f"last answer {to_text(answered)}" if answered else f"none of {len(settings.DRAND_URLS)} relays answered",
        how=how,
        alarming=silent,
        address=reverse("admin:rounds_relay_changelist"),
    )


def _record() -> Figure:
    state = sealing()
    trouble = state.trouble(after_s=value(SEALING_STALLED_SECONDS))
    age = "no checkpoint yet" if state.checkpoint_s is None else f"checkpoint {math.ceil(state.checkpoint_s)} s ago"
    return Figure(
        title="Record",
        value="stalled" if trouble else "sealed",
        note=trouble or f"{age}; {state.waiting:,} entries wait for their place",
        how="The age of the newest signed checkpoint of the record, and entries without a place in it.",
        alarming=bool(trouble),
        address=reverse("admin:audit_auditentry_changelist"),
    )


def _approvals(sight: Sight) -> Figure:
    waiting = list(sight.narrowed("approvals.request", open_requests()))
    yours = sum(may_decide(one, sight.user) for one in waiting)
    oldest = min((one.asked_at for one in waiting), default=None)
    return Figure(
        title="Approvals waiting",
        value=str(len(waiting)),
        note=f"{yours} that you may decide; the oldest since {to_text(oldest)}" if oldest else "nothing waits",
        how="Requests that wait for a second pair of eyes, as far as you may see them.",
        address=reverse("admin:approvals_request_changelist"),
    )
