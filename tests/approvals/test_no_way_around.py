"""No staff page does by itself what needs two people; and every action is whole."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission

from approvals import actions
from approvals.apps import ApprovalsConfig
from approvals.models import State
from keno_platform.celery import app

ROOT = Path(settings.BASE_DIR)
GUARDED = {
    "activate_paytable",
    "change_jurisdiction",
    "change_terms",
    "publish_key_early",
    "resolve",
    "resume_operator",
    "set_share",
    "void_in_transaction",
    "void_round",
}
"""Services that do what an action stands for."""
EXPECTED = {
    "bets.activate_paytable",
    "configuration.change_setting",
    "operators.change_jurisdiction",
    "operators.edit_jurisdiction",
    "operators.raise_limits",
    "operators.resume_operator",
    "reports.agree_share",
    "rounds.publish_epoch_key",
    "rounds.void_round",
    "wallet.resolve_dead_letter",
}


def staff_pages() -> list[Path]:
    rooms = [path for path in ROOT.iterdir() if (path / "__init__.py").exists() and path.name != "tests"]
    found = [path for room in rooms for path in room.rglob("*.py")]
    return [path for path in found if _is_page(path)]


def _is_page(path: Path) -> bool:
    is_named_so = path.name == "admin.py" or "admin" in path.parts or path.parent.name == "views"
    return is_named_so or "@admin.register" in path.read_text(encoding="utf-8")


def called(source: str) -> set[str]:
    """The names of everything that a module calls, or passes on to be called."""
    tree = ast.parse(source)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }


def test_no_staff_page_calls_what_needs_two_people() -> None:
    pages = staff_pages()
    assert len(pages) > 20
    found = {str(path.relative_to(ROOT)): called(path.read_text(encoding="utf-8")) & GUARDED for path in pages}
    assert {name: names for name, names in found.items() if names} == {}


def test_the_rule_sees_a_breach() -> None:
    assert called("from x import services\nservices.void_round(round_id=1)") & GUARDED == {"void_round"}
    assert called("change = resume_operator if up else other") & GUARDED == {"resume_operator"}


def test_everything_that_needs_two_people_can_be_asked_for() -> None:
    assert {one.code for one in actions.list_actions()} == EXPECTED


@pytest.mark.django_db
@pytest.mark.parametrize("action", actions.list_actions(), ids=lambda action: action.code)
def test_every_action_names_permissions_that_there_are(action: actions.Action) -> None:
    for permission in filter(None, (action.permission, action.permission_to_ask)):
        app_label, _, codename = permission.partition(".")
        assert Permission.objects.filter(content_type__app_label=app_label, codename=codename).exists(), permission
    assert action.title
    assert not action.title.endswith(".")


def test_an_action_is_registered_once() -> None:
    with pytest.raises(ValueError, match="already"):
        actions.register(actions.list_actions()[0])


def test_what_is_open_is_swept_by_a_task_that_there_is() -> None:
    app.loader.import_default_modules()
    [planned] = [one for one in settings.CELERY_BEAT_SCHEDULE.values() if one["task"].startswith("approvals.")]
    assert planned["task"] in app.tasks
    assert planned["schedule"] <= 60
    assert ApprovalsConfig.name in settings.SHARED_APPS
    assert State.OPEN in State.values
