"""What Prometheus reads. Label values come from closed sets, so nobody who asks can grow the series."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

STAGES = frozenset(
    {"language", "recall", "rerank", "answer", "total", "encode", "load", "fold", "cache"}
    | {"rewrite", "translate", "generate", "check"}
)
STAGE_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
REQUEST_BUCKETS = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30)


class Metrics:
    """The counters of one desk, in a registry of their own."""

    def __init__(self, languages: Collection[str]) -> None:
        self._languages = frozenset(languages)
        self.registry = CollectorRegistry()
        self.questions = Counter(
            "polydesk_questions", "Questions by outcome", ["status", "language", "cached"], registry=self.registry
        )
        self.refused = Counter("polydesk_refused", "Questions turned away", ["reason"], registry=self.registry)
        self.stages = Histogram(
            "polydesk_stage_seconds", "Time by stage", ["stage"], buckets=STAGE_BUCKETS, registry=self.registry
        )
        self.degraded = Counter("polydesk_degraded", "Answers made without a part", ["part"], registry=self.registry)
        self.written = Counter("polydesk_written", "Answers by their writer", ["kind"], registry=self.registry)
        self.withheld = Counter(
            "polydesk_withheld", "Sentences of a language model not shown", ["reason"], registry=self.registry
        )
        self.upstream_up = Gauge(
            "polydesk_upstream_up",
            "Whether a service that the desk calls is used (1) or out (0)",
            ["upstream"],
            registry=self.registry,
        )
        self.requests = Histogram(
            "polydesk_request_seconds",
            "HTTP requests",
            ["method", "route", "status"],
            buckets=REQUEST_BUCKETS,
            registry=self.registry,
        )
        self.widget_messages = Counter(
            "polydesk_widget_messages", "Messages of chats in the widget", ["author"], registry=self.registry
        )
        self.widget_replies = Counter(
            "polydesk_widget_replies", "How answers in the widget ended", ["status"], registry=self.registry
        )
        self.widget_refused = Counter(
            "polydesk_widget_refused", "Requests of the widget turned away", ["reason"], registry=self.registry
        )
        self.widget_streams = Gauge("polydesk_widget_streams", "Widgets that listen now", registry=self.registry)
        self.ingests = Counter("polydesk_ingests", "Ingest runs", ["outcome"], registry=self.registry)
        self.ingest_seconds = Gauge("polydesk_ingest_seconds", "Length of the last ingest run", registry=self.registry)
        self.broken_files = Gauge("polydesk_broken_files", "Files the last ingest refused", registry=self.registry)
        self.passages = Gauge("polydesk_passages", "Passages published", registry=self.registry)
        self.slack_events = Counter(
            "polydesk_slack_events", "Events from Slack that were worked on", ["outcome"], registry=self.registry
        )
        self.slack_messages = Counter(
            "polydesk_slack_messages", "Messages to Slack by outcome", ["outcome"], registry=self.registry
        )
        self.slack_waiting = Gauge(
            "polydesk_slack_waiting", "Events and messages that wait", ["box"], registry=self.registry
        )
        self.slack_oldest_seconds = Gauge(
            "polydesk_slack_oldest_seconds", "Age of what waits longest", ["box"], registry=self.registry
        )
        self.slack_dead = Gauge(
            "polydesk_slack_dead", "Events and messages that were given up", ["box"], registry=self.registry
        )
        self.revision = Gauge("polydesk_knowledge_revision", "Published revision", registry=self.registry)

    def answered(
        self, status: str, language: str, cached: bool, timings_ms: Mapping[str, float], degraded: Collection[str]
    ) -> None:
        """Counts one answer."""
        self.questions.labels(status, language if language in self._languages else "other", str(cached).lower()).inc()
        for stage, milliseconds in timings_ms.items():
            if stage in STAGES:
                self.stages.labels(stage).observe(milliseconds / 1000)
        for part in degraded:
            self.degraded.labels(part).inc()

    def wrote(self, kind: str, withheld: Mapping[str, int]) -> None:
        """Counts by whom an answer was written, and what of a language model's was not shown, by reason."""
        self.written.labels(kind).inc()
        for reason, sentences in withheld.items():
            self.withheld.labels(reason).inc(sentences)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
