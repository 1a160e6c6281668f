"""The second factor: set up, asked for, replaced. A code that was used is of no more use."""

from dataclasses import dataclass
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from django.db import transaction

from access import codes
from access.models import Authenticator, BackupCode, Ending, StaffMember
from access.services.sessions import end_sessions_of
from audit import services as audit
from keno_platform.core import clock
from operators.services import Resealed

ANOTHER_PHONE_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an app needs to show a member's codes. It is shown to the member, and nowhere else."""

    key: bytes
    address: str

    @property
    def text(self) -> str:
        """The key as it is typed."""
        return codes.as_text(self.key)


@transaction.atomic
def begin_enrolment(member: StaffMember) -> Enrolment:
    """
    The key of a second factor that is not confirmed yet: the same one until it is, so that going back to the page does
    not spoil what was scanned.

    :raises ValueError: the member has a confirmed one already.
    """
    present = Authenticator.objects.select_for_update().filter(user_id=member.user_id).first()
    if present is not None and present.confirmed:
        raise ValueError("a second factor stands already")
    key = codes.open_key(bytes(present.sealed), user_id=member.user_id) if present else codes.new_key()
    if present is None:
        sealed = codes.seal_key(key, user_id=member.user_id)
        Authenticator.objects.create(user_id=member.user_id, name="app", confirmed=False, sealed=sealed)
    return Enrolment(key=key, address=codes.address_of(key, name=member.user.get_username()))


@transaction.atomic
def finish_enrolment(member: StaffMember, *, code: str, actor: str, address: str | None) -> list[str] | None:
    """
    Confirm a second factor by its first code. Returns new backup codes, which are kept nowhere; None where the code is
    wrong.
    """
    device = Authenticator.objects.select_for_update().filter(user_id=member.user_id, confirmed=False).first()
    if device is None or not device.verify_token(code):
        return None
    device.confirmed, device.confirmed_at = True, clock.now()
    device.save(update_fields=["confirmed", "confirmed_at"])
    StaffMember.objects.filter(pk=member.pk).update(invited_until=None)
    made = _make_backup_codes(member)
    _record("staff.enrolled", "a second factor was set up", member, actor, address)
    return made


@transaction.atomic
def check_code(member: StaffMember, code: str, *, address: str | None = None) -> bool:
    """Whether this is a code of the member's app, or a backup code, that was not used before. Now it is."""
    device = Authenticator.objects.select_for_update().filter(user_id=member.user_id, confirmed=True).first()
    if device is None:
        return False
    if len(code) > codes.DIGITS + 1:
        return _use_backup_code(member, device, code, address)
    return bool(device.verify_token(code))


def _use_backup_code(member: StaffMember, device: Authenticator, code: str, address: str | None) -> bool:
    if not device.verify_is_allowed()[0]:
        return False
    hashed = codes.hash_backup_code(code)
    unused = BackupCode.objects.filter(user_id=member.user_id, hash=hashed, used_at__isnull=True)
    if not unused.update(used_at=clock.now()):
        device.throttle_increment()
        return False
    device.throttle_reset()
    actor = f"staff:{member.user.get_username()}"
    _record("staff.backup_code_used", "a backup code was used in the place of the app's", member, actor, address)
    return True


@transaction.atomic
def renew_backup_codes(member: StaffMember, *, actor: str, address: str | None = None) -> list[str]:
    """New backup codes; the old ones count no more."""
    made = _make_backup_codes(member)
    _record("staff.backup_codes_renewed", "new backup codes were made", member, actor, address)
    return made


@transaction.atomic
def replace_phone(member: StaffMember, *, actor: str) -> None:
    """Give up one's own second factor, to set it up anew at the next log-in. Ask for a fresh confirmation before."""
    reset_second_factor(member, reason="for another phone of the member's own", actor=actor)
    StaffMember.objects.filter(pk=member.pk).update(invited_until=clock.now() + ANOTHER_PHONE_WITHIN)


@transaction.atomic
def reset_second_factor(member: StaffMember, *, reason: str, actor: str) -> None:
    """Take a member's second factor away, with every session. Getting in again takes an invitation."""
    Authenticator.objects.filter(user_id=member.user_id).delete()
    BackupCode.objects.filter(user_id=member.user_id).delete()
    end_sessions_of(member.user_id, ending=Ending.REVOKED, actor=actor)
    _record("staff.second_factor_reset", f"the second factor was taken away: {reason}", member, actor, None)


def enrol_with(member: StaffMember, key: bytes, *, actor: str) -> None:
    """A second factor with a key that is known already, confirmed. For a machine of one's own: the demo and tests."""
    with transaction.atomic():
        Authenticator.objects.filter(user_id=member.user_id).delete()
        sealed, now = codes.seal_key(key, user_id=member.user_id), clock.now()
        Authenticator.objects.create(
            user_id=member.user_id, name="app", confirmed=True, confirmed_at=now, sealed=sealed
        )
        StaffMember.objects.filter(pk=member.pk).update(invited_until=None, first_password=False)
        _record("staff.enrolled", "a second factor was set up with a given key", member, actor, None)


@transaction.atomic
def reseal() -> Resealed:
    """Seal anew, under the first of the seal keys, whatever one of the old ones still seals."""
    already, resealed, lost = 0, 0, []
    for device in Authenticator.objects.select_for_update().select_related("user"):
        sealed = bytes(device.sealed)
        if codes.SEAL.is_current(sealed, about=device.about):
            already += 1
            continue
        try:
            key = codes.SEAL.open(sealed, about=device.about)
        except InvalidTag:
            lost.append(f"Authenticator of {device.user}")
            continue
        device.sealed = codes.SEAL.close(key, about=device.about)
        device.save(update_fields=["sealed"])
        resealed += 1
    return Resealed(already=already, resealed=resealed, lost=tuple(lost))


def _make_backup_codes(member: StaffMember) -> list[str]:
    BackupCode.objects.filter(user_id=member.user_id).delete()
    made = codes.new_backup_codes()
    BackupCode.objects.bulk_create(
        BackupCode(user_id=member.user_id, hash=codes.hash_backup_code(code)) for code in made
    )
    return made


def _record(event: str, said: str, member: StaffMember, actor: str, address: str | None) -> None:
    audit.record(
        event,
        description=f"{member.user.get_username()}: {said}",
        actor=actor,
        address=address,
        operator_id=member.operator_id,
        after={"member_id": member.pk},
    )
