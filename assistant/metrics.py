"""What Prometheus is told. No words of a question ever become a label."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from assistant.types import Outcome

OUTCOMES: Mapping[Outcome, str] = {
    "answered": "answered",
    "clarify": "clarified",
    "not_covered": "abstained",
    "off_topic": "abstained",
    "refused": "abstained",
    "smalltalk": "smalltalk",
}
"""Label of `ask_requests_total` by outcome; a request that failed counts as `error`."""

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SHARED = "PROMETHEUS_MULTIPROC_DIR"


class _Counted(logging.Handler):
    """Counts the lines of a log."""

    def __init__(self, counter: Counter) -> None:
        super().__init__(logging.ERROR)
        self._counter = counter

    def emit(self, record: logging.LogRecord) -> None:
        """Count one."""
        self._counter.inc()


class Metrics:
    """The counters of one service; with several workers, of all of them together."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.asks = Counter(
            "ask_requests_total",
            "Questions, by channel and outcome.",
            ["channel", "outcome"],
            registry=self.registry,
        )
        self.latency = Histogram(
            "ask_latency_seconds", "Seconds by stage.", ["stage"], buckets=_SECONDS, registry=self.registry
        )
        self.first_words = Histogram(
            "ask_time_to_first_token_seconds",
            "Seconds until a stream's first words.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.citations = Histogram(
            "citations_per_answer",
            "Sources of an answer.",
            buckets=(0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20),
            registry=self.registry,
        )
        self.lost = Counter(
            "answers_not_kept_total",
            "Answers that the database did not take, or that too many waited before.",
            registry=self.registry,
        )
        self.feedback = Counter("feedback_total", "Votes on answers.", ["value"], registry=self.registry)
        self.slack_duplicates = Counter(
            "slack_duplicate_events_total", "Slack events that came again.", registry=self.registry
        )
        self.requests = Counter(
            "http_requests_total",
            "Requests, by route.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "http_request_seconds", "Seconds by route.", ["route"], buckets=_SECONDS, registry=self.registry
        )
        self.open = Gauge(
            "http_requests_open",
            "Requests being served.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.index = Gauge(
            "index_info",
            "1, with what the index in use was made of.",
            ["corpus", "model", "built"],
            registry=self.registry,
            multiprocess_mode="livemax",
        )
        self.broken = Counter(
            "promises_broken_total",
            "Sentences and answers that were left out because they would have broken a promise.",
            registry=self.registry,
        )
        logging.getLogger("dlstart.promises").addHandler(_Counted(self.broken))
        self._index: tuple[str, str, str] | None = None
        ProcessCollector(registry=self.registry)

    def count_index(self, corpus: str, model: str, built: str) -> None:
        """Say what the index in use was made of, in place of what was said before."""
        index = (corpus, model, built)
        if self._index is not None and self._index != index:
            # With several workers a series can't be removed; one that is 0 is not shown.
            self.index.labels(*self._index).set(0)
            if _SHARED not in os.environ:
                self.index.remove(*self._index)
        self.index.labels(*index).set(1)
        self._index = index

    def count_answer(
        self, channel: str, outcome: Outcome, citations: int, timings_ms: Mapping[str, float]
    ) -> None:
        """Count one answer with the number of its sources."""
        self.asks.labels(channel, OUTCOMES[outcome]).inc()
        self.citations.observe(citations)
        for stage, milliseconds in timings_ms.items():
            self.latency.labels(stage).observe(milliseconds / 1e3)

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        if _SHARED not in os.environ:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        together.register(_Workers(Path(os.environ[_SHARED])))
        return generate_latest(together)


class _Workers(Collector):
    """The counters of all workers, and what their processes use together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """Every metric, with those of dead indexes left out."""
        for metric in MultiProcessCollector(None, str(self._folder)).collect():  # type: ignore[no-untyped-call]
            if metric.name == "index_info":
                metric.samples = [sample for sample in metric.samples if sample.value]
            yield metric
        yield from _sum_processes(
            {file.stem.rsplit("_", 1)[-1] for file in self._folder.glob("gauge_live*_*.db")}
        )


def _sum_processes(pids: Iterable[str]) -> Iterator[Metric]:
    """CPU, memory and files of several processes, added up; their start and limit, the least."""
    found: dict[str, list[Metric]] = {}
    for pid in pids:
        for metric in ProcessCollector(pid=partial(int, pid), registry=CollectorRegistry()).collect():
            found.setdefault(metric.name, []).append(metric)
    for name, metrics in found.items():
        join = min if name in ("process_start_time_seconds", "process_max_fds") else sum
        first = metrics[0].samples[0]
        value = join(metric.samples[0].value for metric in metrics)
        metrics[0].samples = [first._replace(value=float(value))]
        yield metrics[0]
