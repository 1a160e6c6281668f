"""
How an operator looks: asked, tried in the real client at the size of a phone and of a desktop, and then saved.

The frames show the client on the operator's own domain with looks that are not saved; see `operators.preview`.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminColorInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from keno_platform.core.errors import Refusal
from keno_platform.core.plain import ADDRESS_MAX, NAME_MAX
from keno_platform.staff import steps
from keno_platform.staff.pages import StaffAdmin
from keno_platform.staff.policy import allow_frames
from keno_platform.staff.steps import StepForm
from operators import selectors, services
from operators.bound import public_context
from operators.models import BoardOrder, Operator
from operators.preview import PARAMETER, Preview
from operators.services.brand import LOGO_MAX

PREVIEW_PATH = "/preview"
THEMES = (("", "as the device"), ("light", "light"), ("dark", "dark"))
SAVE = "save"
"""The name of the button that saves; every other one only shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A frame of the size of a device, in CSS pixels. How large it is shown is the style sheet's."""

    name: str
    title: str
    width: int
    height: int


SCREENS = (
    # A phone's scroll bar lies over its page. Beside that of a desktop, 360 pixels are left.
    Screen(name="phone", title="Phone, 375 × 740", width=375, height=740),
    Screen(name="desktop", title="Desktop, 1280 × 800", width=1280, height=800),
)


def _text(**options: Any) -> forms.CharField:
    return forms.CharField(widget=UnfoldAdminTextInputWidget, **options)


def _choice(choices: Any, **options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **options)


class BrandForm(StepForm):
    """An operator's looks. The last two are for the preview alone."""

    name = _text(max_length=NAME_MAX)
    logo_url = _text(
        max_length=LOGO_MAX,
        required=False,
        label="Logo address",
        help_text="An https address without a port, or a path on the client's own host. Shown at 36 by 36 pixels.",
    )
    primary_color = forms.CharField(
        label="Colour",
        widget=UnfoldAdminColorInputWidget,
        help_text="Text on it and in it is computed, so that it can be read whatever the colour.",
    )
    languages = forms.MultipleChoiceField(
        choices=settings.LANGUAGES,
        required=False,
        label="Languages offered",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None: all of them, and those that the client learns later.",
    )
    default_language = _choice(settings.LANGUAGES)
    second_language = _choice(
        [("", "none"), *settings.LANGUAGES],
        required=False,
        help_text="Shown in the place of texts on fairness, errors and responsible play that no native speaker has "
        "reviewed.",
    )
    board_order = _choice(BoardOrder.choices, label="Order of the numbers")
    home_url = _text(
        max_length=ADDRESS_MAX,
        required=False,
        label="Home address",
        help_text="Where the way home leads when a session names no lobby.",
    )
    cashier_url = _text(
        max_length=ADDRESS_MAX,
        required=False,
        label="Cashier address",
        help_text="Where the way to the cashier leads when a session names none.",
    )
    preview_language = _choice(settings.LANGUAGES, label="Preview in", required=False)
    preview_theme = _choice(THEMES, label="Preview on a page that is", required=False)


_FIELDS = BrandForm.base_fields.keys() - {"acting_in", "preview_language", "preview_theme"}


def look(page: StaffAdmin, request: HttpRequest, operator: Operator) -> HttpResponse:
    """The step that tries and saves an operator's looks."""
    bound = request.POST if request.method == "POST" else None
    form = BrandForm(bound, initial=_initial(operator), acting_in=steps.acting_in(page))
    looks: dict[str, Any] = {}
    if bound is not None and form.is_valid():
        change = _change(form.cleaned_data)
        try:
            looks = services.check_brand(operator, change)
            if SAVE in bound:
                return _save(page, request, operator, change)
        except Refusal as refusal:
            messages.error(request, steps.text_of(refusal))
    shown = {
        "title": f"Brand of {operator.name}",
        "form": form,
        "frames": _frames(request, operator, looks, form),
        "is_tried": bool(looks),
    }
    answer = steps.show(page, request, "admin/brand.html", record=operator, **shown)
    return allow_frames(answer, selectors.client_origin(operator))


def _initial(operator: Operator) -> dict[str, Any]:
    return {name: getattr(operator, name) for name in _FIELDS} | {"preview_language": operator.default_language}


def _change(asked: dict[str, Any]) -> services.Brand:
    return services.Brand(**{name: asked[name] for name in _FIELDS} | {"languages": tuple(asked["languages"])})


def _save(page: StaffAdmin, request: HttpRequest, operator: Operator, change: services.Brand) -> HttpResponse:
    with public_context():
        services.change_brand(operator=operator, change=change, actor=steps.actor_of(request))
    messages.success(request, f"The brand of {operator.name} is saved.")
    return HttpResponseRedirect(steps.page_of(page, operator))


def _frames(
    request: HttpRequest, operator: Operator, looks: dict[str, Any], form: BrandForm
) -> list[tuple[Screen, str]]:
    asked = getattr(form, "cleaned_data", {})
    preview = Preview(
        operator_id=operator.pk,
        origin=f"{request.scheme}://{request.get_host()}",
        language=asked.get("preview_language") or looks.get("default_language", operator.default_language),
        theme=asked.get("preview_theme", ""),
        looks=looks,
    )
    address = f"{selectors.client_origin(operator)}{PREVIEW_PATH}?{urlencode({PARAMETER: preview.sign()})}"
    return [(screen, address) for screen in SCREENS]
