"""
Every count that processes keep, by its name. Those of one machine's processes stand side by side in files that are
mapped into memory (`registry` puts them together), so that one scrape sees all and a process that dies loses nothing.

Labels are what there are few of: operators, codes, tasks, steps. Never players, addresses or ids.
"""

import os

from django.conf import settings

if settings.METRICS_DIR:  # before the library is loaded, which decides then where it counts
    settings.METRICS_DIR.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.METRICS_DIR)

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram  # see above

REGISTRY = CollectorRegistry()
_QUICK = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_SLOW = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_SIZES = (1, 2, 5, 10, 25, 50, 100, 256)

REQUESTS = Counter(
    "keno_http_requests", "Calls answered, placements apart.", ("method", "route", "status"), registry=REGISTRY
)
REQUEST_SECONDS = Histogram(
    "keno_http_request_seconds",
    "How long calls took, placements apart.",
    ("route",),
    buckets=_QUICK,
    registry=REGISTRY,
)
PLACEMENTS = Counter("keno_placement_calls", "Calls that place bets, by their status.", ("status",), registry=REGISTRY)
PLACEMENT_SECONDS = Histogram(
    "keno_placement_seconds", "How long calls that place bets took.", buckets=_QUICK, registry=REGISTRY
)
FLIGHT_SLIPS = Histogram(
    "keno_placement_flight_slips", "Slips that went to the database together.", buckets=_SIZES, registry=REGISTRY
)
BETS = Counter("keno_bets_accepted", "Bets accepted, one for each round of a slip.", ("operator",), registry=REGISTRY)
STAKES = Counter(
    "keno_stakes_accepted_minor",
    "Turnover: stakes of accepted bets, in minor units of the operator's currency.",
    ("operator", "currency"),
    registry=REGISTRY,
)
REFUSALS = Counter("keno_refusals", "Calls and slips refused, by code.", ("code", "operator"), registry=REGISTRY)
SETTLEMENTS = Counter(
    "keno_settlements", "Rounds settled, once for each operator with bets in it.", ("operator",), registry=REGISTRY
)
SETTLED_BETS = Counter("keno_settled_bets", "Bets settled.", ("operator",), registry=REGISTRY)
SETTLEMENT_SECONDS = Histogram(
    "keno_settlement_seconds", "How long settling one round of one operator took.", buckets=_QUICK, registry=REGISTRY
)
SWEPT = Counter(
    "keno_swept_settlements", "Settlements that the sweeper found overdue: their message was lost.", registry=REGISTRY
)
STEPS = Counter("keno_round_steps", "Rounds moved along one arrow.", ("step",), registry=REGISTRY)
STEP_FAULTS = Counter("keno_round_step_faults", "Arrows that failed and are tried again.", ("step",), registry=REGISTRY)
STEP_SECONDS = Histogram(
    "keno_round_step_seconds",
    "How long one look at an arrow took, for all rounds that were due.",
    ("step",),
    buckets=_SLOW,
    registry=REGISTRY,
)
OUTBOUND_SECONDS = Histogram(
    "keno_outbound_seconds",
    "How long others' servers took to answer: lanes are operators' wallets and webhook receivers.",
    ("lane",),
    buckets=_SLOW,
    registry=REGISTRY,
)
OUTBOUND_FAILURES = Counter(
    "keno_outbound_failures", "Calls to others without an answer, by reason.", ("lane", "reason"), registry=REGISTRY
)
BREAKER_OPEN = Gauge(
    "keno_outbound_breaker_open",
    "Whether some process refuses to call: ten failures in a row.",
    ("lane",),
    multiprocess_mode="livemax",
    registry=REGISTRY,
)
SOCKETS = Gauge("keno_sockets", "Sockets that are open.", multiprocess_mode="livesum", registry=REGISTRY)
TASKS = Counter("keno_tasks", "Tasks ended, by outcome.", ("task", "outcome"), registry=REGISTRY)
TASK_SECONDS = Histogram("keno_task_seconds", "How long tasks ran.", ("task",), buckets=_SLOW, registry=REGISTRY)
TASK_ENDED = Gauge(
    "keno_task_ended_timestamp_seconds",
    "When a task last ended well, in seconds since 1970.",
    ("task",),
    multiprocess_mode="max",
    registry=REGISTRY,
)
VIOLATIONS = Gauge(
    "keno_invariant_violations",
    "Violations of an invariant, as the last `check_invariants` counted them.",
    ("invariant",),
    multiprocess_mode="mostrecent",
    registry=REGISTRY,
)
CHECKED = Gauge(
    "keno_invariants_checked_timestamp_seconds",
    "When `check_invariants` last ended, in seconds since 1970.",
    multiprocess_mode="max",
    registry=REGISTRY,
)
