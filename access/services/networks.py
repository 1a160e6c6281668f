"""From where a role may come."""

from ipaddress import ip_network

from django.db import transaction

from access.models import Role, RoleNetwork
from access.services.members import MemberInvalid
from audit import services as audit


def read_network(text: str) -> tuple[str]:
    """
    The network that a text means.

    :raises MemberInvalid: it means none.
    """
    try:
        return (str(ip_network(text.strip())),)
    except ValueError as error:
        raise MemberInvalid(str(error), field="network") from error


@transaction.atomic
def allow_network(*, role: str, network: str, note: str, actor: str) -> RoleNetwork:
    """
    Let a role come from a network. The first one of a role ends its being let in from anywhere else.

    :raises MemberInvalid: not a network, or no such role.
    """
    [plain] = read_network(network)
    if role not in Role.values:
        raise MemberInvalid("There is no such role.", field="role")
    allowed, made = RoleNetwork.objects.get_or_create(role=role, network=plain, defaults={"note": note})
    if made:
        _record("allowed", allowed, actor)
    return allowed


@transaction.atomic
def disallow_network(allowed: RoleNetwork, *, actor: str) -> None:
    """No more from this network. Without the last one of its role, the role may come from anywhere again."""
    _record("disallowed", allowed, actor)
    allowed.delete()


def _record(verb: str, allowed: RoleNetwork, actor: str) -> None:
    audit.record(
        f"staff.network_{verb}",
        description=f"{allowed.get_role_display()} from {allowed.network}",
        actor=actor,
        after={"role": allowed.role, "network": allowed.network},
    )
