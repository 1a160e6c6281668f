"""The addresses of this room: those under /api/v1/, and the page that a support link opens."""

from django.urls import URLPattern, path

from reconciliation import api as views
from reconciliation import pages as support_pages

api: list[URLPattern] = [
    path("feeds/transactions", views.TransactionFeedView.as_view()),
    path("feeds/rounds", views.RoundFeedView.as_view()),
    path("feeds/in-doubt", views.InDoubtFeedView.as_view()),
    path("rounds/<int:round_id>/support-link", views.SupportLinkView.as_view()),
    path("reconciliation", views.RunsView.as_view()),
    path("reconciliation/days/<str:day>.csv", views.DayCsvView.as_view()),
    path("reconciliation/days/<str:day>.json", views.DayJsonView.as_view()),
    path("reconciliation/days/<str:day>", views.DayView.as_view()),
    path("reconciliation/<uuid:run_id>", views.RunView.as_view()),
    path("reconciliation/<uuid:run_id>/parts/<int:part>", views.PartView.as_view()),
    path("reconciliation/<uuid:run_id>/compare", views.CompareView.as_view()),
    path("reconciliation/<uuid:run_id>/differences", views.DifferencesView.as_view()),
]
pages: list[URLPattern] = [path("support/<str:token>", support_pages.round_page)]
