"""What is asked of whoever wants in."""

from typing import Any

from django import forms
from unfold.forms import AuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES

CODE_MAX, NAME_MAX = 40, 150
_CLASSES = " ".join(BASE_INPUT_CLASSES)


def _code(label: str, help_text: str = "") -> forms.CharField:
    attributes = {
        "autocomplete": "one-time-code",
        "inputmode": "text",
        "autocapitalize": "none",
        "spellcheck": "false",
        "class": _CLASSES,
    }
    return forms.CharField(
        max_length=CODE_MAX, label=label, help_text=help_text, widget=forms.TextInput(attrs=attributes)
    )


class LogInForm(AuthenticationForm):  # type: ignore[misc]  # unfold has no types
    """The first step of logging in."""

    def clean_username(self) -> str:
        """What is longer than any name is nobody's, and is not even asked for."""
        name = str(self.cleaned_data.get("username", ""))
        if len(name) > NAME_MAX:
            raise self.get_invalid_login_error()
        return name


class CodeForm(forms.Form):
    """The second step of logging in."""

    code = _code("Code", "The six digits that your app shows, or one of your backup codes.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["autofocus"] = ""


class FirstCodeForm(CodeForm):
    """The first code of a new app."""

    code = _code("Code", "The six digits that your app shows now.")


class ConfirmForm(forms.Form):
    """Password and code once more."""

    password = forms.CharField(
        max_length=512,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": _CLASSES, "autofocus": ""}),
    )
    code = _code("Code", "The six digits that your app shows now, or one of your backup codes.")
