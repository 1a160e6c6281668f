"""Changing who the members of staff are and how they get in. Every change is on record."""

from access.services.factors import (
    Enrolment,
    begin_enrolment,
    check_code,
    enrol_with,
    finish_enrolment,
    renew_backup_codes,
    replace_phone,
    reseal,
    reset_second_factor,
)
from access.services.lock_outs import lift_lock_out
from access.services.members import (
    MemberInvalid,
    MemberTerms,
    appoint,
    change_role,
    create_member,
    invite_again,
    narrow_member,
    password_changed,
    set_active,
    vouch,
)
from access.services.networks import allow_network, disallow_network, read_network
from access.services.sessions import (
    begin_session,
    confirm_session,
    end_other_sessions,
    end_session,
    end_sessions_of,
    touch_session,
)

__all__ = [
    "Enrolment",
    "MemberInvalid",
    "MemberTerms",
    "allow_network",
    "appoint",
    "begin_enrolment",
    "begin_session",
    "change_role",
    "check_code",
    "confirm_session",
    "create_member",
    "disallow_network",
    "end_other_sessions",
    "end_session",
    "end_sessions_of",
    "enrol_with",
    "finish_enrolment",
    "invite_again",
    "lift_lock_out",
    "narrow_member",
    "password_changed",
    "read_network",
    "renew_backup_codes",
    "replace_phone",
    "reseal",
    "reset_second_factor",
    "set_active",
    "touch_session",
    "vouch",
]
