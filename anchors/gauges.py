"""What a scrape asks of the way to the chain."""

from keno_platform.core.gauges import Gauge

GAUGES = (
    Gauge(
        name="keno_chain_alarm",
        meaning="An alarm on the way to the chain that has not ended, by its code.",
        labels=("code",),
        query="SELECT code, 1 FROM public.anchors_alarm WHERE ended_at IS NULL",
    ),
)
