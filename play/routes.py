"""The addresses of sessions and of what protects players."""

from django.urls import path

from play import api as sessions
from play import protection_api as protection

_PLAYER = "players/<str:player_token>/protection"

api = [
    path("sessions", sessions.SessionsView.as_view()),
    path("sessions/enter", sessions.EnterView.as_view()),
    path("sessions/<uuid:session_id>", sessions.SessionView.as_view()),
    path("protection", protection.ProtectionView.as_view()),
    path("protection/limits/<slug:kind>/<slug:period>", protection.LimitView.as_view()),
    path("protection/limits/<slug:kind>/<slug:period>/pending", protection.PendingLimitView.as_view()),
    path("protection/exclusions", protection.ExclusionsView.as_view()),
    path("protection/reality-checks", protection.RealityChecksView.as_view()),
    path(_PLAYER, protection.PlayerProtectionView.as_view()),
    path(f"{_PLAYER}/limits/<slug:kind>/<slug:period>", protection.PlayerLimitView.as_view()),
    path(f"{_PLAYER}/limits/<slug:kind>/<slug:period>/pending", protection.PlayerPendingLimitView.as_view()),
    path(f"{_PLAYER}/exclusions", protection.PlayerExclusionsView.as_view()),
    path(f"{_PLAYER}/exclusions/<uuid:exclusion_id>/lift", protection.LiftExclusionView.as_view()),
]
