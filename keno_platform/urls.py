"""Every address of the server. Who an address is for is decided by the credential, not by the host."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView

import banker.routes as banker
import banker.web.routes as lottery
import bets.api as bets
import calls.routes as calls
import desk.routes as desk
import flags.api as flags
import operators.routes as operators
import play.brand as brand
import play.lite.routes as lite
import play.routes as sessions
import play.verify as verify
import play.views as play
import reconciliation.routes as reconciliation
import reports.routes as reports
import rounds.api.clock as clock
import rounds.api.proofs as proofs
import rounds.api.rounds as rounds
import rounds.api.statistics as statistics
import wallet.api as wallet
import webhooks.routes as webhooks
from keno_platform import docs, health
from keno_platform.core.errors import Maintenance, MalformedRequest, NotFound
from keno_platform.demo import views as demo
from keno_platform.http.problems import plain_problem
from keno_platform.monitoring.views import metrics

api = [
    *operators.api,
    *sessions.api,
    path("games", rounds.GamesView.as_view()),
    path("games/<slug:code>/rounds/current", rounds.CurrentRoundView.as_view()),
    path("games/<slug:code>/draws", rounds.LatestDrawsView.as_view()),
    path("games/<slug:code>/statistics", statistics.StatisticsView.as_view()),
    path("games/<slug:code>/clock", clock.ClockView.as_view()),
    path("games/<slug:code>/clock/pause", clock.PauseView.as_view()),
    path("games/<slug:code>/clock/step", clock.StepView.as_view()),
    path("games/<slug:code>/clock/run", clock.RunView.as_view()),
    path("rounds", rounds.RoundsView.as_view()),
    path("rounds/<int:round_id>", rounds.RoundView.as_view()),
    path("rounds/<int:round_id>/proof", proofs.RoundProofView.as_view()),
    path("rounds/<int:round_id>/countersignature", proofs.CountersignView.as_view()),
    path("games/<slug:code>/proofs", proofs.DayProofsView.as_view()),
    path("anchors", proofs.RootsView.as_view()),
    path("anchors/<int:seq>/leaves", proofs.LeavesView.as_view()),
    path("bets", bets.BetsView.as_view()),
    path("bets/batch", bets.BatchView.as_view()),
    path("bets/<uuid:bet_id>", bets.BetView.as_view()),
    path("bets/<uuid:bet_id>/proof", bets.BetProofView.as_view()),
    path("bets/<uuid:bet_id>/cancel", bets.CancelView.as_view()),
    path("paytables/active", bets.ActivePaytableView.as_view()),
    path("paytables/<uuid:paytable_id>", bets.PaytableView.as_view()),
    path("wallet/deposits", wallet.DepositsView.as_view()),
    path("wallet/withdrawals", wallet.WithdrawalsView.as_view()),
    path("wallet/accounts/<str:player_token>", wallet.AccountView.as_view()),
    path("wallet/transactions", wallet.TransactionsView.as_view()),
    *banker.api,
    *reports.api,
    path("flags", flags.FlagsView.as_view()),
    path("flags/<uuid:flag_id>", flags.FlagView.as_view()),
    *calls.api,
    *webhooks.api,
    *reconciliation.api,
    *desk.api,
    path("schema", SpectacularJSONAPIView.as_view(), name="schema"),
    path("asyncapi.json", docs.asyncapi_document, name="asyncapi"),
    path("docs", docs.SwaggerPage.as_view(url_name="schema"), name="docs"),
    path("docs/errors", docs.errors_page, name="docs-errors"),
]

urlpatterns = [
    path("api/v1/", include(api)),
    path(".well-known/keno-keys.json", proofs.KeysView.as_view()),
    *operators.root,
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", metrics),
    path("admin/", include(desk.pages)),
    path("admin/", admin.site.urls),
    path("demo", demo.enter),
    path("", play.client, name="client"),
    path("verify", verify.page, name="verify"),
    path("brand.css", brand.sheet),
    path("preview", play.preview),
    path("play", play.entry),
    *lite.routes,
    *lottery.routes,
    path("favicon.ico", play.icon),
    path("sw.js", play.service_worker),
    *reconciliation.pages,
    path("texts/<slug:bundle>/<slug:locale>.json", play.texts),
]


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django itself refuses before any view, such as a host that is not served here."""
    return plain_problem(request, MalformedRequest())


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Unknown addresses answer with the same document as unknown things."""
    return plain_problem(request, NotFound())


def handler500(request: HttpRequest) -> HttpResponse:
    """A fault of ours: logged with its trace, told without."""
    return plain_problem(request, Maintenance())
