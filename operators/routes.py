"""The addresses of this room: those under /api/v1/, and those that stand at the root."""

from django.urls import URLPattern, path

from operators.api import brand, keys, provider, rate_limits, record, signatures, wallets

api: list[URLPattern] = [
    path("operators", provider.OperatorsView.as_view()),
    path("operators/<slug:slug>", provider.OperatorView.as_view()),
    path("operators/<slug:slug>/suspend", provider.SuspendView.as_view()),
    path("operators/<slug:slug>/resume", provider.ResumeView.as_view()),
    path("operators/<slug:slug>/wallet", wallets.OperatorWalletView.as_view()),
    path("operators/<slug:slug>/brand", brand.OperatorBrandView.as_view()),
    path("operators/<slug:slug>/rate-limits", rate_limits.OperatorRateLimitsView.as_view()),
    path("brand", brand.BrandView.as_view()),
    path("rate-limits", rate_limits.RateLimitsView.as_view()),
    path("keys", keys.KeysView.as_view()),
    path("keys/<uuid:key_id>", keys.RotateKeyView.as_view()),
    path("integration", signatures.IntegrationView.as_view()),
    path("caller-keys", signatures.CallerKeysView.as_view()),
    path("caller-keys/<slug:key_id>", signatures.CallerKeyView.as_view()),
    path("wallet/connection", wallets.WalletConnectionView.as_view()),
    path("wallet/connection/secret", wallets.WalletSecretView.as_view()),
    path("wallet/ping", wallets.PingView.as_view()),
    path("record", record.RecordLogView.as_view()),
    path("record/checkpoint", record.RecordCheckpointView.as_view()),
    path("record/entries", record.RecordEntriesView.as_view()),
    path("record/entries/<uuid:entry_id>/proof", record.RecordEntryProofView.as_view()),
    path("record/consistency", record.RecordConsistencyView.as_view()),
]
root: list[URLPattern] = [
    path(".well-known/keno-call-keys.json", signatures.CallKeysView.as_view()),
]
