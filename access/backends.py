"""What Django asks when it asks whether a member of staff may do something."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from access import selectors

_KEPT = "_permissions_as_staff"


class StaffBackend(ModelBackend):
    """
    The password is Django's, the permissions are the role's. Rows of users' and groups' permissions grant nothing;
    they can only narrow a member down.
    """

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, _KEPT):
            member = selectors.find_member(user_obj)
            setattr(user_obj, _KEPT, set(selectors.permissions_of_member(member)) if member else set())
        found: set[str] = getattr(user_obj, _KEPT)
        return found

    async def aget_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        raise NotImplementedError("staff's pages are not asynchronous")

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return self.get_all_permissions(user_obj, obj)

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

    def with_perm(self, *args: Any, **options: Any) -> Any:
        raise NotImplementedError("ask access.roles which roles have a permission")
