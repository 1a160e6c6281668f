"""The addresses of the page without scripts."""

from django.urls import URLPattern, path

from play.lite import pages, steps

routes: list[URLPattern] = [
    path("lite", pages.game, name="lite"),
    path("lite/enter", steps.enter),
    path("lite/session", steps.take_over),
    path("lite/language", steps.speak),
    path("lite/leave", steps.leave),
    path("lite/bets", steps.place),
    path("lite/bets/<uuid:bet_id>", pages.bet),
    path("lite/history", pages.history),
    path("lite/results", pages.results),
    path("lite/paytable", pages.paytable),
    path("lite/limits", steps.limits),
    path("lite/limits/set", steps.set_limit),
    path("lite/break", steps.take_break),
    path("lite/check", steps.check),
]
