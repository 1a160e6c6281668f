"""
The settings that several rooms read, or that belong to none. A room with settings of its own registers them in its
`configured.py`, which its AppConfig imports.
"""

from configuration.registry import Between, Setting, register

APPROVAL_HOURS = register(
    Setting(
        key="approvals.open_hours",
        type=int,
        default=72,
        validate=Between(1, 720),
        description="How long a request for a second pair of eyes stays open before it expires.",
    )
)

STAFF_SESSION_MINUTES = register(
    Setting(
        key="staff.session_minutes",
        type=int,
        default=30,
        validate=Between(5, 480),
        sensitive=True,
        description="After how many minutes without a request a member of staff is logged out.",
    )
)
STAFF_FRESH_MINUTES = register(
    Setting(
        key="staff.fresh_minutes",
        type=int,
        default=5,
        validate=Between(1, 60),
        sensitive=True,
        description="For how many minutes a password and a code count for sensitive steps.",
    )
)

INBOX_CALL_MINUTES = register(
    Setting(
        key="inbox.stuck_call_minutes",
        type=int,
        default=5,
        validate=Between(1, 1440),
        description="How old an unfinished call to an operator's wallet is when somebody has to look at it.",
    )
)
INBOX_APPROVAL_MINUTES = register(
    Setting(
        key="inbox.approval_minutes",
        type=int,
        default=60,
        validate=Between(0, 10_080),
        description="How old an open request is when the inbox shows it as late.",
    )
)
INBOX_FLAG_HOURS = register(
    Setting(
        key="inbox.flag_hours",
        type=int,
        default=24,
        validate=Between(0, 720),
        description="How old an undecided flag is when the inbox shows it as late.",
    )
)
SEALING_STALLED_SECONDS = register(
    Setting(
        key="record.stalled_seconds",
        type=int,
        default=120,
        validate=Between(5, 3600),
        sensitive=True,
        description="How old the oldest entry without a place in the record is when sealing counts as stalled.",
    )
)
ROUNDS_OVERDUE_SECONDS = register(
    Setting(
        key="rounds.overdue_seconds",
        type=int,
        default=5,
        validate=Between(1, 600),
        description="How late a round opens or closes when the home page counts it as overdue.",
    )
)

LARGE_WIN_PERCENT = register(
    Setting(
        key="events.large_win_percent",
        type=int,
        default=10,
        validate=Between(0, 100),
        sensitive=True,
        description="From which part of the operator's highest win of a ticket a win is a large one, in percent, where "
        "the operator has no threshold of its own; 0: none is.",
    )
)
LARGE_WAGER_PERCENT = register(
    Setting(
        key="events.large_wager_percent",
        type=int,
        default=0,
        validate=Between(0, 100),
        sensitive=True,
        description="From which part of the operator's highest stake a stake is a large wager, in percent, where the "
        "operator has no threshold of its own; 0: none is.",
    )
)

REPORT_RETENTION_DAYS = register(
    Setting(
        key="reports.retention_days",
        type=int,
        default=90,
        validate=Between(1, 3650),
        sensitive=True,
        description="For how many days a report's file is kept after it was made. Its row stays.",
    )
)
