"""The addresses of the members' application, on every operator's own domain."""

from django.urls import URLPattern, path

from banker.reports.taking import Form
from banker.web import account, entrance, heat, liabilities, limits, members, papers, phases, results, selling, slips

_SLIP = "lottery/slips/<uuid:slip_id>"
_PHASE = "lottery/phases/<uuid:phase_id>"
_MEMBER = "lottery/members/<uuid:member_id>"

routes: list[URLPattern] = [
    path("lottery", entrance.home, name="lottery"),
    path("lottery/sign-in", entrance.sign_in),
    path("lottery/sign-out", entrance.sign_out),
    path("lottery/language", entrance.speak),
    path("lottery/password", entrance.own_password),
    path("lottery/password/change", entrance.change_password),
    path("lottery/live", entrance.live),
    path("lottery/slips", slips.history),
    path("lottery/slips/read", selling.read),
    path("lottery/slips/hand-in", selling.hand_in),
    path(_SLIP, slips.one),
    path(f"{_SLIP}/receipt", slips.receipt),
    path(f"{_SLIP}/receipt.pdf", papers.receipt),
    path(f"{_SLIP}/receipt.escpos", papers.receipt_dots_),
    path(f"{_SLIP}/cancel", slips.take_back),
    path("lottery/account", account.own),
    path("lottery/account.pdf", papers.account),
    path("lottery/phases/new", phases.new),
    path("lottery/phases/create", phases.create),
    path(_PHASE, phases.one),
    path(f"{_PHASE}/open", phases.open_),
    path(f"{_PHASE}/close", phases.close),
    path(f"{_PHASE}/end", phases.set_end),
    path(f"{_PHASE}/result", results.enter),
    path(f"{_PHASE}/result/decide", results.decide),
    path(f"{_PHASE}/correction", results.correct),
    path(f"{_PHASE}/map", heat.heat_map),
    path(f"{_PHASE}/map.json", heat.figures),
    path(f"{_PHASE}/numbers/<str:number>", heat.number),
    path(f"{_PHASE}/liabilities", liabilities.overview),
    path(f"{_PHASE}/<slug:name>.pdf", papers.of_phase, {"form": Form.PDF}),
    path(f"{_PHASE}/<slug:name>.csv", papers.of_phase, {"form": Form.CSV}),
    path(f"{_PHASE}/limits", limits.overview),
    path(f"{_PHASE}/limits/change", limits.change),
    path("lottery/members", members.overview),
    path("lottery/members/new", members.new),
    path("lottery/members/add", members.add),
    path(_MEMBER, members.one),
    path(f"{_MEMBER}/credit", members.credit),
    path(f"{_MEMBER}/commission", members.commission),
    path(f"{_MEMBER}/stand", members.stand),
    path(f"{_MEMBER}/password", members.password),
]
