"""OpenTelemetry spans: the names of its conventions, the right times, and no words of anybody."""

from __future__ import annotations

import pytest

from assistant.channels.http.desk import Desk
from assistant.service import Ask, Assistant
from assistant.settings import Settings


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_answer_is_a_span_with_one_for_each_step(
    assistant: Assistant, settings: Settings, streamed: bool
) -> None:
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from assistant.traces import open_tracer

    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    desk = Desk(settings, assistant, open_tracer(provider))
    ask = Ask("Where can I learn about LSTMs?", channel="http")
    events = [event.data async for event in desk.stream(ask)] if streamed else []
    answer = events[-1] if streamed else (await desk.answer(ask)).as_dict()
    *steps, whole = kept.get_finished_spans()
    assert [span.attributes["gen_ai.operation.name"] for span in steps if span.attributes] == [
        "embeddings",
        "retrieval",
        "chat",
    ]
    assert whole.attributes is not None
    assert whole.attributes["gen_ai.operation.name"] == "invoke_workflow"
    assert whole.attributes["gen_ai.conversation.id"] == answer["conversation_id"]
    assert whole.attributes["dlstart.outcome"] == answer["outcome"]
    assert whole.start_time is not None and whole.end_time is not None
    assert (whole.end_time - whole.start_time) / 1e6 == pytest.approx(answer["timings_ms"]["total"], abs=0.01)
    for span in steps:
        assert span.parent is not None and span.context is not None and whole.context is not None
        assert span.parent.span_id == whole.context.span_id
    assert "LSTM" not in "".join(span.to_json() for span in kept.get_finished_spans())
