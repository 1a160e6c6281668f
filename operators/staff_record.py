"""What the record tells of where members of staff are."""

from django.http import HttpRequest

from operators.origins import client_address


def staff_address(request: HttpRequest | None) -> str | None:
    """Where a member of staff called from, as far as that can be told."""
    if request is None:
        return None
    remote, forwarded = request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", "")
    return client_address(remote, forwarded) or None
