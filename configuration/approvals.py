"""Sensitive settings under four eyes; and what approvals take from the configuration: how long a request stays open."""

from datetime import timedelta
from typing import Any

from approvals import actions
from approvals.ports import ports
from approvals.shapes import Case, Description, Line, Parties
from configuration import catalogue, selectors
from configuration.models import Change
from configuration.registry import Setting, get_setting
from configuration.services import SettingInvalid, Source, counts, set_value, valid

CHANGE = "configuration.change_setting"


def plug_in() -> None:
    """Called once when Django is ready."""
    actions.register(ACTION)
    ports.lifetime = lambda: timedelta(hours=selectors.value(catalogue.APPROVAL_HOURS))


def shown(value: Any) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _describe(case: Case) -> Description:
    setting, change, new = _read(case)
    now = counts(setting, change)
    if new == now:
        raise SettingInvalid(f"{setting.key} is {shown(now)} already.", key=setting.key)
    return Description(
        subject=f"Setting {setting.key}",
        lines=(
            Line(name=setting.key, before=shown(now), after=shown(new)),
            Line(name="default", before=shown(setting.default), after=shown(setting.default)),
        ),
        consequence=f"{setting.description} It counts in every process within a second.",
        confirm=setting.key,
    )


def _fingerprint(case: Case) -> dict[str, Any]:
    setting, change, _ = _read(case)
    return {"version": change.version if change else 0, "value": counts(setting, change)}


def _carry_out(case: Case, parties: Parties) -> str:
    setting, change, new = _read(case)
    source = Source(actor=parties.decided_by, reason=parties.reason, approval_id=parties.request_id)
    value = case.payload["value"]
    set_value(setting, value, version=change.version if change else 0, source=source)
    return f"{setting.key} is {shown(new)} now."


def _read(case: Case) -> tuple[Setting[Any], Change | None, Any]:
    """The setting, the change that counts, and what it is to be; a payload without a value means the default."""
    setting = get_setting(case.subject)
    new = case.payload["value"]
    return setting, selectors.newest_change(setting.key), setting.default if new is None else valid(setting, new)


ACTION = actions.Action(
    code=CHANGE,
    title="Change a sensitive setting",
    permission="configuration.add_change",
    describe=_describe,
    fingerprint=_fingerprint,
    carry_out=_carry_out,
)
