"""The staff of tests/admin, and the history that they look at."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User

from tests.admin.conftest import desk, played, superuser
from tests.admin.desk import Desk
from tests.support.fixtures import standing_game, standing_rounds

__all__ = ["desk", "played", "standing_game", "standing_rounds", "superuser"]


@pytest.fixture
def clerk(committed: None, unique: Callable[[str], str]) -> Callable[..., Desk]:
    """The browser of a member of staff who has these permissions and no others: `clerk("view_betstate")`."""

    def hire(*permissions: str) -> Desk:
        user = User.objects.create_user(unique("clerk"), is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return Desk(user)

    return hire
