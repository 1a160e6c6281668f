"""The addresses of the desk: its pages, below /admin/, and its calls, below /api/v1/."""

from django.urls import URLPattern, path

from desk import views
from desk.api import BetsEvidenceView

pages: list[URLPattern] = [
    path("search/find/", views.find, name="desk-search"),
    path("inbox/", views.to_do, name="desk-inbox"),
    path("stories/bets/<uuid:bet_id>/", views.bet, name="desk-bet"),
    path("stories/rounds/<int:round_id>/", views.round_, name="desk-round"),
    path("stories/players/", views.player, name="desk-player"),
]
api: list[URLPattern] = [path("evidence/bets", BetsEvidenceView.as_view())]
