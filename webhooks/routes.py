"""The addresses of this room, under /api/v1/."""

from django.urls import URLPattern, path

from webhooks.api import endpoints, records

api: list[URLPattern] = [
    path("webhooks/endpoints", endpoints.EndpointsView.as_view()),
    path("webhooks/endpoints/<uuid:endpoint_id>", endpoints.EndpointView.as_view()),
    path("webhooks/endpoints/<uuid:endpoint_id>/secret", endpoints.RotateSecretView.as_view()),
    path("webhooks/endpoints/<uuid:endpoint_id>/pause", endpoints.PauseView.as_view()),
    path("webhooks/endpoints/<uuid:endpoint_id>/resume", endpoints.ResumeView.as_view()),
    path("webhooks/endpoints/<uuid:endpoint_id>/test", endpoints.TestView.as_view()),
    path("webhooks/endpoints/<uuid:endpoint_id>/replay", endpoints.ReplayFailedView.as_view()),
    path("webhooks/deliveries", records.DeliveriesView.as_view()),
    path("webhooks/deliveries/<uuid:delivery_id>", records.DeliveryView.as_view()),
    path("webhooks/deliveries/<uuid:delivery_id>/replay", records.ReplayView.as_view()),
    path("events", records.EventsView.as_view()),
    path("events/<uuid:event_id>", records.EventView.as_view()),
]
