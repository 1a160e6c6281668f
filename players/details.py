"""What an operator may say when it opens a session: checked here, kept on the session, told to the client."""

import re
from dataclasses import dataclass
from uuid import UUID

from keno_platform.core.errors import Kind, Refusal
from keno_platform.core.plain import NAME_MAX, is_plain_name, is_return_address

RETURN_ADDRESSES = ("lobby_url", "cashier_url", "history_url", "reality_check_url")
_REFERENCE = re.compile(r"[!-~]{0,128}", re.ASCII)


class SessionDetailsInvalid(Refusal):
    """A detail of the session is not of the form that it must have; `params.field` says which."""

    code = "session_details_invalid"
    kind = Kind.INVALID
    title = "The details of the session are not valid"


class ReturnAddressInvalid(Refusal):
    """
    A return address is not an absolute https address (http for localhost only) without credentials, in printable
    ASCII, of at most 1000 characters; `params.field` says which.
    """

    code = "return_address_invalid"
    kind = Kind.INVALID
    title = "The return address is not valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDetails:
    """What a session is for. Empty means that the operator said nothing."""

    brand: str = ""
    jurisdiction_code: str = ""
    reference: str = ""
    lobby_url: str = ""
    cashier_url: str = ""
    history_url: str = ""
    reality_check_url: str = ""
    demo_for: UUID | None = None
    """The operator whose demo this is, in the books of the play-money house; None where money is real."""

    def check(self) -> None:
        """:raises SessionDetailsInvalid: or ReturnAddressInvalid, for the first thing that is wrong."""
        if not is_plain_name(self.brand):
            raise SessionDetailsInvalid(
                f"brand must be at most {NAME_MAX} visible characters and spaces.", field="brand"
            )
        if not _REFERENCE.fullmatch(self.reference):
            raise SessionDetailsInvalid(
                "session_reference must be at most 128 printable ASCII characters without spaces.",
                field="session_reference",
            )
        for name in RETURN_ADDRESSES:
            if (address := getattr(self, name)) and not is_return_address(address):
                raise ReturnAddressInvalid(field=name)
