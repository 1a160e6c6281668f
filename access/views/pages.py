"""What these pages are shown with, and where they lead on to."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def show(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> TemplateResponse:
    """A page of the staff's site that no cache keeps."""
    request.current_app = admin.site.name
    whole = {**admin.site.each_context(request), **context}
    response = TemplateResponse(request, f"access/{template}.html", whole, status=status)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def onward(asked: str) -> str:
    """The page of this site that was asked for; the home page where it was none."""
    home = reverse("admin:index")
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts=None) and asked.startswith(home)
    return asked if safe else home
