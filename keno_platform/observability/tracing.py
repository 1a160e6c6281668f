"""
Traces: the way of a call through the web, to the operator's wallet and back, and on into tasks.

Off unless KENO_TRACES_URL names a collector. Then no tracer is even loaded, and a span is one look at a module's
variable. What is sent names operators, rounds and bets, never players; an operator's wallet gets the
standard `traceparent` header, so that its own traces can join ours.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

_tracer: "Tracer | None" = None
_provider: "TracerProvider | None" = None
_NOTHING: AbstractContextManager[None] = nullcontext()


def start(*, url: str, percent: int, process: str) -> None:
    """Send spans to this collector (OTLP over HTTP) from now on; nothing without an address."""
    if not url:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    start_with(OTLPSpanExporter(endpoint=url, timeout=5), percent=percent, process=process)


def start_with(exporter: "SpanExporter", *, percent: int, process: str) -> None:
    """The same with an exporter of the caller's. In a process that forks afterwards, call it in the child."""
    global _provider, _tracer  # noqa: PLW0603  # one for each process
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    stop()
    resource = Resource.create({"service.name": "keno-platform", "service.instance.id": process})
    _provider = TracerProvider(resource=resource, sampler=ParentBased(TraceIdRatioBased(percent / 100)))
    _provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = _provider.get_tracer("keno_platform")


def stop() -> None:
    """Send what waits, and make no more."""
    global _provider, _tracer  # noqa: PLW0603
    if _provider is not None:
        _provider.shutdown()
    _provider = _tracer = None


def is_on() -> bool:
    """Whether spans are made."""
    return _tracer is not None


def span(name: str, *, carrier: Mapping[str, str] | None = None, kind: str = "internal", **facts: object) -> Any:
    """
    A context manager around a piece of work; nothing where traces are off. What is raised inside marks it as failed.

    `carrier` has the headers that a caller sent, when it is one: the span joins the caller's trace. `kind` is server,
    client, producer, consumer or internal.
    """
    return _NOTHING if _tracer is None else _span(_tracer, name, carrier, kind, facts)


@contextmanager
def _span(
    tracer: "Tracer", name: str, carrier: Mapping[str, str] | None, kind: str, facts: Mapping[str, object]
) -> Iterator[None]:
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    parent = TraceContextTextMapPropagator().extract(carrier) if carrier else None
    attributes = {f"keno.{fact}": str(value) for fact, value in facts.items()}
    with tracer.start_as_current_span(name, context=parent, kind=SpanKind[kind.upper()], attributes=attributes):
        yield


def annotate(**facts: object) -> None:
    """Say more of the span that runs here."""
    if _tracer is None:
        return
    from opentelemetry.trace import get_current_span

    get_current_span().set_attributes({f"keno.{name}": str(value) for name, value in facts.items()})


def rename(name: str) -> None:
    """The name of the span that runs here, where it is known only at its end."""
    if _tracer is None:
        return
    from opentelemetry.trace import get_current_span

    get_current_span().update_name(name)


def hand_on(headers: MutableMapping[str, str]) -> None:
    """Put `traceparent` among the headers of a call or a message that goes out, where a span runs here."""
    if _tracer is None:
        return
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    TraceContextTextMapPropagator().inject(headers)


def current_trace_id() -> str:
    """The trace that runs here, as 32 hex digits; empty where there is none."""
    if _tracer is None:
        return ""
    from opentelemetry.trace import get_current_span

    found = get_current_span().get_span_context()
    return f"{found.trace_id:032x}" if found.is_valid else ""
