"""Changing settings: at once, or for the sensitive ones by a request that somebody else has approved."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from audit import services as audit
from configuration import selectors
from configuration.models import Change
from configuration.registry import Setting
from keno_platform.core.errors import Kind, Refusal, Retry


class SettingInvalid(Refusal):
    """Not a value that this setting may have."""

    code = "setting_invalid"
    kind = Kind.INVALID
    title = "The setting cannot have this value"


class SettingIsSensitive(Refusal):
    """It is changed by a request that another person approves, and in no other way."""

    code = "setting_is_sensitive"
    kind = Kind.FORBIDDEN
    title = "Another person has to approve a change of this setting"


class SettingChanged(Refusal):
    """Somebody else changed it since it was read: read it again first."""

    code = "setting_changed"
    kind = Kind.CONFLICT
    title = "Somebody else has changed this setting meanwhile"
    retry = Retry.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who changes a setting, why, and by which approved request where it needs one."""

    actor: str
    reason: str
    approval_id: UUID | None = None
    address: str | None = None


@transaction.atomic
def set_value(setting: Setting[Any], new: Any, *, version: int, source: Source) -> Change:
    """
    Give a setting a value; None is the way back to its default. Every process knows it within a second.

    `version` is that of the change that counts so far, 0 where there was none: what was read is what is replaced.

    :raises SettingInvalid: it may not be this. :raises SettingIsSensitive: nobody has approved it.
    :raises SettingChanged: it is another version already.
    """
    checked = None if new is None else valid(setting, new)
    if setting.sensitive and source.approval_id is None:
        raise SettingIsSensitive(key=setting.key)
    before = _locked(setting.key)
    if (before.version if before else 0) != version:
        raise SettingChanged(key=setting.key)
    made = Change.objects.create(
        key=setting.key,
        version=version + 1,
        value=checked,
        sensitive=setting.sensitive,
        reason=source.reason,
        actor=source.actor,
        approval_id=source.approval_id,
    )
    _record(setting, before, made, source)
    transaction.on_commit(selectors.forget)
    return made


def valid(setting: Setting[Any], new: Any) -> Any:
    """:raises SettingInvalid: it may not be this."""
    try:
        return setting.check(new)
    except ValueError as error:
        raise SettingInvalid(f"{setting.key} {error}.", key=setting.key) from error


def counts(setting: Setting[Any], change: Change | None) -> Any:
    """What a setting is by its newest change."""
    return setting.default if change is None or change.value is None else change.value


def _locked(key: str) -> Change | None:
    """The newest change; nobody else changes this key until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('configuration:' || %s, 0))", [key])
    return selectors.newest_change(key)


def _record(setting: Setting[Any], before: Change | None, made: Change, source: Source) -> None:
    audit.record(
        "setting.changed",
        description=f"{setting.key}: {source.reason}",
        actor=source.actor,
        address=source.address,
        before={"value": counts(setting, before), "version": made.version - 1},
        after={
            "key": setting.key,
            "value": counts(setting, made),
            "version": made.version,
            "request_id": str(source.approval_id) if source.approval_id else None,
        },
    )
