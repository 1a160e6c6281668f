"""Its one address."""

from django.urls import path

from bench.yardsticks.typical.betting.views import BetsView

urlpatterns = [path("api/v1/bets", BetsView.as_view())]
