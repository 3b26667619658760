"""Traces for OpenTelemetry: one span an answer, with a span for each of its steps.

The names are those of its conventions for generative AI, which are still in development: all of them are here.
They hold no words of questions or answers.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Tracer, TracerProvider

from assistant.errors import UsageError

_OPERATION = "gen_ai.operation.name"
_WORKFLOW = "invoke_workflow"
_STEPS = {"encode": "embeddings", "search": "retrieval", "compose": "chat"}
"""Operation by the step of `timings_ms`, in the order in which they run."""


def open_tracer(provider: TracerProvider | None = None) -> Tracer:
    """A tracer of a provider, else one that exports to the endpoint of the environment.

    Raises UsageError where the libraries are not installed.
    """
    return (provider or _exporting()).get_tracer("dlstart", version("dlstart"))


def trace_answer(tracer: Tracer, answer: Mapping[str, Any], channel: str, encoder: str) -> None:
    """Write the spans of an answer that has just been given, from its own timings."""
    timings = answer["timings_ms"]
    ended = time.time_ns()
    began = ended - int(timings["total"] * 1e6)
    span = tracer.start_span(
        f"{_WORKFLOW} dlstart",
        start_time=began,
        attributes={
            _OPERATION: _WORKFLOW,
            "gen_ai.provider.name": "dlstart",
            "gen_ai.conversation.id": answer["conversation_id"],
            "dlstart.answer.id": answer["id"],
            "dlstart.channel": channel,
            "dlstart.outcome": answer["outcome"],
        },
    )
    context = trace.set_span_in_context(span)
    for step, operation in _STEPS.items():
        if step not in timings:
            continue
        took = int(timings[step] * 1e6)
        child = tracer.start_span(
            f"{operation} {step}",
            context,
            start_time=began,
            attributes={_OPERATION: operation} | _describe(operation, answer, encoder),
        )
        began = min(began + took, ended)
        child.end(began)
    span.end(ended)


def _describe(operation: str, answer: Mapping[str, Any], encoder: str) -> dict[str, Any]:
    if operation == "embeddings":
        return {"gen_ai.request.model": encoder}
    if operation == "retrieval":
        return {
            "gen_ai.data_source.id": "corpus",
            "gen_ai.retrieval.documents": [citation["chunk_id"] for citation in answer["citations"]],
        }
    return {"gen_ai.request.model": answer["generator"]}


def _exporting() -> TracerProvider:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider as Provider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError:
        raise UsageError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and OpenTelemetry is not installed",
            "pip install 'dlstart[otel]'",
        ) from None
    provider = Provider(resource=Resource.create({"service.name": "dlstart"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    # For the libraries below: the web framework and MCP trace their requests by the same provider.
    trace.set_tracer_provider(provider)
    return provider
