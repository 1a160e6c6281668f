"""The addresses of this room under /api/v1/."""

from django.urls import URLPattern, path

from reports.api import turnover, views

api: list[URLPattern] = [
    path("reports", views.ReportsView.as_view()),
    path("reports/turnover.json", turnover.TurnoverJsonView.as_view()),
    path("reports/turnover.csv", turnover.TurnoverCsvView.as_view()),
    path("reports/runs", views.RunsView.as_view()),
    path("reports/runs/<uuid:run_id>", views.RunView.as_view()),
    path("reports/runs/<uuid:run_id>/file", views.RunFileView.as_view()),
    path("reports/schedules", views.SchedulesView.as_view()),
    path("reports/schedules/<uuid:schedule_id>", views.ScheduleView.as_view()),
    path("reports/<slug:name>.csv", views.CsvView.as_view()),
    path("reports/<slug:name>.json", views.JsonView.as_view()),
    path("reports/<slug:name>.pdf", views.PdfView.as_view()),
    path("regulator/feed", views.FeedView.as_view()),
]
