"""Every address of the server. Who an address is for is decided by the credential, not by the host."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

import banker.api as banker
import bets.api as bets
import operators.api as operators
import play.verify as verify
import play.views as play
import players.api as players
import reports.api as reports
import rounds.api.proofs as proofs
import rounds.api.rounds as rounds
import wallet.api as wallet
from keno_platform import docs, health
from keno_platform.core.errors import Maintenance, MalformedRequest, NotFound
from keno_platform.demo import views as demo
from keno_platform.http.problems import plain_problem

api = [
    path("operators", operators.OperatorsView.as_view()),
    path("operators/<slug:slug>/suspend", operators.SuspendView.as_view()),
    path("operators/<slug:slug>/resume", operators.ResumeView.as_view()),
    path("keys", operators.KeysView.as_view()),
    path("keys/<uuid:key_id>", operators.RotateKeyView.as_view()),
    path("sessions", players.SessionsView.as_view()),
    path("sessions/enter", players.EnterView.as_view()),
    path("sessions/<uuid:session_id>", players.SessionView.as_view()),
    path("games", rounds.GamesView.as_view()),
    path("games/<slug:code>/rounds/current", rounds.CurrentRoundView.as_view()),
    path("games/<slug:code>/draws", rounds.LatestDrawsView.as_view()),
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
    path("banker/phases", banker.PhasesView.as_view()),
    path("banker/phases/<uuid:phase_id>", banker.PhaseView.as_view()),
    path("banker/phases/<uuid:phase_id>/open", banker.OpenPhaseView.as_view()),
    path("banker/phases/<uuid:phase_id>/close", banker.ClosePhaseView.as_view()),
    path("banker/phases/<uuid:phase_id>/limits", banker.LimitsView.as_view()),
    path("banker/phases/<uuid:phase_id>/limits/<str:number>", banker.LimitView.as_view()),
    path("reports/turnover.json", reports.TurnoverJsonView.as_view()),
    path("reports/turnover.csv", reports.TurnoverCsvView.as_view()),
    path("schema", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("docs/errors", docs.errors_page, name="docs-errors"),
]

urlpatterns = [
    path("api/v1/", include(api)),
    path(".well-known/keno-keys.json", proofs.KeysView.as_view()),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("admin/", admin.site.urls),
    path("demo", demo.enter),
    path("", play.client, name="client"),
    path("verify", verify.page, name="verify"),
    path("brand.css", play.brand),
    path("texts/<slug:locale>.json", play.texts),
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
