"""The addresses of this room, under /api/v1/."""

from django.urls import URLPattern, path

from calls import api as views

api: list[URLPattern] = [
    path("calls", views.CallsView.as_view()),
    path("calls/errors", views.CallErrorsView.as_view()),
    path("calls/<uuid:call_id>", views.CallView.as_view()),
]
