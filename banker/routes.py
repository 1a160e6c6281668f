"""The addresses of this room, under /api/v1/."""

from django.urls import URLPattern, path

from banker.api import accounts, members, papers, phases, results, risk, slips

_PHASE = "banker/phases/<uuid:phase_id>"
_MEMBER = "banker/members/<uuid:member_id>"
_SLIP = "banker/slips/<uuid:slip_id>"


def _forms(address: str, views: dict[str, type[papers.FileView]]) -> list[URLPattern]:
    return [path(f"{address}.{ending}", view.as_view()) for ending, view in views.items()]


api: list[URLPattern] = [
    path("banker/sessions", members.SessionsView.as_view()),
    path("banker/sessions/end", members.SignOutView.as_view()),
    path("banker/me", members.MeView.as_view()),
    path("banker/me/password", members.OwnPasswordView.as_view()),
    path("banker/me/movements", accounts.OwnMovementsView.as_view()),
    *_forms("banker/me/account", papers.OWN_ACCOUNT),
    path("banker/members", members.MembersView.as_view()),
    path(_MEMBER, members.MemberView.as_view()),
    path(f"{_MEMBER}/commission", members.CommissionView.as_view()),
    path(f"{_MEMBER}/activate", members.ActivateView.as_view()),
    path(f"{_MEMBER}/deactivate", members.DeactivateView.as_view()),
    path(f"{_MEMBER}/credit", members.CreditView.as_view()),
    path(f"{_MEMBER}/password", members.PasswordView.as_view()),
    path(f"{_MEMBER}/second-factor", members.SecondFactorView.as_view()),
    path(f"{_MEMBER}/movements", accounts.MovementsView.as_view()),
    *_forms(f"{_MEMBER}/account", papers.ACCOUNT),
    path("banker/phases", phases.PhasesView.as_view()),
    path(_PHASE, phases.PhaseView.as_view()),
    path(f"{_PHASE}/open", phases.OpenPhaseView.as_view()),
    path(f"{_PHASE}/close", phases.ClosePhaseView.as_view()),
    path(f"{_PHASE}/end", phases.EndView.as_view()),
    path(f"{_PHASE}/global-limit", phases.GlobalLimitView.as_view()),
    path(f"{_PHASE}/limits", phases.LimitsView.as_view()),
    path(f"{_PHASE}/limits/<str:number>", phases.LimitView.as_view()),
    path(f"{_PHASE}/risk", risk.RiskView.as_view()),
    *_forms(f"{_PHASE}/risk", papers.RISK),
    path(f"{_PHASE}/risk/worst", risk.WorstView.as_view()),
    path(f"{_PHASE}/risk/lay-offs", risk.LayOffsView.as_view()),
    path(f"{_PHASE}/risk/what-if/<str:number>", risk.WhatIfView.as_view()),
    path(f"{_PHASE}/result", results.ResultView.as_view()),
    path(f"{_PHASE}/result/confirm", results.ConfirmView.as_view()),
    path(f"{_PHASE}/result/reject", results.RejectView.as_view()),
    path(f"{_PHASE}/corrections", results.CorrectionsView.as_view()),
    path(f"{_PHASE}/settlement", results.SettlementView.as_view()),
    path(f"{_PHASE}/statements", results.StatementsView.as_view()),
    *_forms(f"{_PHASE}/statements", papers.STATEMENTS),
    *_forms(f"{_PHASE}/report", papers.PHASE),
    path("banker/slips", slips.SlipsView.as_view()),
    path("banker/slips/preview", slips.PreviewView.as_view()),
    path(_SLIP, slips.SlipView.as_view()),
    path(f"{_SLIP}/cancel", slips.CancelSlipView.as_view()),
    path(f"{_SLIP}/check", slips.CheckSlipView.as_view()),
    path(f"{_SLIP}/receipt.pdf", papers.ReceiptPdfView.as_view()),
    path(f"{_SLIP}/receipt.escpos", papers.ReceiptEscposView.as_view()),
]
